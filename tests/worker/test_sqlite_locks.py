"""SQLite's locks belong to a process and end when it closes any handle of the file: only SQLite opens a database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db import Database
from tests.conftest import At
from tests.harness.clinic import clinic_files, clinic_in, runtime_in
from tests.harness.product import MEGAN

OPENED: list[str] = []
_listening: list[bool] = []
READ_AND_LEAVE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT sum(number) FROM told").fetchone()[0])
connection.close()
"""


def _note(event: str, given: tuple[object, ...]) -> None:
    if _listening and event == "open" and isinstance(given[0], str | bytes):
        path = os.fsdecode(given[0])
        if path.endswith((".sqlite", ".sqlite-wal", ".sqlite-shm")) and os.path.exists(path):
            OPENED.append(path)


@contextmanager
def noted() -> Iterator[list[str]]:
    """Every path of a database that exists and is opened by Python in the meantime, in place of SQLite."""
    OPENED.clear()
    _listening.append(True)
    try:
        yield OPENED
    finally:
        _listening.clear()


@pytest.fixture(scope="module", autouse=True)
def _hook() -> None:
    sys.addaudithook(_note)


def read_by_another_process(path: Path) -> int:
    """The rows that another process reads before it closes the database as the last connection would."""
    done = subprocess.run([sys.executable, "-c", READ_AND_LEAVE, str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.parametrize("connections", [1, 2, 5])
def test_writes_after_another_process_has_closed_the_database_are_in_the_file(tmp_path: Path, connections: int) -> None:
    path = tmp_path / "ledger.sqlite"
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        session.execute(sa.text("CREATE TABLE told (number INTEGER)"))
        session.execute(sa.text("INSERT INTO told VALUES (1)"))
    with ExitStack() as stack:
        for _ in range(connections):
            stack.enter_context(database.read())
    assert read_by_another_process(path) == 1
    assert path.with_name("ledger.sqlite-wal").exists(), "the other process was not the last one"
    with database.write() as session:
        session.execute(sa.text("INSERT INTO told VALUES (2)"))
    assert read_by_another_process(path) == 3


def test_a_database_of_others_becomes_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.touch(mode=0o644)
    path.chmod(0o644)
    with noted() as opened, Database(f"sqlite:///{path}").read():
        pass
    assert path.stat().st_mode & 0o777 == 0o600
    assert opened == []


def test_no_page_opens_the_file_of_a_database(product_at: At) -> None:
    product = product_at("reviewing")
    with noted() as opened:
        for page in ("review", "clients", "problems", "people", "files", "matches", "approve", "help"):
            assert product.visitor(MEGAN).get(f"{product.at}/{page}").status_code in (200, 303)
    assert opened == []


def test_no_import_opens_the_file_of_a_database(tmp_path: Path) -> None:
    with runtime_in(tmp_path) as runtime, noted() as opened:
        clinic = clinic_in(runtime)
        clinic.hand_over(clinic_files())
        clinic.drain()
        clinic.start_trial()
        clinic.drain()
        assert clinic.trial.balanced
    assert opened == []
