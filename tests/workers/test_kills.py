"""Workers that die at any moment do not change the result."""

import os
import random
import signal
from pathlib import Path

import pytest

from app.migration.states import FAILED, State
from app.worker.runtime import Runtime
from tests.harness.clinic import Clinic, clinic_files, clinic_in, runtime_in
from tests.harness.waiting import patience, take_time, until
from tests.worker import failing_on_request
from tests.workers.story import WorkerProcess, a_worker

pytestmark = pytest.mark.slow
FILES = clinic_files(500, 700)
KILLS = int(os.environ.get("KILLS", "4"))
SEED = int(os.environ.get("SEED", "7"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the same export when no worker dies."""
    with runtime_in(tmp_path_factory.mktemp("undisturbed")) as runtime:
        return clinic_in(runtime).tried(FILES).trial.digest


def test_workers_killed_at_random_moments_change_nothing(clinic: Clinic, undisturbed: str) -> None:
    chance = random.Random(SEED)
    settings = clinic.runtime.settings
    clinic.hand_over(FILES)
    kills = 0
    worker = WorkerProcess(settings)
    try:
        while clinic.state() is not State.REVIEWING:
            assert clinic.state() not in FAILED.values()
            if clinic.state() is State.MATCHING:
                clinic.start_trial()
            before = clinic.migration.last_sign_of_work
            take_time(chance.uniform(0.0, 1.0))
            if kills < KILLS and clinic.migration.last_sign_of_work != before:
                kills += 1
                victim = worker.child if chance.random() < 0.5 else None
                if victim is not None:
                    os.kill(victim, signal.SIGKILL)
                else:
                    worker.kill()
                    worker = WorkerProcess(settings)
    finally:
        worker.kill()
    assert kills > 0
    assert clinic.trial.balanced
    assert clinic.trial.digest == undisturbed


def test_several_workers_come_to_the_same_digest(clinic: Clinic, undisturbed: str) -> None:
    from app.commands.drive import Driver

    clinic.hand_over(FILES)
    clinic.drain()
    clinic.start_trial()
    with Driver(clinic.runtime, 4) as driver:
        assert driver.run(clinic.id, "Trial") is State.REVIEWING
    assert clinic.trial.digest == undisturbed
    assert clinic.trial.balanced


@pytest.mark.parametrize("name", ["Kills", "Hangs", "Exhausts"])
def test_a_row_that_kills_its_worker_is_quarantined_alone(runtime: Runtime, name: str) -> None:
    with failing_on_request.registered():
        clinic = clinic_in(runtime, source=failing_on_request.NAME)
        files = clinic_files(4, 2)
        clinic.hand_over({**files, "Patients.csv": files["Patients.csv"].replace("Lee3,", f"{name},")})
        clinic.drain()
        clinic.start_trial()
        with a_worker(
            runtime.settings.model_copy(update={"silence_seconds": patience(5), "part_attempts": 2}),
            "tests.workers.poisoned",
        ):
            until(lambda: clinic.state() is State.REVIEWING)
        patients = next(k for k in clinic.trial.kinds if k["kind"] == "patients")
        assert (patients["read"], patients["created"], patients["held"]) == (4, 3, 1)


def test_a_stopped_worker_releases_its_work_within_ten_seconds(clinic: Clinic, tmp_path: Path) -> None:
    clinic.hand_over(clinic_files(2000, 2000))
    with a_worker(clinic.runtime.settings) as worker:
        until(lambda: any(w.state == "leased" for w in clinic.work()))
        assert worker.stop() < 10
    assert [w for w in clinic.work() if w.state == "leased"] == []
    assert list((clinic.runtime.scratch.shared).glob("process-*")) == []
    clinic.drain()
    assert clinic.state() is State.MATCHING
