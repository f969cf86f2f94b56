"""The numbers of the work that runs, as the progress page and its stream say them."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from app.db import now
from app.engine.downloads import DownloadProgress, download_of
from app.engine.progress import Progress, progress
from app.links import LinkSettings
from app.links.advice import Change, change_for
from app.migration.checked_links import checked_of
from app.migration.models import Export, Migration
from app.migration.states import FAILED, WORKING, State
from app.problems import Problem, catalogue
from app.settings import environment
from app.wizard.problems import stopped_by
from app.words import size

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
    fetching = State.FETCHING in (state, migration.paused_from) or state is State.FETCHING_FAILED
    moment = now()
    download = download_of(session, migration) if fetching and export and export.way == "link" else None
    until = download.until if download else None
    return {
        "state": state.value,
        "seen": seen,
        "title": TITLES.get(state, "Nothing is running now"),
        "working": state in WORKING,
        "failed": state in FAILED.values(),
        "problem": stopped_by(migration),
        "waits": waits_for(session, migration, export, seen.waits_for, download),
        "download": download,
        "silent_since": moment - timedelta(seconds=seen.age) if seen.age is not None else None,
        "next_try": until if until is not None and until > moment else None,
        "is_due": until is not None and until <= moment,
        "mending": mending(session, migration, export) if download and state is State.FETCHING_FAILED else None,
        "phases": phases(state, migration),
        "export": export,
        "shown_kinds": shown_kinds(seen),
        "pausable": state is State.FETCHING,
        "paused_from": migration.paused_from,
    }


def waits_for(
    session: Session, migration: Migration, export: Export | None, code: str | None, download: DownloadProgress | None
) -> Problem | None:
    """What must pass by itself. The page fills in `{time}` and `{source}`, which it says in its own way."""
    if code is None or code not in catalogue():
        return None
    checked = checked_of(session, migration.id)
    label = checked.findings.get("label") if checked and export and checked.hint == export.link_hint else ""
    details = {"provider": label or "The other side", "time": "{time}", "source": "{source}"}
    if download and download.size:
        details["size"] = size(int(LinkSettings.from_environment(environment()).disk_factor * download.size))
    return Problem(code, details={"size": "the whole export", **details})


def mending(session: Session, migration: Migration, export: Export | None) -> Change | None:
    """The provider's own steps against what stopped a download."""
    stopped = stopped_by(migration)
    checked = checked_of(session, migration.id)
    known = checked is not None and export is not None and checked.hint == export.link_hint
    return change_for(checked.findings["provider"], stopped.code) if stopped and known and checked else None


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
