"""Who is who in Caspen: locations, practitioners and services of the export, and what is left out, with counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app import checklist
from app.basis import FIELD, Field, Shown, joined
from app.engine.consequences import left_out_counts
from app.engine.match import PLACES, Suggestion
from app.engine.progress import rows_range
from app.mapping.plan import Choice, Plan
from app.migration.advance import Ring, WrongState
from app.migration.exports import files_of
from app.migration.models import Migration
from app.migration.plans import save_plan
from app.migration.states import OVER, Event, State
from app.migration.trials import start_trial
from app.migration.unanswered import unanswered_files
from app.web import Visit, go, in_state, page, shows, visit_of
from app.wizard import custom_fields, known
from app.wizard.dates import day_as_shown, typed_date
from app.wizard.situation import Standing, checklist_guard, situation, standing

router = APIRouter()
TABS = (
    ("practitioners", "practitioners", "Practitioners"),
    ("locations", "businesses", "Locations"),
    ("services", "appointment_types", "Services"),
    ("leave_out", "", "Leave out"),
)
PATH = "/m/{migration_id}/matches"
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
OPEN = ""
Errors = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One name of the export: what it is in Caspen, why we think so, and how much hangs on it."""

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


@router.get("/m/{migration_id}/matches")
def look(request: Request, show: str = "practitioners") -> Response:
    return draw(request, tab_of(show))


@shows(PATH)
def names_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """What the form that was sent shows at present."""
    del migration
    here, show = standing(visit, session), tab_of("".join(visit.sent.fields.get("show", ())))
    return shown_on(visit, here, show)


def shown_on(visit: Visit, here: Standing, show: str) -> Shown:
    """What one tab shows: the export, its names with their choices, and the objects of Caspen that can be chosen.

    A form that starts the trial stands for the whole plan, so each part of the plan counts there: the part of this tab
    field by field, the other parts as they are. Of a form that was sent, only the objects that it names count.
    """
    sent = visit.sent.fields if visit.sent.path == PATH and FIELD in visit.sent.fields else {}
    kind = kind_of(show)
    context: dict[str, object] = {"show": show, "export_number": here.export_number}
    labels, now = {}, {"export_number": f"export {here.export_number}"}
    if not sent or "start" in sent.get("act", ()):
        parts = here.suggestions.old.model_dump(mode="json")
        for name, (label, places) in PARTS.items():
            context[name] = {place: parts[place] for place in places if place not in ASKED[show]}
            labels[name], now[name] = label, "other choices were saved"
    options = dict(candidates(here, kind)) if kind else {}
    named = {value for name, values in sent.items() if name[:2] == "c:" for value in values} if sent else set(options)
    for id_ in sorted(named - {OPEN, "create", "leave_out"}):
        if kind:
            context[f"in Caspen {id_}"] = options.get(id_)
            labels[f"in Caspen {id_}"], now[f"in Caspen {id_}"] = "In Caspen", options.get(id_, "no longer there")
    fields: dict[str, Field] = {}
    if kind:
        for one in lines_of(here, kind):
            words = {**options, "create": "brought along", "leave_out": "left out"}
            fields[one.field] = Field(one.name, one.chosen, words)
            if kind == "appointment_types" and one.nature:
                value = "" if one.nature_open else one.nature
                fields[one.nature_field] = Field(f"{one.name} is", value, {"appointment": "appointment"})
    elif show == known.TAB:
        people = known.known(visit, here.suggestions.old)
        fields, context = known.fields(people), {**context, **known.about(people)}
    elif show == custom_fields.TAB:
        fields = custom_fields.fields(custom_fields.asked(visit, here))
    else:
        kinds = {one.name: one.label for one in visit.source.kinds if one.imported}
        fields["before"] = Field("Leave out what is older", day_before(here.plan), written=day_as_shown)
        fields["kinds"] = Field("Left out whole", ",".join(sorted(here.plan.leave_out_kinds)), kinds)
    return Shown(context, fields, labels, now, whole="start" in sent.get("act", ()))


@router.post("/m/{migration_id}/matches")
def save(request: Request) -> Response:
    """Saves what this form says; with `act=start`, starts the trial when nothing stands in its way.

    `go` names the tab that the person leaves for, `act=keep` is a page that saves by itself: both keep only what the
    person changed, since nobody has confirmed the rest.
    """
    visit = visit_of(request)
    sent = {name: joined(values) for name, values in visit.sent.fields.items()}
    show, act = tab_of(sent.get("show", "")), "keep" if "go" in sent else sent.get("act", "save")
    if visit.move.state == State.TRIALLING and act == "start":
        here = standing(visit)
        if changed(visit, here, sent, show)[0] == here.suggestions.old:
            return go(f"/m/{visit.move.id}/progress")  # pressed twice: this very plan is being tried
    visit = in_state(request, Event.START_TRIAL, State.MATCHING)
    _, trouble = typed_date(sent.get("before", ""), any_year=True)
    if show == "leave_out" and trouble:
        return draw(request, show, [{"field": "before", "words": trouble}], typed=sent["before"])
    in_the_way, ring = None, None
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        if migration.state != State.MATCHING:
            raise WrongState(State(migration.state), Event.START_TRIAL)
        here = standing(visit, session)
        leave_alone = confirmed.untouched if act != "keep" else sent.keys() - confirmed.touched
        plan, _ = changed(visit, here, {name: v for name, v in sent.items() if name not in leave_alone}, show)
        save_plan(session, migration.id, plan, visit.by, confirmed=act == "start")
        if act == "start" and migration.found_acknowledged == migration.export_number:
            here = standing(visit, session)
            in_the_way = checklist.first_in_the_way(situation(visit, here, session))
            ring = None if in_the_way else begin_trial(visit, here, session)
    if ring is not None:
        visit.runtime.doorbell.ring(ring.migration_id)
        return go(f"/m/{visit.move.id}/progress")
    if in_the_way is not None:
        visit.renew()
        words = f"The trial starts when this is done: {in_the_way.title}."
        return draw(request, show, [{"field": "start", "words": words}])
    if act == "start":
        return go(f"/m/{visit.move.id}/handover")
    if act == "keep" and request.headers.get("HX-Request"):
        visit.renew()
        return draw(request, show, template="wizard/matches-kept.html")
    return go(f"/m/{visit.move.id}/matches?show={tab_of(sent.get('go', show))}")


def begin_trial(visit: Visit, here: Standing, session: Session) -> Ring:
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
    """The plan with the choices of one kind, each by the id that the source gave."""
    place = PLACES[kind]
    choices, natures = dict(getattr(plan, place)), dict(plan.service_kinds)
    possible = {id_ for id_, _ in candidates(here, kind)}
    fits = {one.reference.id: one.choice for one in here.fresh.kinds.get(kind, ()) if one.certainty == "sure"}
    for one in here.suggestions.kinds.get(kind, ()):
        id_ = one.reference.id
        if (value := sent.get(f"c:{id_}")) is not None:
            choice = choice_from(value, possible)
            if choice is None or choice == fits.get(id_):
                choices.pop(id_, None)  # what fits anyway is not a decision, and keeps its reason
            else:
                choices[id_] = choice.model_copy(update={"whom": one.reference.name})
        nature = sent.get(f"n:{id_}")
        if kind == "appointment_types" and nature in ("appointment", "activity"):
            natures[id_] = "activity" if nature == "activity" else "appointment"
    return plan.model_copy(update={place: choices, "service_kinds": natures})


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
    if value == "create":
        return Choice(to="create")
    if value == "leave_out":
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
    return [line(kind, one, here.plan, fits.get(one.reference.id)) for one in here.suggestions.kinds.get(kind, ())]


def line(kind: str, one: Suggestion, plan: Plan, fresh: Suggestion | None = None) -> Line:
    """`fresh` is what fits by itself: its reason stands as long as nobody chose otherwise."""
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
    reason = fresh.why if fresh is not None and by_itself else "Chosen by you"
    why = (reason if one.why == "Chosen before" else one.why) or nothing
    return Line(
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


def draw(
    request: Request,
    show: str,
    errors: list[dict[str, str]] | None = None,
    typed: str | None = None,
    template: str = "wizard/matches.html",
) -> Response:
    visit = visit_of(request)
    here = standing(visit)
    if here.inventory is None:
        return page(request, "wizard/matches-none.html")
    visit.remember_shown(PATH, shown_on(visit, here, show))
    tabs, lines = [], []
    for tab, kind, words in TABS:
        every = lines_of(here, kind)
        settled = sum(one.band != "open" for one in every)
        label = f"{words}, {settled} of {len(every)}" if kind else words
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
        "options": candidates(here, kind) if kind else [],
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
        "in_the_way": checklist.first_in_the_way(situation(visit, here)),
        "first_range": rows_range(sum(one.rows for one in here.inventory.kinds.values())),
        "editable": visit.move.state == State.MATCHING,
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
    unanswered = sum(file.rows for file in unanswered_files(files))
    return [
        {"words": "rows in your export", "n": rows + unanswered},
        {"words": "go into the trial", "n": rows - out - stay},
        {"words": "left out by you", "n": out},
        {"words": "counted, do not move", "n": stay},
        {"words": "in files that nobody has identified", "n": unanswered, "kind": "needs"},
    ]
