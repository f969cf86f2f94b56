"""A transaction that writes commits everything or nothing, however long it waits for a lock, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from app.access.access_tables import Person
from app.db import Database, LedgerTable
from tests.harness.postgres import postgres_url

PATIENCE = (None, 0.1, 8.0)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    yield from postgres_url()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    on_files = request.param == "sqlite"
    database = Database(f"sqlite:///{tmp_path}/ledger.sqlite" if on_files else request.getfixturevalue("postgres"))
    people = [LedgerTable.metadata.tables["person"]]
    LedgerTable.metadata.drop_all(database.engine, tables=people)
    LedgerTable.metadata.create_all(database.engine, tables=people)
    yield database
    database.dispose()


def people(ledger: Database) -> list[str]:
    with ledger.read() as session:
        return list(session.exec(select(Person.id)))


@pytest.mark.parametrize("patience", PATIENCE)
def test_a_write_is_committed_whatever_its_patience(ledger: Database, patience: float | None) -> None:
    with ledger.write(patience=patience) as session:
        session.add(Person(id="ada", email="ada@x.example", name="Ada"))
    assert people(ledger) == ["ada"]


@pytest.mark.parametrize("patience", PATIENCE)
def test_a_write_that_raises_changes_nothing_whatever_its_patience(ledger: Database, patience: float | None) -> None:
    with pytest.raises(ZeroDivisionError):
        add_and_raise(ledger, patience)
    assert people(ledger) == []


def add_and_raise(ledger: Database, patience: float | None) -> None:
    with ledger.write(patience=patience) as session:
        session.add(Person(id="ada", email="ada@x.example", name="Ada"))
        session.flush()
        raise ZeroDivisionError
