"""The order of migrations: one that ends its child goes last. A lost database ends no worker."""

import os
import signal
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from app.settings import Settings
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import Drained
from tests.harness.clinic import clinic_files, clinic_in
from workers import child_process, supervisor
from workers.child_process import ChildProcess
from workers.supervisor import Supervisor


@dataclass
class FallingChild:
    """A child process that dies at one migration, and finds no work for the others."""

    falls_over: str
    taken: list[str] = field(default_factory=list)

    def drain(self, migration_id: str, seconds: float) -> Drained:
        self.taken.append(migration_id)
        return Drained(0, more=migration_id == self.falls_over)


def test_a_migration_that_ends_its_child_goes_behind_the_others(runtime: Runtime) -> None:
    large = clinic_in(runtime)
    large.hand_over(clinic_files(4, 2))
    small = clinic_in(runtime, workspace="wsp_small")
    small.hand_over(clinic_files(4, 2))
    worker = Supervisor(runtime.settings)
    worker.child = falling = FallingChild(large.id)  # type: ignore[assignment]  # a stand-in
    for _ in range(2):
        worker._take_next()
    assert falling.taken == [large.id, small.id]
    worker.runtime.close()


def test_a_worker_survives_the_death_of_its_child_without_a_ledger(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = clinic_in(runtime)
    ours = ChildProcess(runtime.settings, runtime.ledger, environment={"VAR": str(runtime.settings.var)})
    dead = ours._running()
    os.kill(dead.pid, signal.SIGKILL)
    dead.wait()

    def away(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception())

    monkeypatch.setattr(child_process, "expire_owner", away)
    ours.drain(clinic.id, 1.0)
    assert ours.pid not in (None, dead.pid)
    ours.stop()


def test_a_worker_that_starts_while_its_databases_are_away_waits_for_them(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bool] = []

    def away_once(settings: Settings) -> Runtime:
        tries.append(True)
        if len(tries) == 1:
            raise sa.exc.OperationalError("", {}, Exception())
        return open_runtime(settings)

    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of the tests' own process stay
    monkeypatch.setattr(supervisor, "open_runtime", away_once)
    monkeypatch.setattr(supervisor, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(Supervisor, "run", lambda self: self.runtime.close())
    supervisor.run_worker(runtime.settings)
    assert len(tries) == 2
