"""Who is who in Caspen: locations, practitioners and services of the export, and what is left out, with counts."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from app import checklist
from app.door import read_form
from app.engine.consequences import left_out_counts
from app.engine.match import Suggestion
from app.engine.progress import rows_range
from app.mapping.kind import Kind
from app.mapping.plan import Choice, Plan
from app.migration.plans import save_plan
from app.migration.states import OVER, Event, State
from app.migration.trials import start_trial
from app.web import Visit, go, in_state, page, visit_of
from app.wizard import custom_fields, known
from app.wizard.dates import typed_date
from app.wizard.situation import PLACES, Standing, checklist_guard, situation, standing

router = APIRouter()
TABS = (
    ("practitioners", "practitioners", "Practitioners"),
    ("locations", "businesses", "Locations"),
    ("services", "appointment_types", "Services"),
    ("leave_out", "", "Leave out"),
)
OPEN = ""
Errors = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One name of the export: what it is in Caspen, why we think so, and how much hangs on it."""

    id: str
    field: str
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


@router.get("/m/{migration_id}/matches")
def look(request: Request, show: str = "practitioners") -> Response:
    return draw(request, tab_of(show))


@router.post("/m/{migration_id}/matches")
async def save(request: Request) -> Response:
    form = await read_form(request)
    return await run_in_threadpool(keep, request, form)


def keep(request: Request, form: FormData) -> Response:
    """Saves what this form says; with `act=start`, starts the trial when nothing stands in its way."""
    show = tab_of(str(form.get("show", "")))
    visit = visit_of(request)
    here = standing(visit)
    plan, errors = changed(here, form, show, visit.source.kinds)
    if show == known.TAB:
        plan = known.decided(visit, plan, form)
    if show == custom_fields.TAB:
        plan = custom_fields.decided(visit, here, plan, form)
    if visit.move.state == State.TRIALLING and form.get("act") == "start" and plan == here.suggestions.old:
        return go(f"/m/{visit.move.id}/progress")  # pressed twice: this very plan is being tried
    visit = in_state(request, Event.START_TRIAL, State.MATCHING)
    if errors:
        return draw(request, show, errors, typed=str(form.get("before", "")))
    with visit.write() as session:
        save_plan(session, visit.move.id, plan, visit.by, confirmed=form.get("act") == "start")
    if form.get("act") != "start":
        return go(f"/m/{visit.move.id}/matches?show={show}")
    if visit.move.found_acknowledged != visit.move.export_number:
        return go(f"/m/{visit.move.id}/handover")
    in_the_way = checklist.first_in_the_way(situation(visit))
    if in_the_way is not None:
        words = f"The trial starts when this is done: {in_the_way.title}."
        return draw(request, show, [{"field": "start", "words": words}])
    begin_trial(visit)
    return go(f"/m/{visit.move.id}/progress")


def begin_trial(visit: Visit) -> None:
    """Freezes the completed plan into a trial and rings for a worker."""
    here = standing(visit)
    guard = checklist_guard(visit, here)
    with visit.write() as session:
        save_plan(session, visit.move.id, here.plan, visit.by, confirmed=True)
        ring = start_trial(session, visit.move.id, visit.by, guard, workspace_version=here.facts.version)
    visit.runtime.doorbell.ring(ring.migration_id)


def changed(here: Standing, form: FormData, show: str, kinds: tuple[Kind[Any], ...]) -> tuple[Plan, Errors]:
    """The clinic's own plan after this form. Choices of the other tabs stay as they are."""
    plan = here.suggestions.old
    kind = next((kind for tab, kind, _ in TABS if tab == show and kind), None)
    if kind is not None:
        place = PLACES[kind]
        choices = dict(getattr(plan, place))
        natures = dict(plan.service_kinds)
        known = {c[0] for c in candidates(here, kind)}
        fits = {one.reference.id: one.choice for one in here.fresh.kinds.get(kind, ()) if one.certainty == "sure"}
        for number, one in enumerate(here.suggestions.kinds.get(kind, ())):
            value = form.get(f"c{number}")
            if value is None:
                continue
            choice = choice_from(str(value), known)
            if choice is None or choice == fits.get(one.reference.id):
                choices.pop(one.reference.id, None)  # what fits anyway is not a decision, and keeps its reason
            else:
                choices[one.reference.id] = choice
            nature = form.get(f"n{number}")
            if nature in ("appointment", "activity"):
                natures[one.reference.id] = "activity" if nature == "activity" else "appointment"
        return plan.model_copy(update={place: choices, "service_kinds": natures}), []
    if show == "leave_out":
        day, trouble = typed_date(str(form.get("before", "")), any_year=True)
        if trouble:
            return plan, [{"field": "before", "words": trouble}]
        start = datetime.combine(day, time(), ZoneInfo(plan.timezone)).astimezone(UTC) if day else None
        may_stay = {kind.name for kind in kinds if kind.imported}
        stays = tuple(sorted({str(value) for value in form.getlist("kinds")} & may_stay))
        return plan.model_copy(update={"leave_out_before": start, "leave_out_kinds": stays}), []
    return plan, []


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


def line(number: int, kind: str, one: Suggestion, plan: Plan, fresh: Suggestion | None = None) -> Line:
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
        f"c{number}",
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


def draw(request: Request, show: str, errors: list[dict[str, str]] | None = None, typed: str | None = None) -> Response:
    visit = visit_of(request)
    here = standing(visit)
    if here.inventory is None:
        return page(request, "wizard/matches-none.html")
    tabs, lines = [], []
    for tab, kind, words in TABS:
        fits = {one.reference.id: one for one in here.fresh.kinds.get(kind, ())}
        some = here.suggestions.kinds.get(kind, ())
        every = [line(n, kind, one, here.plan, fits.get(one.reference.id)) for n, one in enumerate(some)]
        settled = sum(one.band != "open" for one in every)
        label = f"{words}, {settled} of {len(every)}" if kind else words
        tabs.append({"words": label, "href": f"?show={tab}", "now": tab == show})
        if tab == show:
            lines = every
    asked = custom_fields.asked(visit, here)
    if asked:
        words = f"Custom fields, {len(asked)}"
        href = f"?show={custom_fields.TAB}"
        tabs.insert(3, {"words": words, "href": href, "now": show == custom_fields.TAB})
    people = known.known(visit, here.suggestions.old)
    if people:
        settled = sum(one.chosen != "" for one in people)
        label = f"Clients, {settled} of {len(people)}"
        tabs.insert(3, {"words": label, "href": f"?show={known.TAB}", "now": show == known.TAB})
    kind = next((kind for tab, kind, _ in TABS if tab == show), "")
    over = visit.move.state in OVER  # then the export, and what was learned of it, may be deleted
    left = {} if over else left_out_counts(visit.runtime, visit.move, here.plan)
    start = here.plan.leave_out_before
    day = start.astimezone(ZoneInfo(here.plan.timezone)).date() if start else None
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
        "before": typed if typed is not None else (f"{day:%d/%m/%Y}" if day else ""),
        "terms": terms(visit, here, left),
        "in_the_way": checklist.first_in_the_way(situation(visit, here)),
        "first_range": rows_range(sum(one.rows for one in here.inventory.kinds.values())),
        "editable": visit.move.state == State.MATCHING,
        "errors": errors or [],
    }
    return page(request, "wizard/matches.html", 422 if errors else 200, **told)


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
    return [
        {"words": "rows in your export", "n": rows},
        {"words": "go into the trial", "n": rows - out - stay},
        {"words": "left out by you", "n": out},
        {"words": "counted, do not move", "n": stay},
    ]
