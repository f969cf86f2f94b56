"""Tests of the waits of tests: the ceiling follows the setting, and a fixed wait is found in every form."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.fixed_waits import Module, fixed_waits
from tests.harness.waiting import MOST, SETTING, happens, patience, patience_for, until

FIXED = [
    "time.sleep(1)",
    "asyncio.sleep(seconds)",
    "sleep(0.1)",
    "page.wait_for_timeout(500)",
    "process.wait(5)",
    "process.wait(timeout=5)",
    "thread.join(LIMIT)",
    "thread.join(-LIMIT + 2 * patience(3))",
    "future.result(timeout=TWICE)",
    "future.result(IMPORTED)",
    "asyncio.wait_for(listen(), 20)",
    "drain(runtime, move, 60, turn)",
    "httpx.get(url, timeout=5)",
    "page.set_default_timeout(120_000)",
    "end = time.monotonic() + seconds",
    "settings(lease_seconds=1.5)",
    "settings = {'silence_seconds': 2.5}",
    "environment = {'LEASE_SECONDS': '1.5', 'ENVIRONMENT': 'test'}",
    "assert time.monotonic() - began < 2",
    "assert LIMIT > perf_counter() - began",
]
PATIENT = [
    "until(happened, 60)",
    "process.wait()",
    "process.wait(patience(5))",
    "process.wait(timeout=2 * SCALED)",
    "words.join(parts)",
    "drain(runtime, move, 0.01, turn)",
    "moment = START + self.monotonic() if early else 0",
    "process.wait(timeout=SCALED / 4)",
    "future.result(seconds)",
    "httpx.get(url, timeout=patience(5))",
    "page.set_default_timeout(patience_ms(120))",
    "drain(runtime, move, patience(60), turn)",
    "while not over.wait(0.1): sample()",
    "took = time.monotonic() - began",
    "settings(lease_seconds=patience(1.5), sweep_seconds=0.5)",
    "environment = {'LEASE_SECONDS': str(patience(1.5))}",
    "environment = {'LEASE_SECONDS': 'soon'}",
    "assert time.monotonic() - began < patience(2)",
    "assert time.process_time() - began < 2",
]


def lines_with_fixed_waits(tmp_path: Path, code: str) -> list[int]:
    (tmp_path / "other.py").write_text("IMPORTED = 5\n")
    head = "from other import IMPORTED\nLIMIT: float = 60.0\nTWICE = 2 * LIMIT\nSCALED = patience(5)\n"
    (tmp_path / "story.py").write_text(head + code + "\n")
    modules = {name: Module.of(tmp_path / f"{name}.py") for name in ("other", "story")}
    return [line for name, line, _ in fixed_waits(modules) if name == "story"]


@pytest.mark.parametrize("code", FIXED)
def test_a_fixed_wait_is_found(tmp_path: Path, code: str) -> None:
    assert lines_with_fixed_waits(tmp_path, code) == [5]


@pytest.mark.parametrize("code", PATIENT)
def test_a_wait_that_follows_the_setting_is_accepted(tmp_path: Path, code: str) -> None:
    assert lines_with_fixed_waits(tmp_path, code) == []


@pytest.mark.parametrize(("setting", "seconds"), [("", 10), ("3", 30), ("0.5", 5)])
def test_one_setting_scales_every_ceiling(setting: str, seconds: float) -> None:
    program = "from tests.harness.waiting import patience, patience_ms; print(patience(10), patience_ms(10))"
    printed = subprocess.run(
        [sys.executable, "-c", program], env={SETTING: setting}, check=True, capture_output=True, text=True
    ).stdout
    assert [float(number) for number in printed.split()] == [seconds, seconds * 1000]


@pytest.mark.parametrize(("load", "factor"), [(0.2, 1), (2, 1), (7, 3.5), (300, MOST)])
def test_a_busy_machine_gets_more_patience_without_the_setting(load: float, factor: float) -> None:
    assert patience_for(load, processors=2) == factor


def test_the_ceiling_of_a_test_follows_the_setting(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getoption("timeout") == patience(float(pytestconfig.getini("timeout")))


def test_a_wait_returns_the_value_of_its_event() -> None:
    values = iter([None, 0, "", "arrived"])
    assert until(lambda: next(values), poll=0.001) == "arrived"


def test_a_wait_for_what_does_not_happen_ends_and_names_the_setting() -> None:
    with pytest.raises(AssertionError, match=SETTING):
        until(lambda: False, 0.01, poll=0.001)
    assert not happens(lambda: False, 0.01, poll=0.001)
