"""One clinic's move in a private folder, with real worker processes that may be killed at any moment.

The export is read once; each story copies the folder as it was when the trial began, so that all begin alike.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlmodel import select

from app.caspen.gateway import create_workspace
from app.commands.drive import Driver, environment_of
from app.db import now
from app.fetch.hand_over import hand_over_files
from app.migration.advance import By
from app.migration.begin import begin
from app.migration.both_lists import acknowledge_lists
from app.migration.exports import Handed
from app.migration.models import Migration, Trial
from app.migration.plans import plan_of, save_plan
from app.migration.states import Actor, State
from app.migration.trials import approve, current_trial, start_trial
from app.settings import Environment, Settings
from app.sources import SOURCES
from app.worker.runtime import Runtime, open_runtime
from tests.harness.waiting import patience, until
from tests.workers.story import kill_with_child

MEGAN = By("Megan Doyle", Actor.CLINIC)
WORKSPACE = "wsp_harbour"
TENTH = {"lease_seconds": 1.5, "heartbeat_seconds": 0.5, "sweep_seconds": 0.5}
REAL = {"lease_seconds": 15.0, "heartbeat_seconds": 5.0, "sweep_seconds": 5.0}
LONGEST = 300.0


def settings_in(folder: Path, times: dict[str, float], redis_url: str = "") -> Settings:
    given: dict[str, object] = {
        "environment": Environment.TEST,
        "var": folder.resolve(),
        "database_url": f"sqlite:///{folder.resolve()}/ledger.sqlite",
        "caspen_database_url": f"sqlite:///{folder.resolve()}/caspen/live.sqlite",
        "redis_url": redis_url,
        "embedded_redis": False,
        "smtp_url": "",
        **times,
    }
    return Settings(_env_file=None, **given)  # type: ignore[arg-type, call-arg]  # by name


def begin_trial(folder: Path, export: Path) -> None:
    """Brings a new clinic's export to the moment at which its trial begins, with no worker at work."""
    runtime = open_runtime(settings_in(folder, REAL))
    try:
        create_workspace(runtime.caspen, WORKSPACE, "Harbour Street Physiotherapy")
        with runtime.ledger.write() as session:
            migration = begin(
                session,
                workspace_id=WORKSPACE,
                clinic="Harbour Street Physiotherapy",
                source=next(iter(SOURCES)),
                wrapped_key=runtime.new_wrapped_key(),
                by=MEGAN,
                timezone="Australia/Sydney",
                country="AU",
            )
            acknowledge_lists(session, migration, MEGAN)
        with export.open("rb") as stream:
            hand_over_files(runtime, migration, [Handed(export.name, stream)], by=MEGAN, name=export.name)
        with Driver(runtime) as driver:
            state = driver.run(migration.id, "Reading")
        if state is not State.MATCHING:
            raise RuntimeError(f"the export was not read: {state}")
        with runtime.ledger.write() as session:
            plan = plan_of(session.get_one(Migration, migration.id))
            save_plan(session, migration.id, plan, MEGAN, confirmed=True)
            start_trial(session, migration.id, MEGAN, lambda *_: None)
    finally:
        runtime.close()


@dataclass
class Yard:
    """A copy of the move, opened, and its workers."""

    runtime: Runtime
    migration_id: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> None:
        environment = {**os.environ, **environment_of(self.runtime.settings)}
        log = (self.runtime.settings.var / "worker.log").open("ab")
        with log:
            started = subprocess.Popen(
                [sys.executable, "-m", "workers"], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.workers.append(started)

    def kill_worker(self) -> datetime:
        """Sends kill -9 to a worker and its child at once, as when a machine fails, and starts another worker.

        Returns the time of the kill.
        """
        gone = self.workers.pop(0)
        kill_with_child(gone.pid)
        gone.wait()
        moment = now()
        self.start_worker()
        return moment

    def stop(self) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(timeout=patience(20))
            except subprocess.TimeoutExpired:
                kill_with_child(worker.pid)
                worker.wait()
        self.runtime.close()

    def move(self) -> Migration:
        with self.runtime.ledger.read() as session:
            return session.get_one(Migration, self.migration_id)

    def state(self) -> State:
        return State(self.move().state)

    def trial(self) -> Trial:
        with self.runtime.ledger.read() as session:
            found = current_trial(session, session.get_one(Migration, self.migration_id))
        assert found is not None
        return found

    def approve(self) -> None:
        """Raises if the trial does not balance, and names the differences."""
        tried = self.trial()
        if not tried.balanced:
            off = [kind for kind in tried.kinds if kind["source_digest"] != kind["caspen_digest"]]
            raise RuntimeError(f"the trial does not balance: {off or tried.kinds}")
        with self.runtime.write() as session:
            approve(session, self.migration_id, tried.digest, MEGAN, lambda *_: None)

    def wait_until(self, *states: State) -> State:
        """Raises if the move stops in another state, or takes too long."""

        def reached() -> State | None:
            state = self.state()
            if state not in states and state.value.endswith("_failed"):
                raise RuntimeError(f"the move is {state}: {self.move().problem}")
            return state if state in states else None

        state = until(reached, LONGEST)
        assert state is not None
        return state

    def resumed_after(self, moment: datetime) -> float:
        """Seconds from a moment to the next progress in the ledger."""

        def next_sign() -> datetime | None:
            move = self.move()
            newest = max((at for at in (move.last_sign_of_work, move.since) if at is not None), default=None)
            return newest if newest is not None and newest > moment else None

        sign = until(next_sign, LONGEST)
        assert sign is not None
        return (sign - moment).total_seconds()


@contextmanager
def copy_of(begun: Path, to: Path, times: dict[str, float], redis_url: str = "") -> Iterator[Yard]:
    """A copy of a move whose trial has just begun, until the block ends."""
    shutil.copytree(begun, to)
    runtime = open_runtime(settings_in(to, times, redis_url))
    with runtime.ledger.read() as session:
        migration_id = session.exec(select(Migration.id)).one()
    yard = Yard(runtime, migration_id)
    try:
        yield yard
    finally:
        yard.stop()
        shutil.rmtree(to, ignore_errors=True)
