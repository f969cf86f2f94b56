"""The phases of each working state of a migration, in order: the table of contents of the work."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from app.fetch import fetch_export
from app.golive import finalise, undo_migration
from app.migration.exports import current_export
from app.migration.models import Migration
from app.migration.states import Event, State
from app.reading import reading_stage
from app.resolving import settle_index
from app.trial import load, reconcile, set_aside, source_totals
from app.trial.trial_context import SET_ASIDE
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease, Piece
from app.worker.outcome import Done, Exhausted
from app.worker.runtime import Runtime

Do = Callable[[Runtime, Migration, Lease, Heartbeat], Done]
Plan = Callable[[Session, Migration], Iterable[Piece]]


def single_piece(session: Session, migration: Migration) -> Iterable[Piece]:
    """The plan of a phase with a single piece."""
    return (Piece(0),)


def no_pieces(session: Session, migration: Migration) -> Iterable[Piece]:
    """The plan of a phase whose pieces another phase adds."""
    return ()


def export_piece(session: Session, migration: Migration) -> Iterable[Piece]:
    """The plan of a phase with a single piece that weighs the export's bytes."""
    export = current_export(session, migration)
    return (Piece(0, export.size if export else 0),)


@dataclass(frozen=True)
class Phase:
    """One step: its pieces, how a piece is done, and how a piece that failed too often is settled (None: the stage
    fails)."""

    name: str
    do: Do
    plan: Plan = single_piece
    exhausted: Callable[[Runtime, Migration, Lease], Exhausted] | None = None


@dataclass(frozen=True)
class Stage:
    """The phases of a working state, and the event that ends the state."""

    run: str
    phases: tuple[Phase, ...]
    event: Event
    numbered_by: str = field(default="trial_number")

    def run_of(self, migration: Migration) -> str:
        number: Any = getattr(migration, self.numbered_by)
        return f"{self.run}:{number}"


STAGES: dict[State, Stage] = {
    State.FETCHING: Stage(
        "export", (Phase(fetch_export.PHASE, fetch_export.fetch, export_piece),), Event.FETCHED, "export_number"
    ),
    State.READING: Stage(
        "export",
        (Phase("read", reading_stage.read, export_piece), Phase("resolve", settle_index.resolve)),
        Event.READ,
        "export_number",
    ),
    State.TRIALLING: Stage(
        "trial",
        (
            Phase("open", load.open_store),
            Phase("parts", load.load, load.parts, load.halve),
            Phase(SET_ASIDE, set_aside.hold_children, no_pieces),
            Phase("made", load.load_made),
            Phase("compare", source_totals.compare),
            Phase("reconcile", reconcile.reconcile),
        ),
        Event.TRIALLED,
    ),
    State.FINALISING: Stage("finalise", (Phase("promote", finalise.promote),), Event.FINALISED),
    State.UNDOING: Stage("undo", (Phase("undo", undo_migration.undo),), Event.UNDONE),
}
