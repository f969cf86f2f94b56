"""Workers are killed at random moments of a trial and of going live; the workspace must be as if none had been."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from app.caspen.readback import read_back
from app.caspen.tables import OBJECTS
from app.migration.states import State
from app.sources.cliniko.sample import SizeName
from tests.figures.figure import Measure, Reached
from tests.figures.samples import sample
from tests.figures.yard import REAL, TENTH, WORKSPACE, Yard, begin_trial, copy_of
from tests.harness.waiting import take_time

SEED = 20
A_RUN = 2  # kills in one run, so that many runs are hit at many moments
LONGEST_RESUME = 30.0
WORKING = (State.TRIALLING, State.FINALISING)


@dataclass(frozen=True)
class World:
    """The result of a finished move: digests of the trial and of the live workspace, and counts of each record."""

    trial: str
    live: dict[str, str]
    records: dict[str, int]
    doubled: int

    def differs_from(self, reference: "World") -> list[str]:
        wrong = [] if self.trial == reference.trial else ["another digest of the trial"]
        for kind in sorted(self.live.keys() | reference.live.keys()):
            if self.live.get(kind) != reference.live.get(kind):
                wrong.append(f"live {kind}: {self.live.get(kind)}, undisturbed {reference.live.get(kind)}")
        for table in sorted(self.records.keys() | reference.records.keys()):
            found, wanted = self.records.get(table, 0), reference.records.get(table, 0)
            if found != wanted:
                wrong.append(f"{table}: {found - wanted:+} records")
        if self.doubled:
            wrong.append(f"{self.doubled} source ids stand in the workspace more than once")
        return wrong


@dataclass
class Kills:
    """The results of all kills together."""

    done: int = 0
    resumed: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        ordered = sorted(self.resumed)
        return ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))] if ordered else 0.0


def world_of(yard: Yard) -> World:
    live = yard.runtime.caspen.live
    found = read_back(live, WORKSPACE)
    with live.database.connection(reading=True) as connection:
        doubled = sum(_doubled(connection, str(table.__tablename__)) for table in OBJECTS)
    return World(
        trial=yard.trial().digest,
        live={kind: str(digest) for kind, digest in found.digests.items()},
        records=dict(found.records),
        doubled=doubled,
    )


def _doubled(connection: sa.Connection, table: str) -> int:
    """Source ids that occur in a table more than once."""
    several: sa.Select[str] = (
        sa.select(sa.column("source_id", sa.String))
        .select_from(sa.table(table))
        .where(sa.column("source_kind").is_not(None))
        .group_by(sa.column("source_kind"), sa.column("source_id"))
        .having(sa.func.count() > 1)
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(several.subquery())).scalar_one())


def live_through(yard: Yard, disturb: Callable[[Yard], None]) -> World:
    """Runs the trial, the approval and going live, with the given disturbance."""
    yard.start_worker()
    while (state := yard.state()) is not State.FINALISED:
        if state in WORKING:
            disturb(yard)
        if yard.wait_until(State.REVIEWING, State.FINALISED) is State.REVIEWING:
            yard.approve()
    return world_of(yard)


def undisturbed(yard: Yard) -> None:
    """Nothing happens."""


@contextmanager
def begun(size: SizeName) -> Iterator[Path]:
    """A folder in which the trial of a sample has just begun, with room for copies."""
    with sample(size) as (export, _), tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        start = Path(folder) / "begun"
        begin_trial(start, export)
        yield start


def reference_of(start: Path) -> tuple[World, float]:
    """The result of an undisturbed run, and its seconds including a worker's start."""
    with copy_of(start, start.with_name("reference"), TENTH) as yard:
        began = time.monotonic()
        return live_through(yard, undisturbed), time.monotonic() - began


class Killer:
    """Kills the worker at random moments within the length of an undisturbed run, up to so many times."""

    def __init__(self, found: Kills, dice: random.Random, length: float, kills: int) -> None:
        self.found = found
        self.dice = dice
        self.length = length
        self.left = kills

    def __call__(self, yard: Yard) -> None:
        while self.left:
            take_time(self.dice.uniform(0, self.length))
            if yard.state() not in WORKING:
                return
            moment = yard.kill_worker()
            self.left -= 1
            self.found.done += 1
            self.found.resumed.append(yard.resumed_after(moment))


def kill(start: Path, kills: int, times: dict[str, float], seed: int, a_run: int = A_RUN) -> Kills:
    """Runs the same trial again and again until so many kills were made, and compares each with the undisturbed one."""
    reference, length = reference_of(start)
    found, dice = Kills(), random.Random(seed)
    if reference.doubled or not sum(reference.records.values()):
        found.wrong.append("the undisturbed run is no reference")
    for run in range(kills * 5):
        if found.done >= kills:
            break
        with copy_of(start, start.with_name(f"run-{run}"), times) as yard:
            killer = Killer(found, dice, length, min(a_run, kills - found.done))
            wrong = live_through(yard, killer).differs_from(reference)
        found.wrong += [f"run {run}: {line}" for line in wrong]
    return found


def summary(found: Kills, kills: int) -> Reached:
    """One line about kills: their number, the faults, and the seconds of stalled work."""
    wrong = list(found.wrong)
    if found.done < kills:
        wrong.append(f"only {found.done} kills came while there was work")
    if found.p99 > LONGEST_RESUME:
        wrong.append(f"work stood still for {found.p99:.1f} s")
    words = f"{found.done} kills, {len(found.wrong)} differences, resumed in {found.p99:.1f} s (p99)"
    return Reached(words, ok=not wrong, seed=SEED, why=tuple(wrong))


def killed_often(long: bool) -> Reached:
    kills = 200 if long else 20
    with begun("thousand") as start:
        return summary(kill(start, kills, TENTH, SEED), kills)


def killed_once_with_real_leases(long: bool) -> Reached:
    kills = 5 if long else 1
    with begun("thousand") as start:
        return summary(kill(start, kills, REAL, SEED, a_run=1), kills)


ASKED = "{} kills, 0 differences, resumed within 30 s"
MEASURES = (
    Measure("worker killed at random, leases a tenth, 20,000 rows", ASKED.format(20), killed_often),
    Measure("worker killed, leases of 15 s, 20,000 rows", ASKED.format(1), killed_once_with_real_leases),
)
