"""Processes that cannot start: a command ends with a message; a worker and `serve` retry after growing pauses."""

import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands import drive, serve
from app.commands.serve import LocalProcesses
from app.lifetime import FIRST_SECONDS, LONGEST_SECONDS, Starts
from app.worker.runtime import Runtime
from tests.harness.clinic import clinic_files, clinic_in
from tests.workers.unborn import WAYS
from workers import child_process
from workers.child_process import ChildGone, ChildProcess, processor_seconds

MODULE = "tests.workers.unborn"
P = {"code", "level", "kind", "file", "line", "source_id", "column", "count"}


def _ends(way: str) -> Callable[[pytest.MonkeyPatch], None]:
    def make(patch: pytest.MonkeyPatch) -> None:
        patch.setenv("WAY", way)
        patch.setattr(drive, "ChildProcess", partial(ChildProcess, module=MODULE))

    return make


def _no_module(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drive, "ChildProcess", partial(ChildProcess, module="workers.no_such_child"))


def _no_program(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys, "executable", "/no/such/python")


def _no_process(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError

    patch.setattr(child_process, "start_dependent", refuse)


def _fault_of_ours(patch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    patch.setattr(ChildProcess, "drain", broken)


HINDRANCES = {
    **{way: _ends(way) for way in WAYS},
    "its module is missing": _no_module,
    "its program is missing": _no_program,
    "the machine gives no process": _no_process,
}


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, text in clinic_files(4, 4).items():
        (folder / name).write_text(text)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return folder


@pytest.mark.parametrize("name", HINDRANCES)
def test_a_command_whose_child_cannot_start_ends_with_a_message(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    HINDRANCES[name](monkeypatch)
    answer = tmp_path / "a.json"
    ended = CliRunner().invoke(app, ["trial", str(export), "--workers", "2", "--json", str(answer)])
    assert ended.exit_code == 2
    content = json.loads(answer.read_text())
    assert [(problem["code"], problem["level"]) for problem in content["problems"]] == [("worker_not_started", "stops")]
    assert all(set(problem) == P for problem in content["problems"])
    assert {"kinds", "balanced", "seconds", "peak_rss_mb", "export", "inventory", "references"} <= set(content)
    assert "could not start" in " ".join(ended.stdout.split())
    assert list((tmp_path / "temporary").iterdir()) == []


def test_read_ends_with_the_same_message_as_trial(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _no_process(monkeypatch)
    answer = tmp_path / "a.json"
    assert CliRunner().invoke(app, ["read", str(export), "--json", str(answer)]).exit_code == 2
    content = json.loads(answer.read_text())
    assert set(content) == {"export", "inventory", "references", "problems"}
    assert [problem["code"] for problem in content["problems"]] == ["worker_not_started"]


def test_a_fault_in_the_thread_that_gives_orders_ends_the_command(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fault_of_ours(monkeypatch)
    ended = CliRunner().invoke(app, ["read", str(export), "--json", "-"])
    assert ended.exit_code == 2
    assert [problem["code"] for problem in json.loads(ended.stdout)["problems"]] == ["command_failed"]


def test_a_worker_waits_longer_before_each_child_that_cannot_start(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = clinic_in(runtime)
    ours = ChildProcess(runtime.settings, runtime.ledger)
    waits: list[float] = []
    monkeypatch.setattr(ours._ending, "wait", lambda seconds: waits.append(seconds))
    _no_process(monkeypatch)
    for _ in range(4):
        assert ours.drain(clinic.id, 1.0).pieces == 0
    assert waits[0] == 0
    assert waits[1:] == sorted(waits[1:])
    assert waits[3] > FIRST_SECONDS * 3


def test_a_child_that_answered_counts_as_alive(runtime: Runtime) -> None:
    clinic = clinic_in(runtime)
    ours = ChildProcess(runtime.settings, runtime.ledger, drive.environment_of(runtime.settings))
    ours.starts.fail()
    ours.drain(clinic.id, 1.0)
    assert ours.starts.failed == 0
    assert ours._process is not None
    ours._process.kill()
    ours._process.wait()
    ours.drain(clinic.id, 1.0)
    assert ours.starts.failed == 0
    ours.stop()


@pytest.mark.parametrize(("silence", "failed"), [(120.0, 0), (0.001, 1)])
def test_a_child_that_starts_slowly_has_as_long_as_a_silent_one(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, silence: float, failed: int
) -> None:
    monkeypatch.setattr(child_process, "START_SECONDS", 0.001)
    clinic = clinic_in(runtime)
    settings = runtime.settings.model_copy(update={"silence_seconds": silence})
    ours = ChildProcess(settings, runtime.ledger, drive.environment_of(settings))
    ours.drain(clinic.id, 1.0)
    assert ours.starts.failed == failed
    ours.stop()


@pytest.mark.parametrize(
    ("used", "starts"),
    [
        (itertools.count(1), True),
        (itertools.repeat(1), False),
        (itertools.count(10_000_000), False),
    ],
    ids=["it works", "it does nothing", "it works far too much"],
)
def test_a_start_that_is_only_slow_is_no_failure(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, used: Iterator[int], starts: bool
) -> None:
    monkeypatch.setattr(child_process, "START_SECONDS", 0.001)
    monkeypatch.setattr(child_process, "processor_seconds", lambda _: next(used) / 1_000_000_000)
    settings = runtime.settings.model_copy(update={"silence_seconds": 0.001})
    ours = ChildProcess(settings, runtime.ledger, drive.environment_of(settings))
    with nullcontext() if starts else pytest.raises(ChildGone):
        assert ours._running().poll() is None
    ours.stop()


def test_work_of_a_process_uses_processor_time() -> None:
    before = processor_seconds(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert processor_seconds(os.getpid()) > before
    assert processor_seconds(2**30) == 0


def test_the_pauses_double_up_to_half_a_minute() -> None:
    starts = Starts()
    assert (starts.pause, starts.left) == (0, 0)
    assert [starts.fail() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert 0 < starts.left <= LONGEST_SECONDS
    starts.succeed()
    assert starts.left == 0


def test_serve_restarts_a_failing_worker_after_growing_pauses_and_logs_it(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[object] = []

    def refuse(*_: object, **__: object) -> None:
        tries.append(None)
        raise BlockingIOError

    monkeypatch.setattr(serve, "start_dependent", refuse)
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    household = LocalProcesses(runtime.settings, None)
    household._start_worker()
    for _ in range(120):
        clock[0] += 1
        household._keep_worker()
    assert 6 < len(tries) < 12, "two minutes of a machine that gives no process"
    assert serve.NO_WORKER in capsys.readouterr().out


def test_serve_restarts_a_worker_that_has_lived_without_a_pause(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended:
        returncode = -9

        def poll(self) -> int:
            return self.returncode

    started: list[Ended] = []

    def start(*_: object, **__: object) -> Ended:
        started.append(Ended())
        return started[-1]

    monkeypatch.setattr(serve, "start_dependent", start)
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    household = LocalProcesses(runtime.settings, None)
    household._start_worker()
    clock[0] += serve.LIVED_SECONDS
    household._keep_worker()
    assert len(started) == 2
    household._keep_worker()
    assert (len(started), household.starts.failed) == (2, 1)
