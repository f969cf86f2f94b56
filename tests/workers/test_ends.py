"""When `serve`, a worker or a command ends in any way, every process that it started ends too."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.commands.drive import environment_of
from app.commands.serve import PAGES_STOP_SECONDS
from app.lifetime import NOT_FOUND, start_dependent
from tests.harness.clinic import clinic_files, clinic_in, runtime_in, settings_in
from tests.harness.free_ports import free_port
from tests.harness.product import MEGAN, OWN_PAGE
from tests.harness.waiting import patience, until
from tests.workers.served import ENDS, Served, processes_of
from tests.workers.story import ROOT, a_worker

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("hang_ups_are_heard")]


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, because a socket's path may have about a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="c-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.redis
@pytest.mark.parametrize("end", ENDS)
def test_no_process_outlives_serve(tmp_path: Path, short: Path, end: str) -> None:
    served = Served(tmp_path / "var", free_port(), {"TMPDIR": str(short)})
    try:
        served.until_ready()
        assert len(served.running("redis-server")) >= 1

        ENDS[end](served)

        assert served.until_gone() == {}
        assert served.process.returncode == (-signal.SIGKILL if end == "SIGKILL" else 0)
        assert not list(short.glob("caspen-redis-*"))
    finally:
        served.clear()


@pytest.mark.parametrize("end", [end for end in ENDS if end != "SIGKILL"])
def test_pages_that_watch_a_move_do_not_delay_the_end(tmp_path: Path, end: str) -> None:
    with runtime_in(tmp_path / "var") as runtime:
        clinic = clinic_in(runtime)
        clinic.hand_over(clinic_files(2, 2))
        served = Served(runtime.settings.var, free_port(), None, "--web-only")
        try:
            served.until_ready(pages_only=True)
            with httpx.Client(base_url=served.url, timeout=patience(30)) as megan:
                entered = megan.post("/signin", data={"email": MEGAN, "act": "enter"}, headers=OWN_PAGE)
                assert entered.status_code == 303
                with megan.stream("GET", f"/m/{clinic.id}/progress/events") as numbers:
                    assert next(numbers.iter_lines())
                    began = time.monotonic()
                    ENDS[end](served)
                    assert served.until_gone() == {}
                    assert time.monotonic() - began < patience(PAGES_STOP_SECONDS)
            assert "Traceback" not in served.log.read_text()
        finally:
            served.clear()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_child_ends_with_its_worker(tmp_path: Path, number: int) -> None:
    with runtime_in(tmp_path / "var") as runtime, a_worker(runtime.settings) as worker:
        clinic_in(runtime).hand_over(clinic_files(1200, 1800))
        until(lambda: worker.child is not None)

        worker.process.send_signal(number)
        worker.process.wait()

        until(lambda: not processes_of(runtime.settings.var))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_workers_of_a_trial_command_end_with_the_command(tmp_path: Path, number: int) -> None:
    sample, keep = tmp_path / "sample.zip", tmp_path / "kept"
    command = [sys.executable, "-m", "app.cli"]
    subprocess.run([*command, "sample", str(sample), "--size", "small"], cwd=ROOT, check=True, capture_output=True)
    trial = subprocess.Popen(
        [*command, "trial", str(sample), "--workers", "2", "--keep", str(keep)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: len(processes_of(keep)) > 0 or trial.poll() is not None)
    assert trial.poll() is None

    trial.send_signal(number)
    trial.wait()

    until(lambda: not processes_of(keep))


def test_an_unknown_command_exits_with_127() -> None:
    assert start_dependent(["no-such-command"]).wait(timeout=patience(60)) == NOT_FOUND


STARTER = """
import os, sys, threading
from app.lifetime import start_dependent
ignoring = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
kept = []
def start():
    kept.append(start_dependent([sys.executable, "-c", ignoring], stdout=None, grace=0.5))
thread = threading.Thread(target=start)
thread.start()
thread.join()
sys.stdin.readline()
"""


def test_a_process_outlives_its_starting_thread_but_not_the_starter(tmp_path: Path) -> None:
    environment = {**os.environ, **environment_of(settings_in(tmp_path))}
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"deaf\n"
    assert len(processes_of(tmp_path)) == 3, "the starter, what it started, and the guardian"

    starter.kill()
    starter.wait()

    until(lambda: not processes_of(tmp_path))
    starter.communicate()
