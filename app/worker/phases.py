"""How each phase of the work is done: its pieces, one piece, and a piece that failed too often."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from sqlmodel import Session

from app.migration.exports import current_export
from app.migration.models import Migration
from app.migration.states import State
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


@cache
def phases_of(state: State) -> tuple[Phase, ...]:
    """The phases of a working state, in the order of `STAGES`; none for any other state.

    Imports what the state needs and nothing else: a child that reads an upload loads neither the client of the web nor
    the code that goes live, and starts in half the time.
    """
    match state:
        case State.FETCHING:
            from app.fetch import fetch_export

            return (Phase(fetch_export.PHASE, fetch_export.fetch, export_piece),)
        case State.READING:
            from app.reading import reading_stage
            from app.resolving import settle_index

            return (Phase("read", reading_stage.read, export_piece), Phase("resolve", settle_index.resolve))
        case State.TRIALLING:
            from app.trial import load, reconcile, set_aside, source_totals
            from app.trial.trial_context import SET_ASIDE

            return (
                Phase("open", load.open_store),
                Phase("parts", load.load, load.parts, load.halve),
                Phase(SET_ASIDE, set_aside.hold_children, no_pieces),
                Phase("made", load.load_made),
                Phase("compare", source_totals.compare),
                Phase("reconcile", reconcile.reconcile),
            )
        case State.FINALISING:
            from app.golive import finalise

            return (Phase("promote", finalise.promote),)
        case State.UNDOING:
            from app.golive import undo_migration

            return (Phase("undo", undo_migration.undo),)
        case _:
            return ()
