"""The names page: the export's locations, practitioners and services in Caspen, and what is left out, with counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app.access.rights import Right
from app.caspen.workspace_snapshot import deleted_names
from app.checklist.line import Act
from app.mapping.kind_roles import KindRole
from app.mapping.plan import CREATE, OF_THE_EXPORT, Choice, Plan
from app.matching.consequences import left_out_counts
from app.matching.matches import Suggestion
from app.migration.advance import WrongState
from app.migration.balance import BalanceTerm
from app.migration.exports import files_of
from app.migration.models import Migration
from app.migration.plans import save_plan
from app.migration.states import OVER, Event, State
from app.migration.trials import start_trial
from app.migration.unanswered import files_apart, refused_rows
from app.web.form_fingerprint import FIELD, NOTHING, FormField, Shown, joined
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, describe, describes
from app.wizard import custom_fields, known_clients
from app.wizard.before_trial import before_trial, errors_before_trial
from app.wizard.migration_overview import MigrationOverview, checklist_guard, load_overview, situation
from app.wizard.typed_dates import day_as_shown, typed_date

router = APIRouter()
Errors = list[dict[str, str]]


@router.get("/m/{migration_id}/matches")
def show_matches(request: Request, show: str = "", act: str = "") -> Response:
    """A tab of the names page, by default the first tab with names. `act`: a trial was not started."""
    visit = visit_of(request)
    return render_matches(
        request, tab_of(show) if show else first_tab(load_overview(visit)), not_started=act == NOT_STARTED
    )


def first_tab(overview: MigrationOverview) -> str:
    return next((tab for tab, role, _ in TABS if role and lines_of(overview, role)), TABS[0][0])


@router.post("/m/{migration_id}/matches")
def save(request: Request) -> Response:
    """Saves the form. With `act=start`, starts the trial if nothing blocks it.

    `go` names the next tab, `act=keep` saves automatically. Both save only changed fields, because the person has not
    confirmed the others.
    """
    visit = visit_of(request)
    sent = {name: joined(values) for name, values in visit.sent.fields.items()}
    show, act = tab_of(sent.get("show", "")), "keep" if "go" in sent else sent.get("act", "save")
    not_started = act == NOT_STARTED
    act = "keep" if not_started else act
    if visit.move.state == State.TRIALLING and act == "start":
        overview = load_overview(visit)
        if changed(visit, overview, sent, show)[0] == overview.suggestions.old:
            return go(f"/m/{visit.move.id}/progress")  # pressed twice: the trial of this plan has started
    visit = in_state(request, Event.START_TRIAL, State.MATCHING)
    _, trouble = typed_date(sent.get("before", ""), any_year=True)
    if show == "leave_out" and trouble:
        return render_matches(request, show, [{"field": "before", "words": trouble}], typed=sent["before"])
    in_the_way, decided = tuple[Act, ...](), set[str]()
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        if migration.state != State.MATCHING:
            raise WrongState(State(migration.state), Event.START_TRIAL)
        overview = load_overview(visit, session)
        decided = {each.field for each in lines_of(overview, role_of(show)) if each.band != "open"} - confirmed.touched
        leave_alone = confirmed.untouched if act != "keep" else sent.keys() - confirmed.touched
        plan, _ = changed(visit, overview, {name: v for name, v in sent.items() if name not in leave_alone}, show)
        save_plan(session, migration.id, plan, visit.by, confirmed=act == "start")
        if act == "start":
            overview = load_overview(visit, session)
            in_the_way = before_trial(migration, situation(visit, overview, session))
            if not in_the_way:
                begin_trial(visit, overview, session)
    if act == "start" and not in_the_way:
        return go(f"/m/{visit.move.id}/progress")
    if in_the_way:
        visit.renew()
        return render_matches(request, show, errors_before_trial(in_the_way))
    if act == "keep" and request.headers.get("HX-Request"):
        visit.renew()
        return render_matches(request, show, template="wizard/matches-kept.html", decided=decided)
    more = f"&act={NOT_STARTED}" if not_started else ""
    return go(f"/m/{visit.move.id}/matches?show={tab_of(sent.get('go', show))}{more}")


def begin_trial(visit: Visit, overview: MigrationOverview, session: Session) -> None:
    """Freezes the completed plan into a trial, in the transaction that saved the plan."""
    guard = checklist_guard(visit, overview, session)
    save_plan(session, visit.move.id, overview.plan, visit.by, confirmed=True)
    start_trial(session, visit.move.id, visit.by, guard, workspace_version=overview.facts.version)


def changed(visit: Visit, overview: MigrationOverview, sent: Mapping[str, str], show: str) -> tuple[Plan, Errors]:
    """The clinic's own plan after this form. Fields without an input, and other tabs, are unchanged."""
    plan, role = overview.suggestions.old, role_of(show)
    if show == known_clients.TAB:
        return known_clients.decided(visit, plan, sent), []
    if show == custom_fields.TAB:
        return custom_fields.decided(visit, overview, plan, sent), []
    if role:
        plan = matched(overview, plan, role, sent)
        place = sent.get(DEFAULT, "")
        offered = place in default_places(overview, show)
        return plan.model_copy(update={"default_location": place}) if offered else plan, []
    day, trouble = typed_date(sent.get("before", day_before(plan)), any_year=True)
    if trouble:
        return plan, [{"field": "before", "words": trouble}]
    start = datetime.combine(day, time(), ZoneInfo(plan.timezone)).astimezone(UTC) if day else None
    may_stay = {kind.name for kind in visit.source.kinds if kind.imported}
    left_out = plan.leave_out_kinds
    if "kinds" in sent:
        left_out = tuple(sorted(set(sent["kinds"].split(",")) & may_stay))
    return plan.model_copy(update={"leave_out_before": start, "leave_out_kinds": left_out}), []


def matched(overview: MigrationOverview, plan: Plan, role: KindRole, sent: Mapping[str, str]) -> Plan:
    """The plan with the choices of a role, by source id.

    A choice equal to an exact match is not stored, so that it keeps its reason, unless another name has the same
    Caspen object: then the match is no longer exact.
    """
    choices, natures = dict(getattr(plan, role)), dict(plan.service_kinds)
    possible = {id_ for id_, _ in candidates(overview, role)}
    fits = {each.reference.id: each.choice for each in overview.fresh.roles.get(role, ()) if each.certainty == "sure"}
    for each in overview.suggestions.roles.get(role, ()):
        id_ = each.reference.id
        if (value := sent.get(f"c:{id_}")) is not None:
            choice = choice_from(value, possible)
            choices.pop(id_, None)
            if choice is not None and (each.own is None or value not in (each.own, BRING)):
                choices[id_] = choice.model_copy(update={"whom": each.reference.name})
        nature = sent.get(f"n:{id_}")
        if role is KindRole.SERVICE and nature in ("appointment", "activity"):
            natures[id_] = "activity" if nature == "activity" else "appointment"
    given = Counter(choice.id for choice in choices.values())
    for id_ in [id_ for id_ in fits if f"c:{id_}" in sent and id_ in choices]:
        is_alone = choices[id_].id is None or given[choices[id_].id] == 1
        if is_alone and (choices[id_].to, choices[id_].id) == (fits[id_].to, fits[id_].id):
            del choices[id_]
    return plan.model_copy(update={role: choices, "service_kinds": natures})


def render_matches(
    request: Request,
    show: str,
    errors: list[dict[str, str]] | None = None,
    typed: str | None = None,
    template: str = "wizard/matches.html",
    decided: Set[str] = frozenset(),
    *,
    not_started: bool = False,
) -> Response:
    """Renders the names page or, with `template`, the parts that depend on a save.

    `decided` are the fields of names that were decided before the save and that the save did not change.
    """
    visit = visit_of(request)
    overview = load_overview(visit)
    if overview.inventory is None:
        return page(request, "wizard/matches-none.html")
    visit.remember_shown(PATH, shown_on(visit, overview, show))
    tabs, lines = [], []
    for tab, role, words in TABS:
        every = lines_of(overview, role)
        settled = sum(each.band != "open" for each in every)
        label = f"{words}, {f'{settled} of {len(every)}' if every else 'none'}" if role else words
        tabs.append({"words": label, "name": tab, "href": f"?show={tab}", "now": tab == show})
        if tab == show:
            lines = every
    asked = custom_fields.asked(visit, overview)
    if asked:
        words, name = f"Custom fields, {len(asked)}", custom_fields.TAB
        tabs.insert(3, {"words": words, "name": name, "href": f"?show={name}", "now": show == name})
    people = known_clients.known(visit, overview.suggestions.old)
    if people:
        settled = sum(each.chosen != "" for each in people)
        label, name = f"Clients, {settled} of {len(people)}", known_clients.TAB
        tabs.insert(3, {"words": label, "name": name, "href": f"?show={name}", "now": show == name})
    role = role_of(show)
    over = visit.move.state in OVER  # the export and its facts may be deleted then
    left = {} if over else left_out_counts(visit.runtime, visit.move, overview.plan)
    values: dict[str, Any] = {
        "show": show,
        "tabs": tabs,
        "bands": [(band, [each for each in lines if each.band == band]) for band in ("open", "out", "set")],
        "reopened": [each for each in lines if each.band == "open" and each.field in decided],
        "options": [*candidates(overview, role), *decisions(role, visit.source.label).items()] if role else [],
        "natures": NATURES,
        "is_empty": bool(role) and not lines,
        "not_started": not_started and visit.move.state == State.MATCHING,
        "role": role or "",
        "undecided": sum(each.chosen == "" for each in people)
        if show == known_clients.TAB
        else sum(each.band == "open" for each in lines),
        "people": known_clients.with_names(visit, people) if show == known_clients.TAB else [],
        "people_choices": known_clients.CHOICES,
        "asked": asked if show == custom_fields.TAB else [],
        "kinds": left_out_kinds(visit, overview, left),
        "before": typed if typed is not None else day_before(overview.plan),
        "terms": terms(visit, overview, left),
        "in_the_way": before_trial(visit.move, situation(visit, overview)),
        "places": default_places(overview, show),
        "place": default_place(overview.plan),
        "others_go_to": OTHERS_GO_TO,
        "editable": visit.move.state == State.MATCHING and visit.person.may(Right.ACT, visit.move.workspace_id),
        "closed": visit.move.state != State.MATCHING,
        "errors": errors or [],
    }
    return page(request, template, 422 if errors else 200, **values)


class KindChoice(TypedDict):
    """A kind that the clinic may leave out. `out`: the kind is left out; `left`: the number of rows left out."""

    name: str
    label: str
    rows: int
    out: bool
    left: int


def left_out_kinds(visit: Visit, overview: MigrationOverview, left: dict[str, int]) -> list[KindChoice]:
    held = overview.inventory.kinds if overview.inventory else {}
    return [
        {
            "name": k.name,
            "label": k.label,
            "rows": held[k.name].rows,
            "out": k.name in overview.plan.leave_out_kinds,
            "left": left.get(k.name, 0),
        }
        for k in visit.source.kinds
        if k.imported and k.name in held
    ]


def terms(visit: Visit, overview: MigrationOverview, left: dict[str, int]) -> list[BalanceTerm]:
    """The effect of the choices, in rows. The same sum as on every later page."""
    held = overview.inventory.kinds if overview.inventory else {}
    moving = {k.name for k in visit.source.kinds if k.imported}
    rows = sum(each.rows for each in held.values())
    out = sum(left.values())
    stay = sum(each.rows for name, each in held.items() if name not in moving)
    with visit.read() as session:
        files = files_of(session, visit.move.id, visit.move.export_number)
    apart = Counter[str]()
    for file in files_apart(files):
        apart[file.outcome] += file.rows
    refused = refused_rows(files)
    every = rows + apart["held"] + apart["left_out"] + refused
    return [
        {"words": "rows in your export", "n": every},
        {"words": "go into the trial", "n": rows - out - stay},
        {"words": "left out by you", "n": out + apart["left_out"]},
        {"words": "counted, do not move", "n": stay},
        {"words": "in files that nobody has identified", "n": apart["held"], "kind": "needs"},
        {"words": "could not be read", "n": refused, "kind": "needs"},
    ]


# The facts of the form for its fingerprint: names with their choices, by tab.

PATH = "/m/{migration_id}/matches"
CHOICE, NATURE = "c:", "n:"
NOT_STARTED = "not_started"  # sent to start the trial, but only saved, because another person changed the page
GONE = "A name that is not on this page any more"
PARTS = {
    "part practitioners": ("Practitioners", ("practitioners", "users")),
    "part locations": ("Locations", ("locations", "default_location")),
    "part services": ("Services", ("services", "service_kinds")),
    "part clients": ("Clients", ("clients",)),
    "part fields": ("Custom fields", ("fields", "field_types")),
    "part leave_out": ("Leave out", ("leave_out_kinds", "leave_out_before")),
}
"""The parts of a plan by tab: a label, and the fields of the plan."""
ASKED = {
    "practitioners": ("practitioners",),
    "locations": ("locations", "default_location"),
    "services": ("services", "service_kinds"),
    known_clients.TAB: ("clients",),
    custom_fields.TAB: ("fields", "field_types"),
    "leave_out": ("leave_out_kinds", "leave_out_before"),
}
"""The fields of the plan that a tab's inputs set, by tab."""


@shows(PATH)
def names_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The facts that the sent form shows now."""
    del migration
    overview, show = load_overview(visit, session), tab_of("".join(visit.sent.fields.get("show", ())))
    return shown_on(visit, overview, show)


def shown_on(visit: Visit, overview: MigrationOverview, show: str) -> Shown:
    """The facts of a tab: the export, its names with their choices, and the Caspen objects to choose from.

    A form that starts the trial confirms the whole plan, so each part of the plan counts: this tab's part field by
    field, the other parts as a whole. For a sent form, only the objects that it names count.
    """
    sent = visit.sent.fields if visit.sent.path == PATH and FIELD in visit.sent.fields else {}
    role, is_start = role_of(show), "start" in sent.get("act", ())
    context: dict[str, object] = {"show": show, "export_number": overview.export_number}
    labels, now = {}, {"export_number": f"export {overview.export_number}"}
    if not sent or is_start:
        parts = overview.suggestions.old.model_dump(mode="json")
        for name, (label, places) in PARTS.items():
            context[name] = {place: parts[place] for place in places if place not in ASKED[show]}
            labels[name], now[name] = label, "other choices were saved"
    options = dict(candidates(overview, role)) | default_places(overview, show) if role else {}
    named = {value for name, values in sent.items() if name.startswith(CHOICE) or name == DEFAULT for value in values}
    for id_ in sorted((named if sent else set(options)) - {OPEN, BRING, OUT}):
        if role:
            context[f"in Caspen {id_}"] = options.get(id_)
            labels[f"in Caspen {id_}"], now[f"in Caspen {id_}"] = "In Caspen", options.get(id_, "no longer there")
    if show == known_clients.TAB:
        context |= known_clients.about(known_clients.known(visit, overview.suggestions.old))
    fields = fields_on(visit, overview, show, named)
    is_client = show == known_clients.TAB
    words = dict(known_clients.CHOICES) if is_client else next(iter(fields.values()), FormField("", "")).choices
    inputs: dict[str, FormField] = {}
    for name in sent:
        if name.startswith(CHOICE) and name not in fields:
            context[f"gone {name}"] = labels[f"gone {name}"] = GONE
            now[f"gone {name}"] = "not there"
            label = known_clients.label_of(name.removeprefix(CHOICE)) if is_client else GONE
            inputs[name] = FormField(label, OPEN, words, offered=NOTHING)

    def earlier(number: int) -> dict[str, FormField]:
        return fields_on(visit, load_overview(visit, export=number), show, named)

    return Shown(context, fields, labels, now, is_start, inputs, earlier, {"act": NOT_STARTED if is_start else "keep"})


@describes(PATH)
def describe_choices(refusal: Refusal) -> RefusedForm:
    """Each choice of the tab. The tab is also the next page."""
    show = tab_of("".join(refusal.sent.get("show", ())))
    return replace(describe(refusal), page=f"/m/{refusal.migration.id}/matches?show={show}")


def fields_on(visit: Visit, overview: MigrationOverview, show: str, named: set[str]) -> dict[str, FormField]:
    """The inputs of a tab. `named` are the choices of a sent form. Objects that people have deleted in Caspen since
    then keep only their names.
    """
    role = role_of(show)
    if show == known_clients.TAB:
        return known_clients.fields(known_clients.known(visit, overview.suggestions.old))
    if show == custom_fields.TAB:
        return custom_fields.fields(custom_fields.asked(visit, overview))
    if not role:
        kinds = {each.name: each.label for each in visit.source.kinds if each.imported}
        held = frozenset(overview.inventory.kinds if overview.inventory else ())
        whole = ",".join(sorted(overview.plan.leave_out_kinds))
        return {
            "before": FormField("Appointments that start before", day_before(overview.plan), written=day_as_shown),
            "kinds": FormField("Leave out a whole kind", whole, kinds, offered=held),
        }
    options = dict(candidates(overview, role)) | decisions(role, visit.source.label)
    lost = named - {OPEN} - options.keys()
    words = deleted_names(visit.runtime.caspen, visit.move.workspace_id, lost) | options if lost else options
    fields: dict[str, FormField] = {}
    for each in lines_of(overview, role):
        fields[each.field] = FormField(f"{each.name} is in Caspen", each.chosen, words, offered=each.offered(options))
        if role is KindRole.SERVICE and not each.is_own:
            value = "" if each.nature_open else each.nature or ""
            fields[each.nature_field] = FormField(f"{each.name} is", value, NATURES)
    if places := default_places(overview, show):
        fields[DEFAULT] = FormField(OTHERS_GO_TO, default_place(overview.plan), places)
    return fields


# Lines of the names page: the present choice of each name, and its options.

TABS: tuple[tuple[str, KindRole | None, str], ...] = (
    (KindRole.PRACTITIONER.value, KindRole.PRACTITIONER, "Practitioners"),
    (KindRole.LOCATION.value, KindRole.LOCATION, "Locations"),
    (KindRole.SERVICE.value, KindRole.SERVICE, "Services"),
    ("leave_out", None, "Leave out"),
)
DEFAULT = "default"
"""The input for the location of appointments whose own location is not in the export."""
OTHERS_GO_TO = "Other appointments go to"
OPEN, BRING, OUT = "", "create", "leave_out"
"""Choices without a Caspen object: undecided, bring, leave out."""
NATURES = {"appointment": "Appointment", "activity": "Activity"}


@dataclass(frozen=True, slots=True)
class NameLine:
    """A name of the export: its choice in Caspen, the reason, and the number of rows that depend on it.

    `number` is its place in the export, from 1. The page's rows keep the number while choices change. `named_only`: no
    row of the export describes it, so nothing says whether it is archived. `is_own`: an earlier move
    brought its record.
    """

    number: int
    id: str
    name: str
    active: bool
    named_only: bool
    chosen: str
    why: str
    band: str
    past: int
    future: int
    notes: int
    nature: str | None
    nature_open: bool
    is_own: bool = False

    def offered(self, options: Iterable[str]) -> frozenset[str]:
        """The options of this name. A name that an earlier move brought cannot be brought as something new."""
        return frozenset(options) - ({BRING} if self.is_own else frozenset())

    @property
    def field(self) -> str:
        return f"c:{self.id}"

    @property
    def nature_field(self) -> str:
        return f"n:{self.id}"


def decisions(role: KindRole, source: str) -> dict[str, str]:
    """The choices apart from Caspen objects, in words by value. `source` is the old software's name."""
    bring = {
        KindRole.PRACTITIONER: "Bring as a person who can't sign in",
        KindRole.LOCATION: "Bring as a new location",
        KindRole.SERVICE: f"Bring it from {source}",
    }
    return {BRING: bring[role], OUT: "Leave out"}


def day_before(plan: Plan) -> str:
    """The day before which appointments are left out, as its field shows it."""
    start = plan.leave_out_before
    return f"{start.astimezone(ZoneInfo(plan.timezone)).date():%d/%m/%Y}" if start else ""


def role_of(show: str) -> KindRole | None:
    """The role whose names a tab shows; None for a tab without names."""
    return next((role for tab, role, _ in TABS if tab == show), None)


def tab_of(name: str) -> str:
    return name if name in {known_clients.TAB, custom_fields.TAB, *(tab for tab, _, _ in TABS)} else "practitioners"


def choice_from(value: str, possible: set[str]) -> Choice | None:
    """Parses a value: `create`, `leave_out`, or the id of a workspace object. None for anything else."""
    if value == BRING:
        return Choice(to="create")
    if value == OUT:
        return Choice(to="leave_out")
    return Choice(to="match", id=value) if value in possible else None


def candidates(overview: MigrationOverview, role: KindRole) -> list[tuple[str, str]]:
    """The workspace objects that a name may match: id and label."""
    facts = overview.facts
    if role is KindRole.LOCATION:
        return [(x.id, x.name + (" (archived)" if x.archived else "")) for x in facts.locations]
    if role is KindRole.PRACTITIONER:
        return sorted(((x.id, x.name) for x in facts.practitioners), key=lambda pair: pair[1])
    shown = [(x.id, x.name + (" (activity)" if x.kind == "activity" else "")) for x in facts.services]
    return sorted(shown, key=lambda pair: pair[1])


def default_places(overview: MigrationOverview, show: str) -> dict[str, str]:
    """The locations for appointments without one, by the value of the plan; none on a tab without the question.

    They are the active locations in Caspen, and those of the export that are brought as new locations. There is no
    question where there is a single one.
    """
    if role_of(show) is not KindRole.LOCATION:
        return {}
    places = {each.id: each.name for each in overview.facts.locations if not each.archived}
    new = (line for line in lines_of(overview, KindRole.LOCATION) if line.chosen == BRING)
    places |= {f"{OF_THE_EXPORT}{line.id}": f"{line.name} (new)" for line in new}
    return places if len(places) > 1 else {}


def default_place(plan: Plan) -> str:
    """The plan's location for appointments without one, as `default_places` has it."""
    chosen = plan.default_location or ""
    location = plan.locations.get(chosen.removeprefix(OF_THE_EXPORT)) if chosen.startswith(OF_THE_EXPORT) else None
    return location.id if location is not None and location.id else chosen


def lines_of(overview: MigrationOverview, role: KindRole | None) -> list[NameLine]:
    """Every name of a role, in the order of the export; none for a tab without a role."""
    if role is None:
        return []
    fits = {each.reference.id: each for each in overview.fresh.roles.get(role, ())}
    names = enumerate(overview.suggestions.roles.get(role, ()), 1)
    return [line(number, role, each, overview.plan, fits.get(each.reference.id)) for number, each in names]


def line(number: int, role: KindRole, suggestion: Suggestion, plan: Plan, fresh: Suggestion | None = None) -> NameLine:
    """Builds a line. `fresh` is the suggestion without the clinic's choices: its reason shows unless the clinic chose
    otherwise.
    """
    choice = getattr(plan, role).get(suggestion.reference.id)
    own = suggestion.own if choice == CREATE else None
    open_nature = suggestion.nature == "activity" and suggestion.reference.id not in plan.service_kinds
    is_new = choice is not None and choice.to == "create" and own is None
    nature = plan.service_kinds.get(suggestion.reference.id, suggestion.nature) if is_new else None
    chosen = own or (OPEN if choice is None else choice.id or choice.to)
    is_open = choice is None or (open_nature and choice.to == "create")
    band = "open" if is_open else "out" if choice and choice.to == "leave_out" else "set"
    if choice is None and suggestion.choice.to == "match" and suggestion.certainty == "unsure":
        chosen = suggestion.choice.id or OPEN
    reference = suggestion.reference
    nothing = "Nothing of that name in Caspen" if choice is None or choice.to == "create" else ""
    by_itself = fresh is not None and fresh.certainty == "sure" and fresh.choice == choice
    as_suggested = fresh is not None and fresh.choice == choice
    saved = "Suggested by us, saved by you" if as_suggested else "Chosen by you"
    reason = fresh.why if fresh is not None and by_itself else saved
    why = (reason if suggestion.why == "Chosen before" else suggestion.why) or nothing
    return NameLine(
        number,
        reference.id,
        reference.name,
        reference.active,
        reference.named_only,
        chosen,
        why,
        band,
        reference.past,
        reference.future,
        reference.notes,
        nature,
        open_nature,
        suggestion.own is not None,
    )
