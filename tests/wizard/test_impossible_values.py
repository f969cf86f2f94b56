"""No page fails over an impossible value: each page responds or reports the change."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.caspen.tables import OBJECTS
from app.db import LedgerTable
from app.migration.ledger_validation import CHANGED_WORDS
from tests.conftest import At
from tests.pages import words
from tests.product import ANA, MEGAN, Product, Visitor
from tests.world.impossible import changed, impossible_values

RECORD = "/clients/"
PAGES: dict[str, tuple[str, ...]] = {
    "person": ("/people",),
    "membership": ("/people",),
    "invitation": ("/people",),
    "migration": ("/review", "/support/{migration_id}"),
    "export": ("/handover", "/support/{migration_id}"),
    "exportfile": ("/handover", RECORD, "/report"),
    "part": (RECORD, "/support"),
    "work": ("/review", RECORD, "/files/1"),
    "trial": ("/review", "/approve"),
    "problem_line": ("/problems", "/problems/rows.csv", "/review"),
    "help_message": ("/help",),
    "audit_entry": ("/review", "/support/{migration_id}"),
}
"""Pages that read a table of the ledger. Tables without rows at this point have no pages."""
OF_RECORDS = {"clients": ("/clients", RECORD), "appointments": ("/records/appointments", RECORD)}


def tables_of_ledger() -> Iterator[sa.Table]:
    yield from (LedgerTable.metadata.tables[name] for name in PAGES)


def changes(tables: Iterable[sa.Table]) -> Iterator[tuple[str, str, Any]]:
    """Each column with an impossible value. Columns of a type take turns with the values."""
    for number, (table, column) in enumerate((each, column) for each in tables for column in each.columns):
        if column.primary_key:
            continue
        values = impossible_values(column)
        yield table.name, column.name, values[number % len(values)]


def assert_no_page_fails(product: Product, path: Path, tables: Iterable[sa.Table], pages: dict[str, Any]) -> int:
    megan, ana, reported = product.visitor(MEGAN), product.visitor(ANA), 0
    with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
        client = session.connection().execute(sa.text("SELECT client_id FROM appointments")).scalars().first()
    for number, (table, column, value) in enumerate(changes(tables)):
        asked = pages[table][number % len(pages[table])]
        with changed(path, table, column, value) as rows:
            answer = open_page(product, megan, ana, asked if asked != RECORD else f"{RECORD}{client}")
        assert rows, table
        assert answer.status_code in (200, 303, 403, 404, 503), (table, column, value, asked)
        if answer.status_code == 503:
            assert CHANGED_WORDS in words(answer), (table, column, value, asked)
            reported += 1
    return reported


def open_page(product: Product, megan: Visitor, ana: Visitor, page: str) -> Any:
    if page.startswith("/support"):
        return ana.get(page.format(migration_id=product.migration_id))
    return megan.get(f"{product.at}{page}")


def test_no_page_fails_over_a_value_that_a_column_of_the_ledger_cannot_hold(product_at: At) -> None:
    product = product_at("reviewing")
    product.visitor(MEGAN).post(f"{product.at}/help", data={"text": "How long does it take?"})
    path = Path(str(product.runtime.ledger.engine.url.database))
    tables = [table for table in tables_of_ledger() if table.name != "invitation"]
    assert assert_no_page_fails(product, path, tables, PAGES) > 30


def test_no_page_fails_over_a_value_that_a_column_of_a_trial_cannot_hold(product_at: At) -> None:
    product = product_at("reviewing")
    path = product.runtime.caspen.trial(product.migration_id, 1).path
    assert path is not None
    tables = [model.metadata.tables[name] for model in OBJECTS if (name := str(model.__tablename__)) in OF_RECORDS]
    assert assert_no_page_fails(product, path, tables, OF_RECORDS) > 10


@pytest.mark.parametrize(
    ("table", "column", "value", "page"),
    [
        ("export", "inventory", "null", "/handover"),
        ("export", "received_at", "x", "/handover"),
        ("exportfile", "facts", "[]", "/files"),
        ("migration", "since", "garbage", "/review"),
        ("migration", "wrapped_key", "AAAA", "/files/1"),
        ("problem_line", "code", "nope", "/problems"),
        ("problem_line", "code", "nope", "/problems/rows.csv"),
        ("problem_line", "level", "nope", "/problems/rows.csv"),
    ],
)
def test_an_impossible_value_is_reported_as_a_change_of_the_record(
    product_at: At, table: str, column: str, value: str, page: str
) -> None:
    product = product_at("reviewing")
    path = Path(str(product.runtime.ledger.engine.url.database))
    with changed(path, table, column, value):
        answer = product.visitor(MEGAN).get(f"{product.at}{page}")
    assert answer.status_code == 503
    assert CHANGED_WORDS in words(answer)
