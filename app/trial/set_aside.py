"""Holds the rows that need a row that was set aside in a trial, as if reading had set that row aside.

A row fails while it is mapped or loaded, or its mapping keeps it back, when rows that refer to it may be in the trial
already. Once every part is settled, the parts with such rows are removed from the trial and loaded again. This repeats
until no further row is set aside. A trial without such rows skips this phase.
"""

from collections.abc import Collection, Iterable
from typing import cast

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.caspen.load_part import unload_parts
from app.caspen.part_fences import PartKey
from app.index.rows_aside import RowsAside, late_from_json
from app.migration.ledger_json import WorkResult
from app.migration.models import Migration, Work
from app.trial.trial_context import PLACES, SET_ASIDE, TrialContext, trial_contexts
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
    """Notes in the open transaction that a row of the trial was set aside. A second call changes nothing."""
    reopen_single(session, lease.migration_id, lease.run, SET_ASIDE)


def hold_children(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Opens every part again whose rows are mapped differently once the rows set aside wait.

    Removes the records of these parts from the trial first. A second call, after a worker died, does the same again.
    Raises LostLease when another worker holds the phase or loads a part.
    """
    trial_context = trial_contexts.of(runtime, migration)
    with runtime.ledger.read() as session:
        pieces = list(session.exec(_pieces(lease)))
        session.expunge_all()
    with runtime.ledger.read() as session:  # after the pieces, so that this worker may change what was read
        _held(session, lease)
    if any(piece.state not in SETTLED for piece in pieces):
        raise LostLease(lease.phase)  # another worker loads a part again
    index, before = trial_context.index, trial_context.index.aside
    failed = tuple(_failed(trial_context, pieces))
    late = dict.fromkeys((*before.late, *(run for piece in pieces for run in late_from_json(piece.result))))
    changed_rows, changed_ids = _changed(before, pieces)
    aside = RowsAside(failed, tuple(late), changed_rows, changed_ids)
    with beat.during():
        changed = index.parts_changed(trial_context.plan, aside)
        changed |= index.parts_with_children(set(changed_rows).difference(before.changed))
        late_before = set(before.late)
        new = [*set(failed).difference(before.failed), *(run.first for run in late if run not in late_before)]
        concerns_all = _has_places(trial_context, new)
        again = [
            SettledPiece(piece.number, piece.epoch, rows_of_piece(piece.result))
            for piece in pieces
            if piece.state == DONE and (concerns_all or int(piece.result.get("part", piece.number)) in changed)
        ]
        number = trial_context.trial.number
        unload_parts(
            trial_context.store, [PartKey(migration.id, number, piece.number, piece.epoch + 1) for piece in again]
        )
    if not again:
        aside = RowsAside(failed, before.late, changed_rows, changed_ids)  # nothing refers to the other late rows
    return Done(cast(WorkResult, aside.to_json()), lambda session: reopen(session, lease, PARTS, again))


def _changed(before: RowsAside, pieces: Iterable[Work]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The rows that are held for people's changes in Caspen so far, and the ids of their records."""
    results = [piece.result for piece in pieces]
    rows = dict.fromkeys((*before.changed, *(row for result in results for row in result.get("changed", ()))))
    ids = dict.fromkeys(
        (*before.changed_ids, *(record_id for result in results for record_id in result.get("changed_ids", ())))
    )
    return tuple(rows), tuple(ids)


def _pieces(lease: Lease) -> SelectOfScalar[Work]:
    return (
        select(Work)
        .where(Work.migration_id == lease.migration_id, Work.run == lease.run, Work.phase == PARTS)
        .order_by(col(Work.number))
    )


def _held(session: Session, lease: Lease) -> None:
    """Raises LostLease when another worker holds the piece."""
    own = session.get_one(Work, (lease.migration_id, lease.run, lease.phase, lease.number))
    if own.epoch != lease.epoch or own.owner != lease.owner or own.state in SETTLED:
        raise LostLease(lease.phase)


def _has_places(trial_context: TrialContext, rows: Collection[int]) -> bool:
    """Whether any of these rows is a location: rows without a location may have been assigned to it."""
    return any(PLACES in trial_context.source.kind(kind).tables for kind in trial_context.index.kinds_of(rows))


def _failed(trial_context: TrialContext, pieces: list[Work]) -> list[int]:
    """The rows of the index at which the work failed so far, sorted."""
    places = [
        (int(piece.result.get("part", piece.number)), int(piece.result.get("start", 0)))
        for piece in pieces
        if piece.state == QUARANTINED
    ]
    return sorted({row for place in places if (row := trial_context.index.row_at(*place)) is not None})
