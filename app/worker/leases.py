"""Leases: each piece of work is held by one worker at a time.

A lease uses the database's clock, and every write names the lease's epoch, so a worker that was paused or overtaken
writes nothing. Attempts are counted when work is claimed, so a worker that dies has used one attempt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db import Database
from app.migration.ledger_json import PieceRows, WorkResult
from app.migration.models import Migration, Work

READY, LEASED, DONE, SPLIT, QUARANTINED = "ready", "leased", "done", "split", "quarantined"
SETTLED = frozenset({DONE, SPLIT, QUARANTINED})
BACKOFF_SECONDS = (1.0, 5.0, 30.0)
READING = "read"  # the phase that reads an export, a single piece


class LostLease(Exception):
    """Another worker holds this piece, or the migration has moved on. The result must be discarded."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work: a number (of a part or a file), and its rows when a part was halved."""

    number: int
    weight: int = 0
    rows: PieceRows | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed piece of work. `migration_epoch` is the migration's epoch at the claim."""

    migration_id: str
    run: str
    phase: str
    number: int
    owner: str
    epoch: int
    migration_epoch: int
    attempts: int
    result: WorkResult
    last_problem: str | None = None


def create_missing(session: Session, migration_id: str, run: str, phase: str, pieces: Iterable[Piece]) -> None:
    """Stores the pieces of a phase. Existing pieces are not changed."""
    rows = [
        {
            "migration_id": migration_id,
            "run": run,
            "phase": phase,
            "number": piece.number,
            "weight": piece.weight,
            "state": READY,
            "epoch": 0,
            "attempts": 0,
            "done_weight": 0,
            "result": dict(piece.rows or {}),
        }
        for piece in pieces
    ]
    if not rows:
        return
    postgres = session.connection().dialect.name == "postgresql"
    insert = postgresql.insert(Work) if postgres else sqlite.insert(Work)
    session.connection().execute(insert.on_conflict_do_nothing(), rows)


def claim(ledger: Database, migration: Migration, run: str, phase: str, owner: str, seconds: float) -> Lease | None:
    """Claims the next free piece of a phase, and counts an attempt. None when no piece is free."""
    with ledger.read() as session:  # reading locks nothing, and an idle worker usually finds no piece
        if session.exec(_free(ledger.clock(session), migration, run, phase)).first() is None:
            return None
    with ledger.write() as session:
        moment = ledger.clock(session)
        current = session.exec(select(Migration.epoch).where(Migration.id == migration.id)).one()
        if current != migration.epoch:
            return None
        work = session.exec(_free(moment, migration, run, phase).with_for_update(skip_locked=True)).first()
        if work is None:
            return None
        work.state = LEASED
        work.owner = owner
        work.epoch += 1
        work.attempts += 1
        work.leased_until = moment + timedelta(seconds=seconds)
        session.add(work)
        return Lease(
            migration.id,
            run,
            phase,
            work.number,
            owner,
            work.epoch,
            current,
            work.attempts,
            work.result,
            work.last_problem,
        )


def _free(moment: datetime, migration: Migration, run: str, phase: str) -> SelectOfScalar[Work]:
    """The next piece that may be claimed. Pieces with the fewest attempts come first."""
    free = sa.or_(
        sa.and_(_c("state") == READY, sa.or_(_c("not_before").is_(None), _c("not_before") <= moment)),
        sa.and_(_c("state") == LEASED, _c("leased_until") < moment),
    )
    mine = select(Work).where(Work.migration_id == migration.id, Work.run == run, Work.phase == phase, free)
    return mine.order_by(_c("attempts"), _c("number")).limit(1)


def renew(ledger: Database, lease: Lease, seconds: float, done_weight: int) -> None:
    """Renews the lease and the sign of work. Raises LostLease when another worker holds the piece."""
    with ledger.write() as session:
        moment = ledger.clock(session)
        _fence(session, lease, {"last_sign_of_work": moment})
        _write(session, lease, leased_until=moment + timedelta(seconds=seconds), done_weight=done_weight)


def settle(session: Session, ledger: Database, lease: Lease, result: WorkResult, state: str = DONE) -> None:
    """Stores the result of a piece, in the caller's transaction. Raises LostLease when another worker holds the
    piece."""
    moment = ledger.clock(session)
    _fence(session, lease, {"last_sign_of_work": moment})
    values: dict[str, Any] = {"state": state, "owner": None, "leased_until": None, "settled_at": moment}
    _write(session, lease, **values, result=dict(result), done_weight=Work.weight)


def checkpoint(session: Session, ledger: Database, lease: Lease, result: WorkResult, seconds: float) -> None:
    """Stores the progress of a long piece, and resets its attempts."""
    moment = ledger.clock(session)
    _fence(session, lease, {"last_sign_of_work": moment})
    _write(session, lease, result=dict(result), attempts=1, leased_until=moment + timedelta(seconds=seconds))


def release(ledger: Database, lease: Lease) -> None:
    """Releases a piece as if it had not been touched, because the worker stops or the migration was paused."""
    with ledger.write() as session:
        _write(
            session,
            lease,
            missing_is_fine=True,
            state=READY,
            owner=None,
            leased_until=None,
            attempts=sa.case((_c("attempts") > 0, _c("attempts") - 1), else_=0),
        )


def fail(ledger: Database, lease: Lease, problem: str, *, wait: float | None = None, counts: bool = True) -> None:
    """Releases a piece after a failure, for a retry after `wait` seconds.

    `counts` is False while an outside cause (a full disk, a busy provider) must pass first.
    """
    if wait is None:
        wait = BACKOFF_SECONDS[min(lease.attempts, len(BACKOFF_SECONDS)) - 1]
    with ledger.write() as session:
        moment = ledger.clock(session)
        values: dict[str, Any] = {"state": READY, "owner": None, "leased_until": None, "last_problem": problem}
        if not counts:
            values["attempts"] = sa.case((_c("attempts") > 0, _c("attempts") - 1), else_=0)
        _write(session, lease, missing_is_fine=True, not_before=moment + timedelta(seconds=wait), **values)


def reset_attempts(session: Session, migration_id: str, run: str) -> None:
    """Resets the attempts of a run's open pieces, because a person asked for a retry."""
    session.connection().execute(
        sa.update(Work)
        .where(_c("migration_id") == migration_id, _c("run") == run, _c("state").in_((READY, LEASED)))
        .values(state=READY, owner=None, leased_until=None, not_before=None, attempts=0)
    )


def rows_of_piece(result: WorkResult) -> PieceRows:
    """The rows of a halved part, from its result. Empty for a whole part."""
    if "part" not in result:
        return {}
    return {"part": int(result["part"]), "start": int(result["start"]), "stop": int(result["stop"])}


@dataclass(frozen=True, slots=True)
class SettledPiece:
    """A finished piece: its epoch, and its rows when it is half of a part."""

    number: int
    epoch: int
    rows: PieceRows


def reopen(session: Session, lease: Lease, phase: str, pieces: Iterable[SettledPiece]) -> None:
    """Reopens pieces of another phase of the lease's run, from their first attempt.

    Earlier holders of a piece write nothing any more. A piece that differs from `pieces` is not changed. The caller's
    transaction settles the lease.
    """
    values = {"owner": None, "leased_until": None, "not_before": None, "last_problem": None, "settled_at": None}
    for piece in pieces:
        session.connection().execute(
            sa.update(Work)
            .where(
                _c("migration_id") == lease.migration_id,
                _c("run") == lease.run,
                _c("phase") == phase,
                _c("number") == piece.number,
                _c("epoch") == piece.epoch,
                _c("state") == DONE,
            )
            .values(state=READY, epoch=piece.epoch + 1, attempts=0, done_weight=0, result=dict(piece.rows), **values)
        )


def reopen_single(session: Session, migration_id: str, run: str, phase: str) -> None:
    """Opens the single piece of a phase, again when it is done; its result is kept. The caller holds the fence."""
    create_missing(session, migration_id, run, phase, [Piece(0)])
    session.connection().execute(
        sa.update(Work)
        .where(_c("migration_id") == migration_id, _c("run") == run, _c("phase") == phase, _c("state") == DONE)
        .values(state=READY, owner=None, leased_until=None, not_before=None, attempts=0)
    )


def next_number(session: Session, lease: Lease) -> int:
    """The next free number for a piece of the same phase. The caller's transaction holds the fence."""
    highest = session.exec(
        select(sa.func.max(Work.number)).where(
            Work.migration_id == lease.migration_id, Work.run == lease.run, Work.phase == lease.phase
        )
    ).one()
    return int(highest or 0) + 1


def _fence(session: Session, lease: Lease, values: dict[str, Any]) -> None:
    """Locks the migration's row for this transaction. Raises LostLease when the migration has moved on since the
    claim."""
    done = session.connection().execute(
        sa.update(Migration)
        .where(sa.column("id") == lease.migration_id, sa.column("epoch") == lease.migration_epoch)
        .values(**values)
    )
    if done.rowcount != 1:
        raise LostLease(lease.phase)


def _write(session: Session, lease: Lease, *, missing_is_fine: bool = False, **values: Any) -> None:
    done = session.connection().execute(
        sa.update(Work)
        .where(
            _c("migration_id") == lease.migration_id,
            _c("run") == lease.run,
            _c("phase") == lease.phase,
            _c("number") == lease.number,
            _c("epoch") == lease.epoch,
            _c("owner") == lease.owner,
            _c("state") == LEASED,
        )
        .values(**values)
    )
    if done.rowcount != 1 and not missing_is_fine:
        raise LostLease(lease.phase)


def _c(name: str) -> sa.Column[Any]:
    """A column of the work table, for SQLAlchemy."""
    column: sa.Column[Any] = Work.__table__.c[name]  # type: ignore[attr-defined]  # set by the table class
    return column
