"""The same way with every process of the product: pages, a worker with its child, and limited processes for files."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.harness.free_ports import free_port
from tests.harness.product import OWN_PAGE
from tests.harness.ready_process import run_ready
from tests.harness.waiting import patience, until
from tests.toy_source.export import zipped
from tests.toy_source.journey import PACKAGE, TidewaterMove
from tests.workers.served import Served

SETTINGS = {
    "SOURCE_PACKAGES": PACKAGE,
    "LEASE_SECONDS": str(patience(5)),
    "HEARTBEAT_SECONDS": "1",
    "SWEEP_SECONDS": "0.5",
    "EMBEDDED_REDIS": "false",
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    product = Served(tmp_path / "var", free_port(), SETTINGS)
    try:
        product.until_ready()
        yield product
    finally:
        product.clear()


@pytest.mark.slow
def test_a_clinic_goes_the_whole_way_with_every_process(served: Served) -> None:
    with httpx.Client(base_url=served.url, headers=OWN_PAGE, timeout=patience(60)) as browser:
        move = TidewaterMove(browser, lambda expected: until(lambda: move.state_page() == expected))
        move.whole()
    assert served.running("workers.child"), "the child of the worker did the work"
    assert served.running("app.isolated.server"), "limited processes parsed what the pages show of files"


def command(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the product with these words and settings until it ends."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("BASE_URL", "DATABASE_URL")}
    return run_ready(*words, environment={**inherited, "ENVIRONMENT": "test", **settings}, seconds=120)


@pytest.mark.parametrize("process", [("app.cli", "serve", "--port", "0"), ("app.cli", "worker"), ("workers",)])
def test_no_process_starts_with_a_package_that_is_no_source(tmp_path: Path, process: tuple[str, ...]) -> None:
    ended = command(*process, VAR=str(tmp_path / "var"), SOURCE_PACKAGES="tests.atlantis")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    line = ended.stderr.strip().splitlines()[-1]
    assert line.startswith(
        "SOURCE_PACKAGES cannot be used: tests.atlantis.source cannot be imported (ModuleNotFoundError:"
    )


def test_a_command_refuses_a_package_that_is_no_source(tmp_path: Path) -> None:
    export = tmp_path / "export.zip"
    export.write_bytes(zipped())
    refused = command("app.cli", "read", str(export), "--json", "-", SOURCE_PACKAGES="tests.atlantis")
    assert refused.returncode == 2
    assert [problem["code"] for problem in json.loads(refused.stdout)["problems"]] == ["option_unusable"]
    assert "SOURCE_PACKAGES cannot be used: tests.atlantis.source cannot be imported" in refused.stderr
