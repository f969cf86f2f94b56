"""Effects are reported one by one; a fault ends the process at its effect, only in a test."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db import Database
from app.settings import Environment
from app.side_effects import ENDED, Fault, fault_at, is_listening, listen, side_effect
from app.storage import LocalObjects, new_key

OPEN = (
    "from app.settings import Settings; from app.worker.runtime import open_runtime; open_runtime(Settings()).close()"
)


@pytest.fixture
def reported() -> Iterator[list[tuple[str, bool]]]:
    found: list[tuple[str, bool]] = []
    listen(lambda name, done: found.append((name, done)))
    yield found
    listen(None)


def names(reported: list[tuple[str, bool]]) -> list[str]:
    return [name for name, done in reported if done]


def test_changes_and_commits_are_reported_and_reads_are_not(reported: list[tuple[str, bool]], tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.sqlite")
    with database.connection() as connection:
        connection.execute(sa.text("CREATE TABLE a (b)"))
        connection.connection.driver_connection.executemany("INSERT INTO a VALUES (?)", [(1,), (2,)])  # type: ignore[union-attr]  # the driver's own
        assert connection.execute(sa.text("SELECT count(*) FROM a")).scalar_one() == 2
    assert names(reported) == ["sql", "sql", "sql.commit"]
    database.dispose()


def test_changes_to_files_are_reported(reported: list[tuple[str, bool]], tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path / "objects")
    with objects.writer("m/one", new_key()) as out:
        out.write(b"words")
    objects.delete("m/one")
    done = names(reported)
    assert done.index("file.open") < done.index("file.write") < done.index("file.sync") < done.index("file.rename")
    assert done[-2:] == ["file.remove", "folder.sync"]


def test_an_effect_that_fails_is_begun_and_not_done(reported: list[tuple[str, bool]]) -> None:
    with pytest.raises(sqlite3.OperationalError), side_effect("sql"):
        raise sqlite3.OperationalError
    assert reported == [("sql", False)]


@pytest.mark.parametrize(("after", "done"), [(False, ["one"]), (True, ["one", "two"])])
def test_a_fault_acts_before_or_after_its_effect(after: bool, done: list[str]) -> None:
    class Over(Exception):
        pass

    def act() -> None:
        raise Over

    made = []

    def work() -> None:
        for name in ("one", "two", "three"):
            with side_effect(name):
                made.append(name)

    listen(Fault(2, after=after, act=act))
    with pytest.raises(Over):
        work()
    listen(None)
    assert made == done
    assert not is_listening()


def test_an_invalid_place_is_refused() -> None:
    for place in ("", "x", "-1", "3++"):
        with pytest.raises(ValueError, match="FAULT_AT"):
            fault_at(place)


@pytest.mark.parametrize("environment", [Environment.TEST, Environment.DEVELOPMENT])
def test_fault_at_works_only_in_a_test(environment: Environment, tmp_path: Path) -> None:
    given = {"ENVIRONMENT": environment.value, "FAULT_AT": "3", "VAR": str(tmp_path), "EMBEDDED_REDIS": "false"}
    ended = subprocess.run([sys.executable, "-c", OPEN], env={**os.environ, **given}, check=False, capture_output=True)
    assert ended.returncode == (ENDED if environment is Environment.TEST else 0), ended.stderr[-500:]
