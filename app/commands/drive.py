"""Runs a private engine's work in limited child processes, until the migration rests or no child can start."""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlmodel import col, select

from app.db import now
from app.errors import Stop
from app.migration.models import Migration, Work
from app.migration.states import State
from app.problems import Problem, catalogue
from app.settings import Settings
from app.worker.leases import READY
from app.worker.memory import peak_mb
from app.worker.runtime import Runtime
from app.worker.stages import STAGES
from app.worker.work_progress import progress
from workers.child_process import ChildProcess

TURN_SECONDS = 2.0
STARTS = 3
"""How many children in a row may end before they have any work."""
SHORTEST_REST, LONGEST_REST = 0.05, 1.0


class WaitedEnough(Exception):
    """A temporary problem has not passed in the allowed time."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Driver:
    """Runs work in `workers` child processes that live until the driver is left. This process itself parses no export.

    `wait` is the total time to wait for temporary problems, in seconds. `peak_mb` is the most memory of any process.
    """

    def __init__(self, runtime: Runtime, workers: int = 1, wait: float = 30.0) -> None:
        self.runtime = runtime
        self.peak_mb = 0.0
        self._wait_left = wait
        settings = runtime.settings
        self._children = [ChildProcess(settings, runtime.ledger, environment_of(settings)) for _ in range(workers)]

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.stop()

    def run(self, migration_id: str, label: str) -> State:
        """Works until the migration rests, and returns its state. Raises WaitedEnough, and Stop when no child can
        start."""
        with _shown(self.runtime, migration_id, label):
            if self._state(migration_id) is State.TRIALLING:
                self._work(migration_id, self._children)
            else:
                self._work(migration_id, self._children[:1])  # only a trial has several pieces at a time
        self.peak_mb = max(self.peak_mb, peak_mb(), *(child.peak_mb for child in self._children))
        return self._state(migration_id)

    def _work(self, migration_id: str, children: Sequence[ChildProcess]) -> None:
        over = threading.Event()
        faults: list[Exception] = []

        def work(child: ChildProcess) -> None:
            try:
                turns(child)
            except Exception as fault:  # raised in the main thread, which would wait forever otherwise
                faults.append(fault)

        def turns(child: ChildProcess) -> None:
            rest = SHORTEST_REST
            while not over.is_set() and child.starts.failed < STARTS:
                did = child.drain(migration_id, TURN_SECONDS).pieces
                rest = SHORTEST_REST if did else min(rest * 2, LONGEST_REST)
                if not did:
                    over.wait(rest)

        threads = [threading.Thread(target=work, args=(child,)) for child in children]
        for thread in threads:
            thread.start()
        try:
            while self._state(migration_id) in STAGES:
                if faults:
                    raise faults[0]
                if not any(thread.is_alive() for thread in threads):
                    raise Stop(Problem("worker_not_started"))
                self._pause(migration_id)
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _pause(self, migration_id: str) -> None:
        """A short pause. Pauses count against `wait` while the work waits for a temporary problem."""
        code, until = self._waits(migration_id)
        rest = 0.05
        if code is not None and code in catalogue() and until is not None:
            rest = min(max((until - now()).total_seconds(), 0.05), 1.0)
            self._wait_left -= rest
            if self._wait_left <= 0 or (until - now()).total_seconds() > self._wait_left + 1:
                raise WaitedEnough(code)
        time.sleep(rest)

    def _waits(self, migration_id: str) -> tuple[str | None, datetime | None]:
        with self.runtime.ledger.read() as session:
            waiting = session.exec(
                select(Work.last_problem, Work.not_before).where(
                    Work.migration_id == migration_id, Work.state == READY, col(Work.not_before) > now()
                )
            ).first()
        return waiting if waiting else (None, None)

    def _state(self, migration_id: str) -> State:
        with self.runtime.ledger.read() as session:
            return State(session.get_one(Migration, migration_id).state)


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as environment variables for a child."""
    return {name.upper(): str(value) for name, value in settings.model_dump(mode="json").items()}


@contextmanager
def _shown(runtime: Runtime, migration_id: str, label: str) -> Iterator[None]:
    """Shows a progress bar on a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        over = threading.Event()

        def update() -> None:
            while not over.wait(0.5):
                with runtime.ledger.read() as session:
                    snapshot = progress(session, session.get_one(Migration, migration_id))
                description = f"{label}: {snapshot.phase or snapshot.state}"
                bar.update(task, completed=snapshot.share, description=description)

        thread = threading.Thread(target=update, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
