"""The lists "what moves" and "what stays". The clinic reads both before it hands anything over."""

from datetime import date
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from app.mapping.kind import Source
from app.migration.advance import By
from app.migration.audit import write_act
from app.migration.both_lists import acknowledge_lists
from app.migration.models import Migration
from app.migration.states import OPEN, Event, State, move_for
from app.migration.trials import current_trial
from app.web.form_fingerprint import TICK, FormField, Shown
from app.web.page_context import Confirmed, Visit, go, in_state, page, shows, visit_of
from app.wizard.receipt import load_receipt
from app.wizard.typed_dates import day_as_shown, typed_date

router = APIRouter()
TICKED = "1"
"""Value of a ticked box. No page of this product sends another value, and other values acknowledge nothing."""


@shows("/m/{migration_id}/overview")
def overview_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The Trial Conversion date as the field shows it, and whether the two lists are acknowledged."""
    del visit, session
    ack = FormField("I have read what moves and what stays", read_lists(migration), TICK)
    return Shown(fields={"conversion": date_field(migration), "ack": ack})


def date_field(migration: Migration) -> FormField:
    day = migration.conversion_date
    shown = f"{date.fromisoformat(day):%d/%m/%Y}" if day else ""
    return FormField("Trial Conversion date", shown, written=day_as_shown)


def read_lists(migration: Migration) -> str:
    return "1" if migration.moves_acknowledged_at is not None else ""


@router.get("/m/{migration_id}/overview")
def show_overview(request: Request) -> Response:
    visit = visit_of(request)
    typed = visit.move.conversion_date
    shown = date.fromisoformat(typed) if typed else None
    return render_overview(
        request, f"{shown:%d/%m/%Y}" if shown else "", visit.move.moves_acknowledged_at is not None, []
    )


@router.post("/m/{migration_id}/overview")
def acknowledge(
    request: Request, conversion: Annotated[str, Form()] = "", ack: Annotated[str, Form()] = ""
) -> Response:
    """Stores that both lists were read. The date is optional."""
    visit = in_state(request, Event.CHANGE_PLAN, *OPEN)
    day, trouble = typed_date(conversion)
    errors = []
    if trouble:
        errors.append({"field": "conversion", "words": trouble})
    if ack not in ("", TICKED) or (not ack and visit.move.moves_acknowledged_at is None):
        errors.append({"field": "ack", "words": "Tick this when you have read what moves and what stays."})
    if errors:
        return render_overview(request, conversion, ack == TICKED, errors)
    with visit.confirmed() as confirmed:
        migration = confirmed.migration
        if "conversion" not in confirmed.untouched:
            save_date(confirmed, day, visit.by)
        acknowledge_lists(confirmed.session, migration, visit.by)
    return go(f"/m/{visit.move.id}/checklist")


def save_date(confirmed: Confirmed, day: date | None, by: By) -> None:
    """Saves the Trial Conversion date. A changed date gets an audit line."""
    migration, new = confirmed.migration, day.isoformat() if day else None
    if migration.conversion_date != new:
        migration.conversion_date = new
        write_act(confirmed.session, migration, by.name, by.actor.value, "save_date", {})


def render_overview(request: Request, conversion: str, ack: bool, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/overview")
    values: dict[str, Any] = {**lists(visit.source)}
    values["may_cancel"] = move_for(Event.CANCEL, State(visit.move.state)) is not None
    values["is_deleting"] = visit.move.state == State.CANCELLED and is_copy_kept(visit)
    values["has_trial"] = visit.move.state == State.CANCELLED and is_trial_made(visit)
    if visit.move.state == State.CANCELLED and visit.move.export_number and not values["is_deleting"]:
        with visit.read() as session:
            values["receipt"] = load_receipt(session, visit.move)
    status = 422 if errors else 200
    return page(request, "wizard/overview.html", status, conversion=conversion, ack=ack, errors=errors, **values)


def is_trial_made(visit: Visit) -> bool:
    """Whether a trial of this move was finished, so that its numbers can be read."""
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    return trial is not None and trial.finished_at is not None


def is_copy_kept(visit: Visit) -> bool:
    """Whether the key or an object of the export still exists."""
    return bool(visit.move.wrapped_key) or any(True for _ in visit.runtime.objects.list(visit.move.id))


class ListedKind(TypedDict):
    """A kind of rows in a list: its words, and a remark in small letters."""

    words: str
    small: str


class MovingLists(TypedDict):
    """Both lists of the overview page: what moves, and what remains in the source."""

    moves: list[ListedKind]
    remaining: list[ListedKind]


def lists(origin: Source) -> MovingLists:
    """Both lists, in the source's own names of kinds."""
    moves: list[ListedKind] = []
    staying: list[ListedKind] = []
    for kind in origin.kinds:
        called = kind.source_label.lower()
        small = f"called {called} in {origin.label}" if called != kind.label.lower() else ""
        if kind.short_list.is_listed:
            continue
        if kind.is_expected:
            moves.append({"words": kind.label, "small": small})
        else:
            staying.append({"words": kind.label, "small": kind.exclusion.workaround})
    return {"moves": moves, "remaining": staying}
