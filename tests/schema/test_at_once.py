"""Several processes may start at once on empty databases."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.figures.accounting import databases
from tests.postgres import Server, postgres_server
from tests.workers.story import ROOT

pytestmark = pytest.mark.slow
PROCESSES = 8
ROUNDS = range(1)
START = """
import sys
from pathlib import Path
from app.worker.runtime import open_runtime
from app.sandbox.demo import seed
from app.settings import Settings
print("loaded", flush=True)
sys.stdin.readline()
var, ledger, caspen = sys.argv[1:]
own = {"environment": "test", "redis_url": "", "embedded_redis": False}
runtime = open_runtime(Settings.model_validate(
    {"var": Path(var), "database_url": ledger, "caspen_database_url": caspen, **own}
))
seed(runtime)
runtime.close()
"""


def started_at_once(var: Path, ledger: str = "", caspen: str = "") -> list[str]:
    """The last error output of the processes that failed. Each process waits until all have imported the product."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(var), ledger, caspen],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("start\n")
        process.stdin.flush()
    ended = [(process.communicate(timeout=180)[1], process.returncode) for process in processes]
    return [words[-400:] for words, status in ended if status]


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
