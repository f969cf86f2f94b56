"""What belongs to a row that was set aside in a trial cannot move either: it is held, as if reading had set it aside.

A row fails only while it is mapped or loaded, when rows that refer to it may be in the trial already. Once every part
is settled, the parts with such rows are taken out of the trial and loaded anew, with what is known now. A row that
fails then is set aside in its turn, until no further one does. A trial in which no row fails has nothing to do here.
"""

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.caspen.fences import PartKey
from app.caspen.load_part import unload_parts
from app.migration.models import Migration, Work
from app.trial.context import PLACES, SET_ASIDE, Bench, benches
from app.worker.heartbeat import Heartbeat
from app.worker.leases import (
    DONE,
    QUARANTINED,
    SETTLED,
    Lease,
    LostLease,
    SettledPiece,
    reopen,
    reopen_single,
    rows_of_piece,
)
from app.worker.outcome import Done
from app.worker.runtime import Runtime

PARTS = "parts"  # the phase that loads the parts of a trial


def note_set_aside(session: Session, lease: Lease) -> None:
    """Notes that a row of the lease's trial was set aside, in the transaction that settles it; twice is once."""
    reopen_single(session, lease.migration_id, lease.run, SET_ASIDE)


def hold_children(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Opens again every part with rows that are mapped in another way once the rows set aside wait.

    Their records leave the trial first; a worker that takes over in between does the same once more.
    """
    bench = benches.of(runtime, migration)
    with runtime.ledger.read() as session:
        pieces = list(session.exec(_pieces(lease)))
        session.expunge_all()
    with runtime.ledger.read() as session:  # after the pieces: what was read is what this holder may change
        _held(session, lease)
    if any(piece.state not in SETTLED for piece in pieces):
        raise LostLease(lease.phase)  # a part is being loaded again already
    rows = _rows(bench, pieces)
    with beat.during():
        changed = bench.index.parts_changed(bench.plan, rows)
        everywhere = _has_places(bench, set(rows) - bench.index.set_aside)
        again = [
            SettledPiece(piece.number, piece.epoch, rows_of_piece(piece.result))
            for piece in pieces
            if piece.state == DONE and (everywhere or int(piece.result.get("part", piece.number)) in changed)
        ]
        number = bench.trial.number
        unload_parts(bench.store, [PartKey(migration.id, number, one.number, one.epoch + 1) for one in again])
    return Done({"rows": rows}, lambda session: reopen(session, lease, PARTS, again))


def _pieces(lease: Lease) -> SelectOfScalar[Work]:
    return (
        select(Work)
        .where(Work.migration_id == lease.migration_id, Work.run == lease.run, Work.phase == PARTS)
        .order_by(col(Work.number))
    )


def _held(session: Session, lease: Lease) -> None:
    """Raises LostLease where the piece is no longer this holder's."""
    own = session.get_one(Work, (lease.migration_id, lease.run, lease.phase, lease.number))
    if own.epoch != lease.epoch or own.owner != lease.owner or own.state in SETTLED:
        raise LostLease(lease.phase)


def _has_places(bench: Bench, rows: set[int]) -> bool:
    """Whether any of these rows is a place: rows that name none may have gone there as well."""
    return any(PLACES in bench.source.kind(kind).tables for kind in bench.index.kinds_of(rows))


def _rows(bench: Bench, pieces: list[Work]) -> list[int]:
    """The rows of the index that were set aside so far, in its order."""
    places = [
        (int(piece.result.get("part", piece.number)), int(piece.result.get("start", 0)))
        for piece in pieces
        if piece.state == QUARANTINED
    ]
    return sorted({row for place in places if (row := bench.index.row_at(*place)) is not None})
