"""A transaction that writes commits everything or nothing, however long it waits for a lock, on both databases."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

from app.access.access_tables import Person
from app.db import Database, LedgerTable

PATIENCE = (None, 0.1, 8.0)


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Database]:
    database = Database(empty_database)
    LedgerTable.metadata.create_all(database.engine, tables=[LedgerTable.metadata.tables["person"]])
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
