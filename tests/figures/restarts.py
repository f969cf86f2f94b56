"""PostgreSQL stops during the work and returns, or closes every connection: the move continues without help.

A worker process does the work, as in production; the deciding process has its own connections, which are closed too.
"""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from app.migration.states import State
from app.settings import Settings
from app.worker.runtime import Runtime, open_runtime
from tests.figures.accounting import databases
from tests.figures.figure import Measure, Reached
from tests.figures.unknown_commits import CHECKS
from tests.harness.clinic import settings_in
from tests.harness.postgres import SETTINGS, Server, postgres_server
from tests.harness.waiting import Ceiling
from tests.workers.story import WorkerProcess
from tests.world.bases import made_in
from tests.world.export import planted
from tests.world.left import Contents, Left
from tests.world.move import arrive, decide, hand_over, state

SEED = 6
LONGEST = 120.0
SURE = tuple(said for said in SETTINGS if not said.startswith("synchronous_commit"))
"""What was committed is there after a crash of the server, as it is with a clinic's."""
WAITING = (State.MATCHING, State.REVIEWING)

running = contextmanager(postgres_server)


@dataclass
class Found:
    """How often the server was stopped, in how many moves, and the faults at the end."""

    done: int = 0
    runs: int = 0
    longest: float = 0.0
    wrong: list[str] = field(default_factory=list)


def crashed(server: Server) -> None:
    """Stops the server at once, and starts it again; it has to recover."""
    server.stop()
    server.start()


def lines_ended(server: Server) -> None:
    """Closes every other connection to the server, as its administrator may."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


FAULTS: tuple[Callable[[Server], None], ...] = (crashed, lines_ended)


@dataclass
class Trouble:
    """Takes the server away at random moments, each way in turn, until it was done so often."""

    server: Server
    times: int
    found: Found
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    next: float = 0.0
    last: float = 0.0

    def begin(self) -> None:
        self.last = time.monotonic()
        self.next = self.last + self.dice.uniform(0.1, 3.0)

    def make(self) -> None:
        if self.found.done < self.times and time.monotonic() > self.next:
            FAULTS[self.found.done % len(FAULTS)](self.server)
            self.found.done += 1
            self.begin()


def taken_away(times: int) -> Found:
    """Moves the small export again and again until the server was taken away so often."""
    found = Found()
    with tempfile.TemporaryDirectory(prefix="caspen-restarts-") as folder, running(SURE) as server:
        reference, trouble = made_in(Path(folder) / "bases").live, Trouble(server, times, found)
        while found.done < times and found.runs < times:
            found.runs += 1
            with databases(server.url, found.runs) as urls:
                settings = settings_in(Path(folder) / f"run-{found.runs}", **urls)
                found.wrong += [f"run {found.runs}: {line}" for line in _run(settings, reference, trouble)]
    return found


def _run(settings: Settings, reference: Contents, trouble: Trouble) -> list[str]:
    runtime = open_runtime(settings)
    worker = WorkerProcess(settings)
    try:
        wrong = _moved(runtime, reference, trouble)
        return wrong + ([] if worker.process.poll() is None else [f"the worker ended: {worker.process.returncode}"])
    finally:
        worker.kill_all()
        runtime.close()


def _moved(runtime: Runtime, reference: Contents, trouble: Trouble) -> list[str]:
    export, manifest = planted()
    migration_id = arrive(runtime)
    hand_over(runtime, migration_id, export)
    trouble.begin()
    ceiling = Ceiling(LONGEST)
    while (at := _at(runtime, migration_id)) is not State.FINALISED:
        if ceiling.is_over or (at is not None and at.value.endswith("_failed")):
            return [f"the move stands still: {at}"]
        if at in WAITING:
            with suppress(sa.exc.OperationalError):
                decide(runtime, migration_id)
        elif at is not None:
            trouble.make()
        ceiling.pause()
    trouble.found.longest = max(trouble.found.longest, time.monotonic() - trouble.last)
    left = Left(runtime, manifest, reference)
    return [line for check in CHECKS for line in check(left)]


def _at(runtime: Runtime, migration_id: str) -> State | None:
    """The state of the move; None if the connection is closed, and the caller asks again."""
    try:
        return state(runtime, migration_id)
    except sa.exc.OperationalError:
        return None


def take(long: bool) -> Reached:
    times = 200 if long else 20
    try:
        found = taken_away(times)
    except pytest.skip.Exception as missing:
        return Reached("not taken", ok=False, why=(str(missing),))
    words = f"{found.done} times in {found.runs} moves, {len(found.wrong)} differences"
    words += f", live at most {found.longest:.0f} s after the last"
    return Reached(words, not found.wrong and found.done >= times, seed=SEED, why=tuple(found.wrong[:30]))


MEASURES = (Measure("PostgreSQL crashed and back, or ending every line", "20 times, 0 differences", take),)
