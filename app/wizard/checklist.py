"""The checklist page: each line with its state, the people who are missing, and the next action."""

from itertools import groupby
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app import checklist
from app.access.members import admin_names
from app.checklist.line import CheckLine, Mark
from app.db import now
from app.migration.advance import WrongState
from app.migration.audit import write_act
from app.migration.models import Migration
from app.migration.plans import EDITABLE
from app.migration.state_words import WORDS
from app.migration.states import OPEN, Event, State
from app.web.form_fingerprint import FormField, Shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.wizard.before_trial import checklist_before_trial
from app.wizard.lists_first import lists_first
from app.wizard.migration_overview import situation
from app.wizard.overview import date_field, save_date
from app.wizard.typed_dates import typed_date

router = APIRouter()


SET_UP, BRING = "set_up", "bring"


def ways(source: str) -> dict[str, str]:
    """The two ways to bring services, by form value. `source` is the name of the old software."""
    return {SET_UP: "We set up our services in Caspen ourselves", BRING: f"Bring our services from {source}"}


@shows("/m/{migration_id}/checklist/services")
def way_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The chosen way for services. The plan of a trial keeps the answer."""
    del session
    ways_shown = ways(visit.source.label)
    return Shown(
        fields={"way": FormField("How do your services come across?", migration.services_way or "", ways_shown)}
    )


@shows("/m/{migration_id}/checklist/dates")
def date_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The Trial Conversion date as the field shows it."""
    del visit, session
    return Shown(fields={"conversion": date_field(migration)})


@router.get("/m/{migration_id}/checklist")
def show_checklist(request: Request) -> Response:
    return render_checklist(request)


@router.post("/m/{migration_id}/checklist/services")
def choose_services(request: Request, way: Annotated[str, Form()] = "") -> Response:
    """Saves the way for services: set up by the clinic, or brought across. A trial depends on this choice."""
    visit = in_state(request, Event.CHANGE_PLAN, *EDITABLE)
    if way not in (SET_UP, BRING):
        return render_checklist(request, [{"field": "way", "words": "Choose one of the two ways."}])
    with visit.confirmed() as confirmed:
        migration = confirmed.migration
        if State(migration.state) not in EDITABLE:
            raise WrongState(State(migration.state), Event.CHANGE_PLAN)
        if "way" not in confirmed.untouched and migration.services_way != way:
            migration.services_way = way
            write_act(confirmed.session, migration, visit.by.name, visit.by.actor.value, "save_services", {"way": way})
    return go(f"/m/{visit.move.id}/checklist")


@router.post("/m/{migration_id}/checklist/dates")
def save_conversion_date(request: Request, conversion: Annotated[str, Form()] = "") -> Response:
    visit = in_state(request, Event.CHANGE_PLAN, *OPEN)
    day, trouble = typed_date(conversion)
    if trouble:
        return render_checklist(request, [{"field": "conversion", "words": trouble}], conversion)
    with visit.confirmed() as confirmed:
        if "conversion" not in confirmed.untouched:
            save_date(confirmed, day, visit.by)
    return go(f"/m/{visit.move.id}/checklist")


def render_checklist(
    request: Request, errors: list[dict[str, str]] | None = None, typed: str | None = None
) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/checklist/services", "/m/{migration_id}/checklist/dates")
    situation_now, is_read = situation(visit), lists_first(visit) is None
    every = checklist.lines(situation_now)
    day = situation_now.conversion_date
    values: dict[str, Any] = {
        "groups": grouped(every),
        "done": checklist.count_done(every),
        "total": len(every),
        "lede": lede(every, hands_over=State(visit.move.state) is State.PREPARING, is_read=is_read),
        "services_open": State(visit.move.state) in EDITABLE,
        "services_way": visit.move.services_way,
        "ways": ways(visit.source.label),
        "conversion": typed if typed is not None else (f"{day:%d/%m/%Y}" if day else ""),
        "conversion_day": day,
        "admins": admins(visit),
        "checked_at": now(),
        "in_the_way": checklist_before_trial(situation_now),
        "next": next_page(visit, is_read=is_read),
        "over": WORDS[State(visit.move.state)].now,
    }
    return page(request, "wizard/checklist.html", 422 if errors else 200, errors=errors or [], **values)


class CheckGroup(TypedDict):
    """The lines of the checklist under one heading, and how many of the lines are done."""

    title: str
    lines: list[CheckLine]
    tiny: str


def grouped(every: tuple[CheckLine, ...]) -> list[CheckGroup]:
    """The lines by heading. Lines that need the reader come first in each group."""
    order = {Mark.NEEDS: 0, Mark.WAIT: 1, Mark.LATER: 2, Mark.DONE: 3}
    groups: list[CheckGroup] = []
    for title, group_lines in groupby(every, key=lambda line: line.group):
        lines = sorted(group_lines, key=lambda line: order[line.mark])
        done = checklist.count_done(lines)
        groups.append({"title": title, "lines": lines, "tiny": f"{done} of {len(lines)} done"})
    return groups


def lede(every: tuple[CheckLine, ...], *, hands_over: bool, is_read: bool = True) -> str:
    """How many lines need the reader, as a sentence. `hands_over`: the move waits for the clinic's export. `is_read`:
    the clinic has acknowledged both lists.
    """
    needs = sum(line.mark is Mark.NEEDS for line in every)
    waits = sum(line.mark is Mark.WAIT for line in every)
    ticks = "The rest ticks itself when it is done in Caspen; you do not have to come back here to tell us."
    if needs:
        number = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven"}.get(needs, str(needs))
        return f"{number} line{' needs' if needs == 1 else 's need'} you. {ticks}"
    if hands_over:
        others = "Other people still have to act. " if waits else ""
        now_open = "You can hand over your export now." if is_read else "Read what moves and what stays now."
        return f"{others}{now_open} {ticks}"
    if waits:
        return f"Nothing needs you now: other people still have to act. {ticks}"
    return "Everything that can be done now is done."


def next_page(visit: Visit, *, is_read: bool) -> tuple[str, str]:
    """Path and name of the next page. `is_read`: the clinic has acknowledged both lists."""
    if not is_read:
        return "overview", "what moves and what stays"
    if visit.move.uses is None:
        return "uses", f"what you use in {visit.source.label}"
    return ("export", "the export") if visit.move.export_confirmed_at is None else ("handover", "the export")


def admins(visit: Visit) -> list[str]:
    with visit.read() as session:
        return admin_names(session, visit.move.workspace_id)
