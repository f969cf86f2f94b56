"""Several processes may start at once on empty databases."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.figures.accounting import databases
from tests.harness.postgres import Server, postgres_server
from tests.harness.waiting import patience
from tests.workers.story import ROOT

pytestmark = pytest.mark.slow
PROCESSES = 8
ROUNDS = range(1)
START = """
import os, sys, traceback
from pathlib import Path
from alembic import command
from app.worker.runtime import open_runtime
from app.sandbox.demo import seed
from app.settings import Settings

def start():
    os.close(opens)
    os.read(gate, 1)
    runtime = open_runtime(Settings.model_validate(
        {"var": Path(var), "database_url": ledger, "caspen_database_url": caspen, **own}
    ))
    seed(runtime)
    runtime.close()

def status_of_start():
    try:
        start()
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

number, var, ledger, caspen = sys.argv[1:]
own = {"environment": "test", "redis_url": "", "embedded_redis": False}
gate, opens = os.pipe()
started = []
for _ in range(int(number)):
    process = os.fork()
    if process == 0:
        os._exit(status_of_start())
    started.append(process)
os.close(opens)
print(*(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in started))
"""
"""Imports the product once and forks the processes. Each waits at a gate, which opens when the last is forked."""


def started_at_once(var: Path, ledger: str = "", caspen: str = "") -> list[str]:
    """The error output of the processes, if one of them failed."""
    command = [sys.executable, "-c", START, str(PROCESSES), str(var), ledger, caspen]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience(180), check=False)
    if ended.stdout.split() == ["0"] * PROCESSES:
        return []
    return [f"{ended.stdout}{ended.stderr[-2000:]}"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from postgres_server()


@pytest.mark.parametrize("round_number", ROUNDS)
def test_eight_processes_start_at_once_on_empty_files(tmp_path: Path, round_number: int) -> None:
    assert started_at_once(tmp_path / f"var-{round_number}") == []


@pytest.mark.postgres
@pytest.mark.parametrize("round_number", ROUNDS)
def test_eight_processes_start_at_once_on_an_empty_server(tmp_path: Path, server: Server, round_number: int) -> None:
    with databases(server.url, round_number) as urls:
        failed = started_at_once(tmp_path / "var", urls["database_url"], urls["caspen_database_url"])
    assert failed == []
