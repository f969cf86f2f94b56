"""What the worker does in each state of a migration, in order. This is the engine's table of contents."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from app.fetch import fetch_export
from app.golive import finalise, take_back
from app.migration.exports import current_export
from app.migration.models import Migration
from app.migration.states import Event, State
from app.reading import read_export
from app.resolving import settle_index
from app.trial import load, reconcile, set_aside, source_totals
from app.trial.context import SET_ASIDE
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease, Piece
from app.worker.outcome import Done, Exhausted
from app.worker.runtime import Runtime

Do = Callable[[Runtime, Migration, Lease, Heartbeat], Done]
Plan = Callable[[Session, Migration], Iterable[Piece]]


def one(session: Session, migration: Migration) -> Iterable[Piece]:
    """A phase that is a single piece."""
    return (Piece(0),)


def none(session: Session, migration: Migration) -> Iterable[Piece]:
    """A phase that has no piece unless another phase writes one down."""
    return ()


def whole(session: Session, migration: Migration) -> Iterable[Piece]:
    """A phase that is a single piece, as heavy as the export is large."""
    export = current_export(session, migration)
    return (Piece(0, export.size if export else 0),)


@dataclass(frozen=True)
class Phase:
    """One step: its pieces, how one is done, and what becomes of a piece that failed too often (None: it all fails)."""

    name: str
    do: Do
    plan: Plan = one
    exhausted: Callable[[Runtime, Migration, Lease], Exhausted] | None = None


@dataclass(frozen=True)
class Stage:
    """What a working state consists of, and the event that ends it."""

    run: str
    phases: tuple[Phase, ...]
    event: Event
    numbered_by: str = field(default="trial_number")

    def run_of(self, migration: Migration) -> str:
        number: Any = getattr(migration, self.numbered_by)
        return f"{self.run}:{number}"


STAGES: dict[State, Stage] = {
    State.FETCHING: Stage(
        "export", (Phase(fetch_export.PHASE, fetch_export.fetch, whole),), Event.FETCHED, "export_number"
    ),
    State.READING: Stage(
        "export",
        (Phase("read", read_export.read, whole), Phase("resolve", settle_index.resolve)),
        Event.READ,
        "export_number",
    ),
    State.TRIALLING: Stage(
        "trial",
        (
            Phase("open", load.open_store),
            Phase("parts", load.load, load.parts, load.halve),
            Phase(SET_ASIDE, set_aside.hold_children, none),
            Phase("made", load.load_made),
            Phase("compare", source_totals.compare),
            Phase("reconcile", reconcile.reconcile),
        ),
        Event.TRIALLED,
    ),
    State.FINALISING: Stage("finalise", (Phase("promote", finalise.promote),), Event.FINALISED),
    State.UNDOING: Stage("undo", (Phase("undo", take_back.undo),), Event.UNDONE),
}
