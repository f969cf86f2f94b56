"""A worker's turn at one clinic's migration: find out from the ledger what is next, do it, write it down, go on.

Everything here may happen twice, or stop anywhere: the next turn, by whichever worker, goes on from the ledger.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.fetch import fetch_export
from app.index.store import OtherFormat
from app.migration.advance import By, Cause, Refused, advance, locked
from app.migration.audited import load_audited
from app.migration.models import ExportFile, Migration, Part, ProblemLine, Work
from app.migration.states import Actor, Event, State
from app.problems import Problem
from app.storage import CannotOpen
from app.worker.current_file import CurrentFile
from app.worker.failure_causes import is_away, is_gone, is_of_a_file, no_room, where
from app.worker.heartbeat import Dropped, Heartbeat, never, nothing
from app.worker.leases import (
    DONE,
    OPENING,
    READING,
    READY,
    SETTLED,
    Lease,
    LostLease,
    claim,
    create_missing,
    ended_by_file,
    fail,
    kept_counts,
    lay_back_for,
    release,
    set_aside_for_good,
    settle,
    start_afresh,
)
from app.worker.outcome import Done, Exhausted
from app.worker.runtime import Runtime
from app.worker.stages import STAGES, Phase, Stage

GIVE_UP_SECONDS = 24 * 3600.0  # how long something that passes by itself is waited for
LONGEST_WAIT = 300.0
KILLS_PER_TRY = 7
AWAY_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """Who drains, until when, and how it is asked to stop. `current` notes which file is being read."""

    owner: str
    stopping: Callable[[], bool] = never
    alive: Callable[[], None] = nothing
    current: CurrentFile = field(default_factory=CurrentFile)


@dataclass(frozen=True, slots=True)
class Drained:
    """How many pieces were done, and whether there is more to do at once."""

    pieces: int
    more: bool


@dataclass(frozen=True, slots=True)
class Next:
    """What the ledger says is next: a phase with open pieces, or none when the stage is finished."""

    migration: Migration
    stage: Stage
    phase: Phase | None
    open: int = 0


def drain(runtime: Runtime, migration_id: str, seconds: float, turn: Turn) -> Drained:
    """Works on one migration for up to `seconds`."""
    until = time.monotonic() + seconds
    pieces = 0
    while not turn.stopping() and time.monotonic() < until:
        following = whats_next(runtime, migration_id)
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
            runtime.doorbell.ring(migration_id)  # there is enough for another worker
        perform(runtime, following.migration, following.phase, lease, turn)
        pieces += 1
    return Drained(pieces, more=True)


def whats_next(runtime: Runtime, migration_id: str) -> Next | None:
    """The first phase with open pieces. Writes down the pieces of a phase that nobody has planned yet."""
    with runtime.ledger.read() as session:
        migration = session.get(Migration, migration_id)
        stage = STAGES.get(State(migration.state)) if migration else None
        if migration is None or stage is None or "state" in load_audited(session, migration_id).differing:
            return None  # work that nobody asked for would destroy what is there
        counts = _counts(session, migration, stage)
        for phase in stage.phases:
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


def perform(runtime: Runtime, migration: Migration, phase: Phase, lease: Lease, turn: Turn) -> None:
    """Does one piece and settles it, or lays it back, or gives the migration up with a problem."""
    beat = Heartbeat(runtime.ledger, lease, runtime.settings, turn.stopping, turn.alive, turn.current)
    beat.leave_file()
    try:
        if lease.attempts > tries(phase, lease, runtime.settings.part_attempts) and lease.result.get(OPENING):
            set_aside_for_good(runtime.ledger, lease, str(lease.result[OPENING]))
        elif lease.attempts > tries(phase, lease, runtime.settings.part_attempts):
            _settle_exhausted(runtime, migration, phase, lease, turn)
        else:
            _settle_done(runtime, lease, phase.do(runtime, migration, lease, beat))
    except (LostLease, Dropped):
        release(runtime.ledger, lease)
    except Stop as stop:
        _stopped(runtime, migration, lease, stop, turn)
    except OtherFormat:
        log.warning("index_of_other_format", **told(lease))
        read_from_the_start(runtime, migration, lease)
    except CannotOpen:
        _stopped(runtime, migration, lease, Stop(Problem("copy_damaged")), turn)
    except Exception as fault:
        if no_room(fault):
            _stopped(runtime, migration, lease, Stop(Problem("no_space"), retryable=True), turn)
            return
        if is_gone(runtime, fault):
            _stopped(runtime, migration, lease, Stop(Problem("export_not_kept")), turn)
            return
        if is_away(fault):
            log.warning("database_away", fault=type(fault).__name__, **told(lease))
            fail(runtime.ledger, lease, type(fault).__name__, wait=AWAY_SECONDS, counts=False)
            return
        if (key := turn.current.read()) and is_of_a_file(fault, len(ended_by_file(lease.result))):
            log.error("file_failed", fault=type(fault).__name__, at=where(fault), **told(lease))
            lay_back_for(runtime.ledger, lease, key, type(fault).__name__)
            return
        log.error("piece_failed", fault=type(fault).__name__, at=where(fault), **told(lease))
        most = runtime.settings.part_attempts
        if phase.exhausted is not None and lease.attempts > tries(phase, lease, most) + most:
            _give_up(runtime, lease, Problem("work_failed"), turn)  # it cannot even be laid aside
            return
        fail(runtime.ledger, lease, type(fault).__name__)
    finally:
        beat.leave_file()


def tries(phase: Phase, lease: Lease, most: int) -> int:
    """How often a piece is tried. Halves of a part that failed before get one try until they are a single row: it is
    found twelve times faster. A long piece that cannot be halved may lose many workers, as long as it fails in none."""
    if phase.exhausted is None:
        return most if lease.last_problem else most * KILLS_PER_TRY
    return 1 if int(lease.result.get("stop", 1)) - int(lease.result.get("start", 0)) > 1 else most


def _settle_done(runtime: Runtime, lease: Lease, done: Done) -> None:
    with runtime.ledger.write() as session:
        settle(session, runtime.ledger, lease, done.result, DONE)
        done.write(session)
    if done.after is not None:
        done.after()


def _settle_exhausted(runtime: Runtime, migration: Migration, phase: Phase, lease: Lease, turn: Turn) -> None:
    if phase.exhausted is None:
        log.error("piece_given_up", **told(lease), last=lease.last_problem)
        _give_up(runtime, lease, Problem("work_failed"), turn)
        return
    settled: Exhausted = phase.exhausted(runtime, migration, lease)
    with runtime.ledger.write() as session:
        settle(session, runtime.ledger, lease, settled.result, settled.state)
        settled.write(session)


def _stopped(runtime: Runtime, migration: Migration, lease: Lease, stop: Stop, turn: Turn) -> None:
    """What passes by itself is tried again, ever more slowly, for a day; everything else ends the stage."""
    waited = (now() - migration.since).total_seconds()
    patient = lease.phase == fetch_export.PHASE  # a download has a deadline of its own, and says when it is reached
    if stop.retryable and (waited < GIVE_UP_SECONDS or patient or stop.problem.code == "no_space"):
        wait = stop.retry_after if stop.retry_after is not None else min(max(waited / 10, 1.0), LONGEST_WAIT)
        fail(runtime.ledger, lease, stop.problem.code, wait=wait, counts=False)
        return
    _give_up(runtime, lease, stop.problem, turn)


def _give_up(runtime: Runtime, lease: Lease, problem: Problem, turn: Turn) -> None:
    """The migration stops with a problem; a person may ask to try again, and then every piece starts afresh."""
    try:
        with runtime.ledger.write() as session:
            migration = locked(session, lease.migration_id)
            if migration.epoch != lease.migration_epoch:
                return
            advance(session, migration.id, Event.FAIL, By(turn.owner, Actor.WORKER), Cause(problem=problem))
            start_afresh(session, lease.migration_id, lease.run)
    except Refused:
        log.error("history_differs", **told(lease))
        release(runtime.ledger, lease)


def _finish(runtime: Runtime, following: Next, turn: Turn) -> bool:
    """Every piece of a stage is settled: the migration moves on, unless somebody else moved it first.

    False where the audit trail does not let it: only support can mend that.
    """
    try:
        with runtime.ledger.write() as session:
            migration = locked(session, following.migration.id)
            if migration.epoch == following.migration.epoch:
                advance(session, migration.id, following.stage.event, By(turn.owner, Actor.WORKER))
    except Refused as refused:
        log.error(refused.problem.code, migration=following.migration.id)
        return False
    return True


def _counts(session: Session, migration: Migration, stage: Stage) -> dict[str, tuple[int, int]]:
    """Per phase, how many pieces there are and how many are still open."""
    is_open = sa.case((Work.state.in_(SETTLED), 0), else_=1)  # type: ignore[attr-defined]  # a column at run time
    rows = session.exec(
        select(Work.phase, sa.func.count(), sa.func.sum(is_open))
        .where(Work.migration_id == migration.id, Work.run == stage.run_of(migration))
        .group_by(Work.phase)
    ).all()
    return {name: (int(total), int(still or 0)) for name, total, still in rows}


def told(lease: Lease) -> dict[str, str | int]:
    """A piece as a log line names it."""
    return {"migration": lease.migration_id, "run": lease.run, "phase": lease.phase, "number": lease.number}


# An export that was half read when the product was upgraded is read from the start, where its index has another
# form.
#
# Nobody is asked: the files are here. What was noted of them so far is forgotten first, so that nothing is told
# twice.

OF_LINKS = ("native_document", "folder_changed")
"""What downloading tells of an export, in the same run. Reading tells it not."""


def read_from_the_start(runtime: Runtime, migration: Migration, lease: Lease) -> None:
    """Makes every piece of reading open again, without anything of what was read. It is no attempt at the work.

    Does nothing where the piece is no longer ours, or the migration has moved on. Which files ended their readers is
    kept. What lies in storage of the old reading is swept like all that the ledger does not lead to.
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
    """The files, parts and problems that reading noted; the files as they were handed over stay."""
    number = migration.export_number
    for table in (ExportFile, Part):
        mine = [col(table.migration_id) == migration.id, col(table.export_number) == number]
        only_read = [col(ExportFile.number) > 0] if table is ExportFile else []
        session.connection().execute(sa.delete(table).where(*mine, *only_read))
    told = sa.delete(ProblemLine).where(col(ProblemLine.migration_id) == migration.id, col(ProblemLine.run) == run)
    session.connection().execute(told.where(col(ProblemLine.code).not_in(OF_LINKS)))
