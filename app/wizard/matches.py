"""Who is who in Caspen: locations, practitioners and services of the export, and what is left out, with counts."""

from collections import Counter
from collections.abc import Mapping, Set
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app import checklist
from app.access.rights import Right
from app.basis import joined
from app.checklist.line import Act
from app.checklist.situation import Situation
from app.engine.consequences import left_out_counts
from app.engine.match import PLACES
from app.mapping.plan import Plan
from app.migration.advance import Ring, WrongState
from app.migration.exports import files_of
from app.migration.models import Migration
from app.migration.plans import save_plan
from app.migration.states import OVER, Event, State
from app.migration.trials import start_trial
from app.migration.unanswered import files_apart, refused_rows
from app.web import Visit, go, in_state, page, visit_of
from app.wizard import custom_fields, known
from app.wizard.dates import typed_date
from app.wizard.match_fields import NOT_STARTED, PATH, shown_on
from app.wizard.match_lines import (
    NATURES,
    TABS,
    candidates,
    choice_from,
    day_before,
    decisions,
    kind_of,
    lines_of,
    tab_of,
)
from app.wizard.situation import Standing, checklist_guard, situation, standing

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
    in_the_way, ring, decided = None, None, set[str]()
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
            ring = None if in_the_way else begin_trial(visit, here, session)
    if ring is not None:
        visit.runtime.doorbell.ring(ring.migration_id)
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
