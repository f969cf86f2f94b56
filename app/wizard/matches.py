"""Who is who in Caspen: locations, practitioners and services of the export, and what is left out, with counts."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app import checklist
from app.access.rights import Right
from app.caspen.workspace_snapshot import deleted_names
from app.checklist.line import Act
from app.checklist.situation import Situation
from app.mapping.plan import Choice, Plan
from app.matching.consequences import left_out_counts
from app.matching.matches import PLACES, Suggestion
from app.migration.advance import QueueNotice, WrongState
from app.migration.exports import files_of
from app.migration.models import Migration
from app.migration.plans import save_plan
from app.migration.states import OVER, Event, State
from app.migration.trials import start_trial
from app.migration.unanswered import files_apart, refused_rows
from app.web.form_fingerprint import FIELD, NOTHING, Field, Shown, joined
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, describe, describes
from app.wizard import custom_fields, known
from app.wizard.dates import day_as_shown, typed_date
from app.wizard.migration_overview import Standing, checklist_guard, situation, standing

router = APIRouter()
Errors = list[dict[str, str]]


@router.get("/m/{migration_id}/matches")
def look(request: Request, show: str = "", act: str = "") -> Response:
    """The names of one tab; of no named tab, the first one that has any. `act` says that a trial was not started."""
    visit = visit_of(request)
    return draw(request, tab_of(show) if show else first_tab(standing(visit)), not_started=act == NOT_STARTED)


def first_tab(here: Standing) -> str:
    return next((tab for tab, kind, _ in TABS if kind and lines_of(here, kind)), TABS[0][0])


@router.post("/m/{migration_id}/matches")
def save(request: Request) -> Response:
    """Saves what this form says; with `act=start`, starts the trial when nothing is in its way.

    `go` names the tab that the person leaves for, `act=keep` is a page that saves by itself: both keep only what the
    person changed, since nobody has confirmed the rest.
    """
    visit = visit_of(request)
    sent = {name: joined(values) for name, values in visit.sent.fields.items()}
    show, act = tab_of(sent.get("show", "")), "keep" if "go" in sent else sent.get("act", "save")
    not_started = act == NOT_STARTED
    act = "keep" if not_started else act
    if visit.move.state == State.TRIALLING and act == "start":
        here = standing(visit)
        if changed(visit, here, sent, show)[0] == here.suggestions.old:
            return go(f"/m/{visit.move.id}/progress")  # pressed twice: this very plan is being tried
    visit = in_state(request, Event.START_TRIAL, State.MATCHING)
    _, trouble = typed_date(sent.get("before", ""), any_year=True)
    if show == "leave_out" and trouble:
        return draw(request, show, [{"field": "before", "words": trouble}], typed=sent["before"])
    in_the_way, notice, decided = None, None, set[str]()
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        if migration.state != State.MATCHING:
            raise WrongState(State(migration.state), Event.START_TRIAL)
        here = standing(visit, session)
        decided = {each.field for each in lines_of(here, kind_of(show)) if each.band != "open"} - confirmed.touched
        leave_alone = confirmed.untouched if act != "keep" else sent.keys() - confirmed.touched
        plan, _ = changed(visit, here, {name: v for name, v in sent.items() if name not in leave_alone}, show)
        save_plan(session, migration.id, plan, visit.by, confirmed=act == "start")
        if act == "start":
            here = standing(visit, session)
            in_the_way = before_trial(migration, situation(visit, here, session))
            notice = None if in_the_way else begin_trial(visit, here, session)
    if notice is not None:
        visit.runtime.queue.notify(notice.migration_id)
        return go(f"/m/{visit.move.id}/progress")
    if in_the_way is not None:
        visit.renew()
        words = f"The trial starts when this is done: {in_the_way.words}."
        return draw(request, show, [{"field": "start", "words": words}])
    if act == "keep" and request.headers.get("HX-Request"):
        visit.renew()
        return draw(request, show, template="wizard/matches-kept.html", decided=decided)
    more = f"&act={NOT_STARTED}" if not_started else ""
    return go(f"/m/{visit.move.id}/matches?show={tab_of(sent.get('go', show))}{more}")


def before_trial(migration: Migration, here: Situation) -> Act | None:
    """The first thing that keeps a trial from starting, with the page where it is done; None where nothing does."""
    if migration.found_acknowledged != migration.export_number:
        return Act("Look at what is in your export, and go on from there", f"{here.base}/handover")
    line = checklist.first_in_the_way(here)
    return Act(line.title, f"{here.base}/checklist#check-{line.name}") if line else None


def begin_trial(visit: Visit, here: Standing, session: Session) -> QueueNotice:
    """Freezes the completed plan into a trial, in the transaction that saved it."""
    guard = checklist_guard(visit, here, session)
    save_plan(session, visit.move.id, here.plan, visit.by, confirmed=True)
    return start_trial(session, visit.move.id, visit.by, guard, workspace_version=here.facts.version)


def changed(visit: Visit, here: Standing, sent: Mapping[str, str], show: str) -> tuple[Plan, Errors]:
    """The clinic's own plan after this form. What the form does not name, and the other tabs, stay as they are."""
    plan, kind = here.suggestions.old, kind_of(show)
    if show == known.TAB:
        return known.decided(visit, plan, sent), []
    if show == custom_fields.TAB:
        return custom_fields.decided(visit, here, plan, sent), []
    if kind:
        return matched(here, plan, kind, sent), []
    day, trouble = typed_date(sent.get("before", day_before(plan)), any_year=True)
    if trouble:
        return plan, [{"field": "before", "words": trouble}]
    start = datetime.combine(day, time(), ZoneInfo(plan.timezone)).astimezone(UTC) if day else None
    may_stay = {kind.name for kind in visit.source.kinds if kind.imported}
    stays = plan.leave_out_kinds
    if "kinds" in sent:
        stays = tuple(sorted(set(sent["kinds"].split(",")) & may_stay))
    return plan.model_copy(update={"leave_out_before": start, "leave_out_kinds": stays}), []


def matched(here: Standing, plan: Plan, kind: str, sent: Mapping[str, str]) -> Plan:
    """The plan with the choices of one kind, each by the id that the source gave.

    What fits anyway is not stored as a decision, so that it keeps its reason, unless another name was given the same
    object of Caspen: then it does not fit by itself any more.
    """
    place = PLACES[kind]
    choices, natures = dict(getattr(plan, place)), dict(plan.service_kinds)
    possible = {id_ for id_, _ in candidates(here, kind)}
    fits = {one.reference.id: one.choice for one in here.fresh.kinds.get(kind, ()) if one.certainty == "sure"}
    for one in here.suggestions.kinds.get(kind, ()):
        id_ = one.reference.id
        if (value := sent.get(f"c:{id_}")) is not None:
            choice = choice_from(value, possible)
            choices.pop(id_, None)
            if choice is not None:
                choices[id_] = choice.model_copy(update={"whom": one.reference.name})
        nature = sent.get(f"n:{id_}")
        if kind == "appointment_types" and nature in ("appointment", "activity"):
            natures[id_] = "activity" if nature == "activity" else "appointment"
    given = Counter(choice.id for choice in choices.values())
    for id_ in [each for each in fits if f"c:{each}" in sent and each in choices]:
        is_alone = choices[id_].id is None or given[choices[id_].id] == 1
        if is_alone and (choices[id_].to, choices[id_].id) == (fits[id_].to, fits[id_].id):
            del choices[id_]
    return plan.model_copy(update={place: choices, "service_kinds": natures})


def draw(
    request: Request,
    show: str,
    errors: list[dict[str, str]] | None = None,
    typed: str | None = None,
    template: str = "wizard/matches.html",
    decided: Set[str] = frozenset(),
    *,
    not_started: bool = False,
) -> Response:
    """The names page, or with `template` the parts of it that depend on a save.

    `decided` are the fields of names that were decided before the save and that the save did not change.
    """
    visit = visit_of(request)
    here = standing(visit)
    if here.inventory is None:
        return page(request, "wizard/matches-none.html")
    visit.remember_shown(PATH, shown_on(visit, here, show))
    tabs, lines = [], []
    for tab, kind, words in TABS:
        every = lines_of(here, kind)
        settled = sum(one.band != "open" for one in every)
        label = f"{words}, {f'{settled} of {len(every)}' if every else 'none'}" if kind else words
        tabs.append({"words": label, "name": tab, "href": f"?show={tab}", "now": tab == show})
        if tab == show:
            lines = every
    asked = custom_fields.asked(visit, here)
    if asked:
        words, name = f"Custom fields, {len(asked)}", custom_fields.TAB
        tabs.insert(3, {"words": words, "name": name, "href": f"?show={name}", "now": show == name})
    people = known.known(visit, here.suggestions.old)
    if people:
        settled = sum(one.chosen != "" for one in people)
        label, name = f"Clients, {settled} of {len(people)}", known.TAB
        tabs.insert(3, {"words": label, "name": name, "href": f"?show={name}", "now": show == name})
    kind = kind_of(show)
    over = visit.move.state in OVER  # then the export, and what was learned of it, may be deleted
    left = {} if over else left_out_counts(visit.runtime, visit.move, here.plan)
    told: dict[str, Any] = {
        "show": show,
        "tabs": tabs,
        "bands": [(band, [one for one in lines if one.band == band]) for band in ("open", "out", "set")],
        "reopened": [one for one in lines if one.band == "open" and one.field in decided],
        "options": [*candidates(here, kind), *decisions(kind, visit.source.label).items()] if kind else [],
        "natures": NATURES,
        "is_empty": bool(kind) and not lines,
        "not_started": not_started and visit.move.state == State.MATCHING,
        "kind": kind,
        "undecided": sum(one.chosen == "" for one in people)
        if show == known.TAB
        else sum(one.band == "open" for one in lines),
        "people": known.with_names(visit, people) if show == known.TAB else [],
        "people_choices": known.CHOICES,
        "asked": asked if show == custom_fields.TAB else [],
        "kinds": left_out_kinds(visit, here, left),
        "before": typed if typed is not None else day_before(here.plan),
        "terms": terms(visit, here, left),
        "in_the_way": before_trial(visit.move, situation(visit, here)),
        "editable": visit.move.state == State.MATCHING and visit.person.may(Right.ACT, visit.move.workspace_id),
        "closed": visit.move.state != State.MATCHING,
        "errors": errors or [],
    }
    return page(request, template, 422 if errors else 200, **told)


def left_out_kinds(visit: Visit, here: Standing, left: dict[str, int]) -> list[dict[str, Any]]:
    held = here.inventory.kinds if here.inventory else {}
    return [
        {
            "name": k.name,
            "label": k.label,
            "rows": held[k.name].rows,
            "out": k.name in here.plan.leave_out_kinds,
            "left": left.get(k.name, 0),
        }
        for k in visit.source.kinds
        if k.imported and k.name in held
    ]


def terms(visit: Visit, here: Standing, left: dict[str, int]) -> list[dict[str, Any]]:
    """What these choices mean, in rows: the same sum as on every later page."""
    held = here.inventory.kinds if here.inventory else {}
    moving = {k.name for k in visit.source.kinds if k.imported}
    rows = sum(one.rows for one in held.values())
    out = sum(left.values())
    stay = sum(one.rows for name, one in held.items() if name not in moving)
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


# What the form of the names page shows: its names with their choices, tab by tab, for the fingerprint of the form.

PATH = "/m/{migration_id}/matches"
CHOICE, NATURE = "c:", "n:"
NOT_STARTED = "not_started"  # what was sent to start the trial, and is saved alone after somebody else changed the page
GONE = "A name that is not on this page any more"
PARTS = {
    "part practitioners": ("Practitioners", ("practitioners", "users")),
    "part locations": ("Locations", ("locations", "default_location")),
    "part services": ("Services", ("services", "service_kinds")),
    "part clients": ("Clients", ("clients",)),
    "part fields": ("Custom fields", ("fields", "field_types")),
    "part leave_out": ("Leave out", ("leave_out_kinds", "leave_out_before")),
}
"""The parts of a plan as the tabs show them: a label, and the fields of the plan."""
ASKED = {
    "practitioners": ("practitioners",),
    "locations": ("locations",),
    "services": ("services", "service_kinds"),
    known.TAB: ("clients",),
    custom_fields.TAB: ("fields", "field_types"),
    "leave_out": ("leave_out_kinds", "leave_out_before"),
}
"""By tab, the fields of the plan that the inputs of the tab ask for."""


@shows(PATH)
def names_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """What the form that was sent shows at present."""
    del migration
    here, show = standing(visit, session), tab_of("".join(visit.sent.fields.get("show", ())))
    return shown_on(visit, here, show)


def shown_on(visit: Visit, here: Standing, show: str) -> Shown:
    """What one tab shows: the export, its names with their choices, and the objects of Caspen that can be chosen.

    A form that starts the trial confirms the whole plan, so each part of the plan counts there: the part of this tab
    field by field, the other parts as they are. Of a form that was sent, only the objects that it names count.
    """
    sent = visit.sent.fields if visit.sent.path == PATH and FIELD in visit.sent.fields else {}
    kind, is_start = kind_of(show), "start" in sent.get("act", ())
    context: dict[str, object] = {"show": show, "export_number": here.export_number}
    labels, now = {}, {"export_number": f"export {here.export_number}"}
    if not sent or is_start:
        parts = here.suggestions.old.model_dump(mode="json")
        for name, (label, places) in PARTS.items():
            context[name] = {place: parts[place] for place in places if place not in ASKED[show]}
            labels[name], now[name] = label, "other choices were saved"
    options = dict(candidates(here, kind)) if kind else {}
    named = {value for name, values in sent.items() if name.startswith(CHOICE) for value in values}
    for id_ in sorted((named if sent else set(options)) - {OPEN, BRING, OUT}):
        if kind:
            context[f"in Caspen {id_}"] = options.get(id_)
            labels[f"in Caspen {id_}"], now[f"in Caspen {id_}"] = "In Caspen", options.get(id_, "no longer there")
    if show == known.TAB:
        context |= known.about(known.known(visit, here.suggestions.old))
    fields = fields_on(visit, here, show, named)
    is_client = show == known.TAB
    words = dict(known.CHOICES) if is_client else next(iter(fields.values()), Field("", "")).choices
    inputs: dict[str, Field] = {}
    for name in sent:
        if name.startswith(CHOICE) and name not in fields:
            context[f"gone {name}"] = labels[f"gone {name}"] = GONE
            now[f"gone {name}"] = "not there"
            label = known.label_of(name.removeprefix(CHOICE)) if is_client else GONE
            inputs[name] = Field(label, OPEN, words, offered=NOTHING)

    def earlier(number: int) -> dict[str, Field]:
        return fields_on(visit, standing(visit, export=number), show, named)

    return Shown(context, fields, labels, now, is_start, inputs, earlier, {"act": NOT_STARTED if is_start else "keep"})


@describes(PATH)
def describe_choices(refusal: Refusal) -> RefusedForm:
    """Each choice of the tab, which is also the page to go on from."""
    show = tab_of("".join(refusal.sent.get("show", ())))
    return replace(describe(refusal), page=f"/m/{refusal.migration.id}/matches?show={show}")


def fields_on(visit: Visit, here: Standing, show: str, named: set[str]) -> dict[str, Field]:
    """The inputs of one tab. `named` are the choices of a form that was sent: of objects that people have deleted in
    Caspen since, only the names are still known."""
    kind = kind_of(show)
    if show == known.TAB:
        return known.fields(known.known(visit, here.suggestions.old))
    if show == custom_fields.TAB:
        return custom_fields.fields(custom_fields.asked(visit, here))
    if not kind:
        kinds = {one.name: one.label for one in visit.source.kinds if one.imported}
        held = frozenset(here.inventory.kinds if here.inventory else ())
        whole = ",".join(sorted(here.plan.leave_out_kinds))
        return {
            "before": Field("Appointments that start before", day_before(here.plan), written=day_as_shown),
            "kinds": Field("Leave out a whole kind", whole, kinds, offered=held),
        }
    options = dict(candidates(here, kind)) | decisions(kind, visit.source.label)
    lost = named - {OPEN} - options.keys()
    words = deleted_names(visit.runtime.caspen, visit.move.workspace_id, lost) | options if lost else options
    fields: dict[str, Field] = {}
    for one in lines_of(here, kind):
        fields[one.field] = Field(f"{one.name} is in Caspen", one.chosen, words, offered=frozenset(options))
        if kind == "appointment_types":
            value = "" if one.nature_open else one.nature or ""
            fields[one.nature_field] = Field(f"{one.name} is", value, NATURES)
    return fields


# The names of an export as lines of the names page: what each is in Caspen, and what it can become.

TABS = (
    ("practitioners", "practitioners", "Practitioners"),
    ("locations", "businesses", "Locations"),
    ("services", "appointment_types", "Services"),
    ("leave_out", "", "Leave out"),
)
OPEN, BRING, OUT = "", "create", "leave_out"
"""The choices of a name beside the objects of Caspen: none yet, bring it along, leave it out."""
NATURES = {"appointment": "Appointment", "activity": "Activity"}


@dataclass(frozen=True, slots=True)
class Line:
    """One name of the export: what it is in Caspen, why we think so, and how much hangs on it.

    `number` is its place in the export, from 1: the page's rows keep it while choices change.
    """

    number: int
    id: str
    name: str
    active: bool
    chosen: str
    why: str
    band: str
    past: int
    future: int
    notes: int
    nature: str | None
    nature_open: bool

    @property
    def field(self) -> str:
        return f"c:{self.id}"

    @property
    def nature_field(self) -> str:
        return f"n:{self.id}"


def decisions(kind: str, source: str) -> dict[str, str]:
    """The choices of a name beside the objects of Caspen, in words by value. `source` is the old software's name."""
    bring = {
        "practitioners": "Bring as a person who can't sign in",
        "businesses": "Bring as a new location",
        "appointment_types": f"Bring it from {source}",
    }
    return {BRING: bring[kind], OUT: "Leave out"}


def day_before(plan: Plan) -> str:
    """The day before which appointments are left out, as its field shows it."""
    start = plan.leave_out_before
    return f"{start.astimezone(ZoneInfo(plan.timezone)).date():%d/%m/%Y}" if start else ""


def kind_of(show: str) -> str:
    return next((kind for tab, kind, _ in TABS if tab == show), "")


def tab_of(name: str) -> str:
    return name if name in {known.TAB, custom_fields.TAB, *(tab for tab, _, _ in TABS)} else "practitioners"


def choice_from(value: str, known: set[str]) -> Choice | None:
    """`create`, `leave_out`, or an object of the workspace; anything else is not decided."""
    if value == BRING:
        return Choice(to="create")
    if value == OUT:
        return Choice(to="leave_out")
    return Choice(to="match", id=value) if value in known else None


def candidates(here: Standing, kind: str) -> list[tuple[str, str]]:
    """What a name may be in the workspace: id and words."""
    facts = here.facts
    if kind == "businesses":
        return [(x.id, x.name + (" (archived)" if x.archived else "")) for x in facts.locations]
    if kind == "practitioners":
        return sorted(((x.id, x.name) for x in facts.practitioners), key=lambda pair: pair[1])
    shown = [(x.id, x.name + (" (activity)" if x.kind == "activity" else "")) for x in facts.services]
    return sorted(shown, key=lambda pair: pair[1])


def lines_of(here: Standing, kind: str) -> list[Line]:
    """Every name of a kind, in the order of the export."""
    fits = {one.reference.id: one for one in here.fresh.kinds.get(kind, ())}
    names = enumerate(here.suggestions.kinds.get(kind, ()), 1)
    return [line(number, kind, one, here.plan, fits.get(one.reference.id)) for number, one in names]


def line(number: int, kind: str, one: Suggestion, plan: Plan, fresh: Suggestion | None = None) -> Line:
    """`fresh` is what fits by itself: its reason is shown as long as nobody chose otherwise."""
    choice = getattr(plan, PLACES[kind]).get(one.reference.id)
    open_nature = one.nature == "activity" and one.reference.id not in plan.service_kinds
    nature = plan.service_kinds.get(one.reference.id, one.nature) if choice and choice.to == "create" else None
    chosen = OPEN if choice is None else choice.id or choice.to
    is_open = choice is None or (open_nature and choice.to == "create")
    band = "open" if is_open else "out" if choice and choice.to == "leave_out" else "set"
    if choice is None and one.choice.to == "match" and one.certainty == "unsure":
        chosen = one.choice.id or OPEN
    told = one.reference
    nothing = "Nothing of that name in Caspen" if choice is None or choice.to == "create" else ""
    by_itself = fresh is not None and fresh.certainty == "sure" and fresh.choice == choice
    as_suggested = fresh is not None and fresh.choice == choice
    saved = "Suggested by us, saved by you" if as_suggested else "Chosen by you"
    reason = fresh.why if fresh is not None and by_itself else saved
    why = (reason if one.why == "Chosen before" else one.why) or nothing
    return Line(
        number,
        told.id,
        told.name,
        told.active,
        chosen,
        why,
        band,
        told.past,
        told.future,
        told.notes,
        nature,
        open_nature,
    )
