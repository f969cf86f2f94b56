"""Tests of the runner of tests: it says what failed as it happens, and leaves no process, however it ends."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.chosen_variants import TURN, VARIED
from tests.harness.descendants import descendants
from tests.harness.waiting import patience, until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
STORY = """
import os, subprocess, sys, tempfile, time
import pytest

SERVER = "import time; time.sleep(3600)"

def start(**more):
    return subprocess.Popen([sys.executable, "-c", SERVER], **more)

def test_that_fails():
    assert 1 == 2, "one is not two"

def test_that_passes():
    assert True

@pytest.mark.skip(reason="needs a machine of its own")
def test_that_is_skipped():
    pass

def test_that_leaves_a_process():
    start(start_new_session=True)

@pytest.mark.skipif("HANGS" not in os.environ, reason="nothing hangs")
def test_that_hangs():
    start()
    start(start_new_session=True)
    if os.fork() == 0:  # a server that leaves its parent, as PostgreSQL does
        os.setsid()
        server = start()
        print(server.pid, tempfile.gettempdir(), file=open(os.environ["READY"], "w"), flush=True)
        os._exit(0)
    time.sleep(3600)
"""


def marked(mark: Path) -> list[int]:
    """The running processes that inherited the mark."""
    word, running = f"READY={mark}".encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if word in (place / "environ").read_bytes().split(b"\0"):
                running.append(int(place.name))
        except OSError:
            continue
    return running


@dataclass
class Run:
    """A run of the story. `shell` stands for make: it starts the runner, and waits for it."""

    folder: Path
    shell: "subprocess.Popen[bytes]"

    @property
    def output(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def ready(self) -> Path:
        return self.folder / "ready"

    @property
    def runner(self) -> int:
        return descendants(self.shell.pid)[0]

    @property
    def guardian(self) -> int:
        return descendants(self.runner)[0]

    def until_it_hangs(self) -> Path:
        """Waits until the story hangs, and its failure is printed. Returns its folder for temporary files."""
        until(lambda: self.ready.exists() and self.ready.read_text().endswith("\n"))
        until(lambda: "one is not two" in self.output)
        return Path(self.ready.read_text().split()[1])


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*chosen: str, **more: str) -> Run:
        (tmp_path / "test_story.py").write_text(STORY)
        words = [
            sys.executable,
            "-m",
            "tests.harness.run",
            "-p",
            "no:cacheprovider",
            "-c",
            str(ROOT / "pyproject.toml"),
        ]
        words += chosen or ["-p", "tests.conftest", str(tmp_path / "test_story.py")]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CI"))}
        environment |= {"PYTHONPATH": str(ROOT), "READY": str(tmp_path / "ready"), "TEST_WORKERS": "2"}
        environment |= {"COLUMNS": "200", **more}
        with (tmp_path / "log").open("wb") as log:
            shell = subprocess.Popen(
                ["sh", "-c", " ".join(words) + "; exit $?"],
                cwd=tmp_path,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        runs.append(Run(tmp_path, shell))
        return runs[-1]

    yield start
    for run in runs:
        for pid in marked(run.ready):
            os.kill(pid, signal.SIGKILL)
        run.shell.wait()


ENDS: dict[str, Callable[[Run], None]] = {
    "Ctrl-C": lambda run: os.kill(run.runner, signal.SIGINT),
    "SIGTERM": lambda run: os.kill(run.runner, signal.SIGTERM),
    "kill -9 of make": lambda run: run.shell.kill(),
    "kill -9 of the runner": lambda run: os.kill(run.runner, signal.SIGKILL),
    "kill -9 of the guardian": lambda run: os.kill(run.guardian, signal.SIGKILL),
}
NAMES_FAILURES_AGAIN = {"Ctrl-C", "SIGTERM", "kill -9 of make", "kill -9 of the runner"}


@pytest.mark.parametrize("end", ENDS)
def test_an_interrupted_run_has_named_its_failures_and_leaves_no_process(begin: Callable[..., Run], end: str) -> None:
    run = begin(HANGS="yes")
    folder = run.until_it_hangs()
    assert len(marked(run.ready)) > 6, "the runner, its guardian, pytest, two processes of tests and three servers"
    ENDS[end](run)
    until(lambda: not marked(run.ready))
    until(lambda: not folder.exists())
    assert run.shell.wait(patience(60)) != 0
    assert "FAILED in its call: " in run.output
    if end in NAMES_FAILURES_AGAIN:
        assert re.search(r"^FAILED \S*::test_that_fails - AssertionError", run.output, re.M)
        assert "1 failed, " in run.output


def test_a_whole_run_names_failures_slow_tests_folders_and_what_was_left(begin: Callable[..., Run]) -> None:
    run = begin()
    assert run.shell.wait(patience(120)) == 1
    until(lambda: not marked(run.ready))
    assert "FAILED in its call: " in run.output
    assert "slowest 20 durations" in run.output
    assert "Seconds of CPU and of the clock by folder:" in run.output
    assert "2 tests could not run here:\n" in run.output
    for reason in ("needs a machine of its own", "nothing hangs"):  # in either order: two processes ran them
        assert re.search(rf"^  \S*: {reason}$", run.output, re.M)
    assert re.search(r"These processes were left, and were ended:\n.*time.sleep\(3600\)", run.output)


def test_a_skipped_test_fails_a_run_in_ci(begin: Callable[..., Run]) -> None:
    run = begin(CI="true", PYTEST_ADDOPTS="--deselect=test_story.py::test_that_fails")
    assert run.shell.wait(patience(120)) == 1
    assert "tests could not run here" in run.output


def test_a_run_says_how_many_of_the_costliest_variants_it_chose(begin: Callable[..., Run]) -> None:
    varied = "tests/web/test_malformed_headers.py"
    assert varied in VARIED
    run = begin(str(ROOT / varied), "-k", "nothing")
    assert run.shell.wait(patience(120)) == pytest.ExitCode.NO_TESTS_COLLECTED
    chosen = re.search(r"^Of the variants that cost most, (\d+) of (\d+) ran", run.output, re.M)
    assert chosen is not None, run.output
    assert 0 < int(chosen[1]) < int(chosen[2])


def test_a_run_inside_of_a_test_changes_no_file_of_the_outer_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/web/test_malformed_headers.py"]
    subprocess.run([*words, "-k", "nothing"], cwd=ROOT, env={**os.environ, TURN: "0"}, capture_output=True)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_every_file_whose_variants_take_turns_exists() -> None:
    assert [name for name in sorted(VARIED) if not (ROOT / name).is_file()] == []
