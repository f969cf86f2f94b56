"""A start without free disk space ends with one line, at every step, before any address is announced."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import psycopg
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from app.cli import app
from app.commands import serve
from app.settings import settings as configured

STEPS = ("app.worker.runtime.open_runtime", "app.commands.serve.start_redis", "app.main.open_runtime", "app.main.seed")
FAULTS: dict[str, Exception] = {
    "a file": OSError(errno.ENOSPC, "No space left on device", "x"),
    "a quota": OSError(errno.EDQUOT, "Disk quota exceeded", "x"),
    "SQLite": sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
    "PostgreSQL": sa.exc.OperationalError("INSERT", {}, psycopg.errors.DiskFull("No space left on device")),
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """VAR of a new installation. The environment is restored afterwards."""
    own = {"VAR": str(tmp_path / "var"), "ENVIRONMENT": "test", "EMBEDDED_REDIS": "false", "REDIS_URL": ""}
    with mock.patch.dict(os.environ, own):
        configured.cache_clear()
        yield tmp_path / "var"
    configured.cache_clear()


@pytest.mark.parametrize("way", [[], ["--web-only"]], ids=["all", "pages"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("place")
def test_a_full_disk_is_one_line_and_status_2(step: str, fault: str, way: list[str]) -> None:
    if way and step == "app.commands.serve.start_redis":
        way = []  # the pages alone start no Redis
    with mock.patch(step, side_effect=FAULTS[fault]), mock.patch.object(serve.LocalProcesses, "start") as worker:
        ended = CliRunner().invoke(app, ["serve", "--port", "0", *way])
    assert ended.exit_code == 2
    lines = [line for line in ended.output.splitlines() if "faults in reading zips" not in line]
    assert lines == ["There is no room left on the disk that holds the databases: make room (VAR, DATABASE_URL)."]
    worker.assert_not_called()
