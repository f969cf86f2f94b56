"""A worker's turn at a migration: loads the next piece from the ledger, does it, stores the result, and repeats.

Any step may happen twice or stop at any point. The next turn of any worker continues from the ledger.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.index.store import OtherFormat
from app.migration.advance import By, Cause, GuardRefused, advance, locked
from app.migration.audited import load_audited
from app.migration.models import ExportFile, Migration, Part, ProblemLine, Work
from app.migration.states import Actor, Event, State
from app.problems import Problem
from app.storage import CannotOpen
from app.worker.current_file import CurrentFile
from app.worker.excluded_files import ended_by_file, exclude_file, kept_counts, release_for_file
from app.worker.failure_causes import is_away, is_gone, is_of_a_file, no_room, stack_lines
from app.worker.heartbeat import Heartbeat, WorkerStopping, never, nothing
from app.worker.leases import (
    DONE,
    READING,
    READY,
    SETTLED,
    Lease,
    LostLease,
    claim,
    create_missing,
    fail,
    release,
    reset_attempts,
    settle,
)
from app.worker.outcome import Done, Exhausted
from app.worker.phases import Phase, phases_of
from app.worker.runtime import Runtime
from app.worker.stages import STAGES, Stage

LONGEST_WAIT = 300.0
KILLS_PER_TRY = 7
AWAY_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkerTurn:
    """Who works, until when, and how to stop. `current` notes which file is being read."""

    owner: str
    stopping: Callable[[], bool] = never
    alive: Callable[[], None] = nothing
    current: CurrentFile = field(default_factory=CurrentFile)


@dataclass(frozen=True, slots=True)
class Drained:
    """The number of finished pieces, and whether more can be done at once."""

    pieces: int
    more: bool


@dataclass(frozen=True, slots=True)
class Next:
    """The next phase according to the ledger: a phase with open pieces, or None when the stage is finished."""

    migration: Migration
    stage: Stage
    phase: Phase | None
    open: int = 0


def drain(runtime: Runtime, migration_id: str, seconds: float, turn: WorkerTurn) -> Drained:
    """Works on one migration for up to `seconds`. Calls `turn.alive` before each piece: a piece that takes less time
    than the heartbeat's interval does not call it, and many of these take longer than a supervisor's patience."""
    until = time.monotonic() + seconds
    pieces = 0
    while not turn.stopping() and time.monotonic() < until:
        turn.alive()
        following = load_next(runtime, migration_id)
        if following is None:
            return Drained(pieces, more=False)
        if following.phase is None:
            if not _finish(runtime, following, turn):
                return Drained(pieces, more=False)
            continue
        lease = claim(
            runtime.ledger,
            following.migration,
            following.stage.run_of(following.migration),
            following.phase.name,
            turn.owner,
            runtime.settings.lease_seconds,
        )
        if lease is None:
            return Drained(pieces, more=False)
        if following.open > 1:
            runtime.queue.notify(migration_id)  # another worker can help
        perform(runtime, following.migration, following.phase, lease, turn)
        pieces += 1
    return Drained(pieces, more=True)


def load_next(runtime: Runtime, migration_id: str) -> Next | None:
    """The first phase with open pieces. Stores the pieces of a phase that is not planned yet."""
    with runtime.ledger.read() as session:
        migration = session.get(Migration, migration_id)
        stage = STAGES.get(State(migration.state)) if migration else None
        if migration is None or stage is None or "state" in load_audited(session, migration_id).differing:
            return None  # work that nobody requested would destroy data
        counts = _counts(session, migration, stage)
        for phase in phases_of(State(migration.state)):
            known, still_open = counts.get(phase.name, (0, 0))
            if still_open:
                return Next(migration, stage, phase, still_open)
            pieces = () if known else tuple(phase.plan(session, migration))
            if pieces:
                break
        else:
            return Next(migration, stage, None)
    with runtime.ledger.write() as session:
        if locked(session, migration_id).epoch == migration.epoch:
            create_missing(session, migration_id, stage.run_of(migration), phase.name, pieces)
    return Next(migration, stage, phase, len(pieces))


def perform(runtime: Runtime, migration: Migration, phase: Phase, lease: Lease, turn: WorkerTurn) -> None:
    """Does one piece, and settles it, releases it, or stops the migration with a problem."""
    beat = Heartbeat(runtime.ledger, lease, runtime.settings, turn.stopping, turn.alive, turn.current)
    beat.leave_file()
    try:
        _do(runtime, migration, phase, lease, turn, beat)
    except (LostLease, WorkerStopping):
        release(runtime.ledger, lease)
    except Stop as stop:
        _stopped(runtime, migration, lease, stop, turn)
    except OtherFormat:
        log.warning("index_of_other_format", **log_fields(lease))
        read_from_the_start(runtime, migration, lease)
    except Exception as fault:
        if stop_for_all := _stop_of(runtime, fault):
            _stopped(runtime, migration, lease, stop_for_all, turn)
        else:
            _failed(runtime, phase, lease, fault, turn)
    finally:
        beat.leave_file()


def _do(runtime: Runtime, migration: Migration, phase: Phase, lease: Lease, turn: WorkerTurn, beat: Heartbeat) -> None:
    """Does the piece, or settles it in another way when it was tried too often."""
    is_exhausted = lease.attempts > tries(phase, lease, runtime.settings.part_attempts)
    if is_exhausted and lease.result.get("opening"):
        exclude_file(runtime.ledger, lease, str(lease.result["opening"]))
    elif is_exhausted:
        _settle_exhausted(runtime, migration, phase, lease, turn)
    else:
        _settle_done(runtime, lease, phase.do(runtime, migration, lease, beat))


def _stop_of(runtime: Runtime, fault: Exception) -> Stop | None:
    """The problem of the whole migration that a fault means, if it means one: every other piece would meet it too."""
    if isinstance(fault, CannotOpen):
        return Stop(Problem("copy_damaged"))
    if no_room(fault):
        return Stop(Problem("no_space"), retryable=True)
    return Stop(Problem("export_not_kept")) if is_gone(runtime, fault) else None


def _failed(runtime: Runtime, phase: Phase, lease: Lease, fault: Exception, turn: WorkerTurn) -> None:
    """Releases a piece after a fault that concerns it alone. The fault counts for the database that is away, for the
    file that was being read, or else for the piece."""
    name = type(fault).__name__
    if is_away(fault):
        log.warning("database_away", fault=name, **log_fields(lease))
        fail(runtime.ledger, lease, name, wait=AWAY_SECONDS, counts=False)
        return
    if (key := turn.current.read()) and is_of_a_file(fault, len(ended_by_file(lease.result))):
        log.error("file_failed", fault=name, at=stack_lines(fault), **log_fields(lease))
        release_for_file(runtime.ledger, lease, key, name)
        return
    log.error("piece_failed", fault=name, at=stack_lines(fault), **log_fields(lease))
    most = runtime.settings.part_attempts
    if phase.exhausted is not None and lease.attempts > tries(phase, lease, most) + most:
        _give_up(runtime, lease, Problem("work_failed"), turn)  # settling it in another way fails too
        return
    fail(runtime.ledger, lease, name)


def tries(phase: Phase, lease: Lease, most: int) -> int:
    """How often a piece is tried.

    Halves of a failed part get one try until they are a single row, which finds the row twelve times faster. A long
    piece that cannot be halved may lose many workers, as long as it fails in none.
    """
    if phase.exhausted is None:
        return most if lease.last_problem else most * KILLS_PER_TRY
    return 1 if int(lease.result.get("stop", 1)) - int(lease.result.get("start", 0)) > 1 else most


def _settle_done(runtime: Runtime, lease: Lease, done: Done) -> None:
    with runtime.ledger.write() as session:
        settle(session, runtime.ledger, lease, done.result, DONE)
        done.write(session)
    if done.after is not None:
        done.after()


def _settle_exhausted(runtime: Runtime, migration: Migration, phase: Phase, lease: Lease, turn: WorkerTurn) -> None:
    if phase.exhausted is None:
        log.error("piece_given_up", **log_fields(lease), last=lease.last_problem)
        _give_up(runtime, lease, Problem("work_failed"), turn)
        return
    settled: Exhausted = phase.exhausted(runtime, migration, lease)
    with runtime.ledger.write() as session:
        settle(session, runtime.ledger, lease, settled.result, settled.state)
        settled.write(session)


def _stopped(runtime: Runtime, migration: Migration, lease: Lease, stop: Stop, turn: WorkerTurn) -> None:
    """Retries a temporary problem, with growing pauses. Every other problem ends the stage.

    A temporary problem is a provider that does not answer, which the download gives up at its own deadline, or a full
    disk, which is waited for until it has room.
    """
    if not stop.retryable:
        _give_up(runtime, lease, stop.problem, turn)
        return
    waited = (now() - migration.since).total_seconds()
    wait = stop.retry_after if stop.retry_after is not None else min(max(waited / 10, 1.0), LONGEST_WAIT)
    fail(runtime.ledger, lease, stop.problem.code, wait=wait, counts=False)


def _give_up(runtime: Runtime, lease: Lease, problem: Problem, turn: WorkerTurn) -> None:
    """Stops the migration with a problem. A person may ask for a retry, which resets the attempts of every piece."""
    try:
        with runtime.ledger.write() as session:
            migration = locked(session, lease.migration_id)
            if migration.epoch != lease.migration_epoch:
                return
            advance(session, migration.id, Event.FAIL, By(turn.owner, Actor.WORKER), Cause(problem=problem))
            reset_attempts(session, lease.migration_id, lease.run)
    except GuardRefused:
        log.error("history_differs", **log_fields(lease))
        release(runtime.ledger, lease)


def _finish(runtime: Runtime, following: Next, turn: WorkerTurn) -> bool:
    """Advances a migration whose stage is finished, unless another worker did so first.

    Returns False when the migration's row differs from the audit trail, which only support can repair.
    """
    try:
        with runtime.ledger.write() as session:
            migration = locked(session, following.migration.id)
            if migration.epoch == following.migration.epoch:
                advance(session, migration.id, following.stage.event, By(turn.owner, Actor.WORKER))
    except GuardRefused as refused:
        log.error(refused.problem.code, migration=following.migration.id)
        return False
    return True


def _counts(session: Session, migration: Migration, stage: Stage) -> dict[str, tuple[int, int]]:
    """The number of pieces of each phase, and how many are open."""
    is_open = sa.case((Work.state.in_(SETTLED), 0), else_=1)  # type: ignore[attr-defined]  # a column at run time
    rows = session.exec(
        select(Work.phase, sa.func.count(), sa.func.sum(is_open))
        .where(Work.migration_id == migration.id, Work.run == stage.run_of(migration))
        .group_by(Work.phase)
    ).all()
    return {name: (int(total), int(still or 0)) for name, total, still in rows}


def log_fields(lease: Lease) -> dict[str, str | int]:
    """The fields that name a piece in a log line."""
    return {"migration": lease.migration_id, "run": lease.run, "phase": lease.phase, "number": lease.number}


OF_LINKS = ("native_document", "folder_changed")
"""Problems that the download reports in the same run. Reading does not report them."""


def read_from_the_start(runtime: Runtime, migration: Migration, lease: Lease) -> None:
    """Reopens every piece of reading and deletes what was read. Does not count as an attempt.

    Used when the product was upgraded during reading and the index has another format. Does nothing when another worker
    holds the piece, or the migration has moved on. Counts of ended readers are kept. Sweeping removes the objects of
    the old reading.
    """
    with runtime.ledger.write() as session:
        if locked(session, migration.id).epoch != migration.epoch or not _is_ours(session, lease):
            return
        _forget(session, migration, lease.run)
        for work in session.exec(select(Work).where(Work.migration_id == migration.id, Work.run == lease.run)):
            if work.phase not in (READING, lease.phase):
                continue
            work.state, work.owner, work.leased_until, work.not_before = READY, None, None, None
            work.settled_at, work.attempts, work.done_weight = None, 0, 0
            work.result = kept_counts(work.result)
            session.add(work)


def _is_ours(session: Session, lease: Lease) -> bool:
    work = session.get(Work, (lease.migration_id, lease.run, lease.phase, lease.number))
    return work is not None and (work.owner, work.epoch) == (lease.owner, lease.epoch)


def _forget(session: Session, migration: Migration, run: str) -> None:
    """Deletes the files, parts and problems that reading stored. The handed-over files are kept."""
    number = migration.export_number
    for table in (ExportFile, Part):
        mine = [col(table.migration_id) == migration.id, col(table.export_number) == number]
        only_read = [col(ExportFile.number) > 0] if table is ExportFile else []
        session.connection().execute(sa.delete(table).where(*mine, *only_read))
    problems = sa.delete(ProblemLine).where(col(ProblemLine.migration_id) == migration.id, col(ProblemLine.run) == run)
    session.connection().execute(problems.where(col(ProblemLine.code).not_in(OF_LINKS)))
