"""The progress that a clinic sees while it waits: how much is done, how fast, and the time left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.db import now
from app.migration.models import Export, ExportFile, Migration, Part, Work
from app.migration.states import State
from app.problems import catalogue
from app.sources import source
from app.worker.leases import DONE, SETTLED, SPLIT
from app.worker.stages import STAGES

STALLED_SECONDS = 60.0
ENOUGH = 0.05
RECENT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate of the time left, in seconds."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class KindProgress:
    """One kind: finished rows, and all rows."""

    kind: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """A snapshot of the work. `unit` is rows or bytes; `age` is the time since the last sign of work, in seconds.

    `rate` is units a second, 0 where fewer than one a second was measured or the work has stalled. `left` is None
    without a rate, and while less than ENOUGH of the work is done.
    `waits_for` is the code of a problem that must pass before the work goes on by itself.
    """

    state: State
    phase: str | None
    unit: str
    done: int
    total: int
    rate: float
    left: Range | None
    age: float | None
    stalled: bool
    waits_for: str | None
    kinds: tuple[KindProgress, ...] = ()

    @property
    def share(self) -> float:
        """The finished share, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


def progress(session: Session, migration: Migration, at: datetime | None = None) -> WorkProgress:
    """Takes a snapshot with a few cheap queries."""
    moment = at or now()
    state = State(migration.state)
    stage = STAGES.get(state)
    age = _age(migration, moment)
    if stage is None:
        return WorkProgress(state, None, "rows", 0, 0, 0.0, None, age, False, None)
    run = stage.run_of(migration)
    phase, waits_for = _where(session, migration, run, stage.phases)
    unit = "rows" if state in {State.TRIALLING, State.FINALISING} else "bytes"
    weighed = "parts" if state is State.TRIALLING else stage.phases[0]
    done, total = _weights(session, migration, run, weighed)
    kinds = _kinds(session, migration, run) if state is State.TRIALLING else ()
    if state is State.FETCHING:
        done, total = _fetched(session, migration, done, total)
    stalled = age is not None and age > STALLED_SECONDS and waits_for is None
    measured = _speed(session, migration) or _rate(session, migration, run, weighed, moment, done)
    rate = 0.0 if stalled or measured < 1 else measured
    return WorkProgress(
        state=state,
        phase=phase,
        unit=unit,
        done=done,
        total=total,
        rate=rate,
        left=_left(total - done, rate) if done >= total * ENOUGH else None,
        age=age,
        stalled=stalled,
        waits_for=waits_for,
        kinds=kinds,
    )


def _age(migration: Migration, moment: datetime) -> float | None:
    sign = migration.last_sign_of_work
    if State(migration.state) in STAGES and (sign is None or sign < migration.since):
        sign = migration.since
    return None if sign is None else max((moment - sign).total_seconds(), 0.0)


def _where(session: Session, migration: Migration, run: str, order: Sequence[str]) -> tuple[str, str | None]:
    """The current phase, and the code of the problem that the phase waits for."""
    phases = session.exec(
        select(Work.phase, sa.func.max(Work.last_problem), sa.func.min(Work.not_before))
        .where(Work.migration_id == migration.id, Work.run == run, col(Work.state).not_in(SETTLED))
        .group_by(Work.phase)
    ).all()
    for phase in order:
        for name, problem, not_before in phases:
            if name == phase:
                return phase, problem if not_before is not None and problem in catalogue() else None
    return order[0] if not phases else order[-1], None


def _weights(session: Session, migration: Migration, run: str, phase: str) -> tuple[int, int]:
    done, total = session.exec(
        select(sa.func.sum(Work.done_weight), sa.func.sum(Work.weight)).where(
            Work.migration_id == migration.id, Work.run == run, Work.phase == phase, Work.state != "split"
        )
    ).one()
    return int(done or 0), int(total or 0)


def _fetched(session: Session, migration: Migration, done: int, total: int) -> tuple[int, int]:
    """The bytes of a download, from the export's own state."""
    export = session.get(Export, (migration.id, migration.export_number))
    state = export.fetch_state if export else {}
    return int(state.get("bytes_done", done)), int(state.get("bytes_total", 0) or (export.size if export else total))


def _speed(session: Session, migration: Migration) -> float:
    """Bytes per second as the downloading worker measured them, or 0 without a download."""
    if migration.state != State.FETCHING:
        return 0.0
    export = session.get(Export, (migration.id, migration.export_number))
    return float(export.fetch_state.get("bytes_a_second", 0.0)) if export else 0.0


def _rate(session: Session, migration: Migration, run: str, phase: str, moment: datetime, done: int) -> float:
    """Rows or bytes per second, of the last minute or else since the state began.

    Open pieces count with their finished part, as in the total.
    """
    recently = sa.or_(
        sa.and_(col(Work.state) == DONE, col(Work.settled_at) > moment - RECENT), col(Work.state).not_in(SETTLED)
    )
    recent = session.exec(
        select(sa.func.sum(Work.done_weight)).where(
            Work.migration_id == migration.id, Work.run == run, Work.phase == phase, recently
        )
    ).one()
    since = max(migration.since, moment - RECENT)
    elapsed = max((moment - since).total_seconds(), 1.0)
    return float(recent or 0) / elapsed or done / max((moment - migration.since).total_seconds(), 1.0)


def _left(open_weight: int, rate: float) -> Range | None:
    """The time left at this rate. None without a rate, and when nothing is left."""
    if open_weight <= 0 or rate <= 0:
        return None
    return Range(open_weight / rate * 0.8, open_weight / rate * 1.6 + 5)


def _kinds(session: Session, migration: Migration, run: str) -> tuple[KindProgress, ...]:
    """Rows by kind, finished and all. An open part counts with its finished rows, a halved part by its halves."""
    moving = [kind.name for kind in source(migration.source).kinds if kind.imported]
    where = (
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        col(Part.kind).in_(moving),
    )
    totals = dict(session.exec(select(Part.kind, sa.func.sum(Part.rows)).where(*where).group_by(Part.kind)).all())
    of_run = (Work.migration_id == migration.id, Work.run == run, Work.phase == "parts")
    whole = (
        select(Part.kind, sa.func.sum(Work.done_weight))
        .join(Work, sa.and_(col(Work.migration_id) == Part.migration_id, col(Work.number) == Part.number))
        .where(*where, *of_run, Work.state != SPLIT)
    )
    done = Counter({kind: int(rows or 0) for kind, rows in session.exec(whole.group_by(Part.kind)).all()})
    if session.exec(select(Work.number).where(*of_run, Work.state == SPLIT).limit(1)).first() is not None:
        kinds = dict(session.exec(select(Part.number, Part.kind).where(*where)).all())
        for number, rows, result in session.exec(
            select(Work.number, Work.done_weight, Work.result).where(*of_run, Work.state != SPLIT)
        ):
            if number not in kinds and (kind := kinds.get(int(result.get("part", 0)))) is not None:
                done[kind] += rows
    return tuple(KindProgress(kind, done[kind], int(total or 0)) for kind, total in totals.items())


def files_read(session: Session, migration: Migration) -> tuple[int, int]:
    """The number of files of the export that were read, and of all known files."""
    done, total = session.exec(
        select(sa.func.count(ExportFile.read_at), sa.func.count(ExportFile.number)).where(  # type: ignore[arg-type]  # columns at run time
            ExportFile.migration_id == migration.id,
            ExportFile.export_number == migration.export_number,
            ExportFile.number > 0,
        )
    ).one()
    return int(done), int(total)
