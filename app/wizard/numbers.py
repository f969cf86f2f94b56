"""The numbers of the work that runs, as the progress page and its stream say them."""

from typing import Any

from sqlmodel import Session

from app.engine.progress import Progress, progress
from app.migration.models import Export, Migration
from app.migration.states import FAILED, WORKING, State
from app.problems import catalogue
from app.wizard.problems import stopped_by

TITLES: dict[State, str] = {
    State.FETCHING: "Your export is being fetched",
    State.READING: "Your export is being read",
    State.TRIALLING: "Your trial is being made",
    State.FINALISING: "Your trial is going live",
    State.UNDOING: "Your move is being taken back",
    State.PAUSED: "This is paused",
    State.FETCHING_FAILED: "The download stopped, nothing is lost",
    State.READING_FAILED: "Reading your export stopped, nothing is lost",
    State.TRIALLING_FAILED: "The trial stopped, nothing is lost",
    State.FINALISING_FAILED: "Going live stopped, nothing is lost",
    State.UNDOING_FAILED: "Taking it back stopped, nothing is lost",
}
STEPS: tuple[tuple[State, str], ...] = (
    (State.FETCHING, "Fetch the files"),
    (State.READING, "Read them"),
    (State.MATCHING, "Match names, with you"),
    (State.TRIALLING, "Copy into the trial and count again"),
    (State.REVIEWING, "Ready for you to review"),
    (State.FINALISING, "Go live, when you approve"),
)


def numbers(session: Session, migration: Migration) -> dict[str, Any]:
    """Everything that the page says about the work; also what its stream sends."""
    state = State(migration.state)
    seen = progress(session, migration)
    export = session.get(Export, (migration.id, migration.export_number))
    return {
        "state": state.value,
        "seen": seen,
        "title": TITLES.get(state, "Nothing is running now"),
        "working": state in WORKING,
        "failed": state in FAILED.values(),
        "problem": stopped_by(migration),
        "waits": catalogue().get(seen.waits_for) if seen.waits_for else None,
        "phases": phases(state, migration),
        "export": export,
        "shown_kinds": shown_kinds(seen),
        "pausable": state is State.FETCHING,
        "paused_from": migration.paused_from,
    }


def shown_kinds(seen: Progress) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "done": one.done, "total": one.total} for one in seen.kinds]


def phases(state: State, migration: Migration) -> list[dict[str, str]]:
    """What is behind, what is now, and what comes."""
    base = next((working for working, failed in FAILED.items() if failed is state), state)
    if state is State.PAUSED and migration.paused_from:
        base = State(migration.paused_from)
    order = [step for step, _ in STEPS]
    here = order.index(base) if base in order else len(order) if migration.finalised_at else -1
    told = []
    for number, (_, words) in enumerate(STEPS):
        at = "past" if number < here else "now" if number == here else ""
        told.append({"words": words, "state": at})
    return told
