"""No page fails over an impossible value: each page responds or reports the change."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.caspen.tables import OBJECTS, Appointment
from app.db import Database, LedgerTable
from app.migration.ledger_validation import CHANGED_WORDS
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN, Product, Visitor
from tests.world.impossible import NESTED, NOT_JSON, changed, impossible_values

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


def changes(database: Database, tables: Iterable[sa.Table]) -> Iterator[tuple[sa.Table, str, Any]]:
    """Each column with an impossible value. Columns of a type take turns with the values."""
    for number, (table, column) in enumerate((each, column) for each in tables for column in each.columns):
        if column.primary_key:
            continue
        if values := impossible_values(column, database):
            yield table, column.name, values[number % len(values)]


def assert_no_page_fails(
    product: Product, database: Database, tables: Iterable[sa.Table], pages: dict[str, Any], schema: str | None = None
) -> int:
    megan, ana, reported = product.visitor(MEGAN), product.visitor(ANA), 0
    with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
        client = session.exec(select(Appointment.client_id)).first()
    for number, (table, column, value) in enumerate(changes(database, tables)):
        asked = pages[table.name][number % len(pages[table.name])]
        with changed(database, table, column, value, schema) as rows:
            answer = open_page(product, megan, ana, asked if asked != RECORD else f"{RECORD}{client}")
        assert rows, table.name
        assert answer.status_code in (200, 303, 403, 404, 503), (table.name, column, value, asked)
        if answer.status_code == 503:
            assert CHANGED_WORDS in words(answer), (table.name, column, value, asked)
            reported += 1
    return reported


def open_page(product: Product, megan: Visitor, ana: Visitor, page: str) -> Any:
    if page.startswith("/support"):
        return ana.get(page.format(migration_id=product.migration_id))
    return megan.get(f"{product.at}{page}")


def test_no_page_fails_over_a_value_that_a_column_of_the_ledger_cannot_hold(product_at: At) -> None:
    product = product_at("reviewing")
    product.visitor(MEGAN).post(f"{product.at}/help", data={"text": "How long does it take?"})
    tables = [table for table in tables_of_ledger() if table.name != "invitation"]
    assert assert_no_page_fails(product, product.runtime.ledger, tables, PAGES) > 30


def test_no_page_fails_over_a_value_that_a_column_of_a_trial_cannot_hold(product_at: At) -> None:
    product = product_at("reviewing")
    store = product.runtime.caspen.trial(product.migration_id, 1)
    tables = [model.metadata.tables[name] for model in OBJECTS if (name := str(model.__tablename__)) in OF_RECORDS]
    assert assert_no_page_fails(product, store.database, tables, OF_RECORDS, store.schema) > 10


AUDIT_PAGES = ("/review", "/people", "/overview", "/help", "/support", "/support/{migration_id}")


@pytest.mark.parametrize("value", [value for value in NESTED if value != NOT_JSON])
def test_no_page_fails_over_facts_of_an_audit_line_of_another_shape(product_at: At, value: str) -> None:
    product = product_at("reviewing")
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    with changed(product.runtime.ledger, LedgerTable.metadata.tables["audit_entry"], "facts", value):
        answers = {page: open_page(product, megan, ana, page).status_code for page in AUDIT_PAGES}
    assert answers == dict.fromkeys(AUDIT_PAGES, 200)


@pytest.mark.parametrize(
    ("table", "column", "value", "page"),
    [
        ("export", "inventory", "null", "/handover"),
        pytest.param("export", "received_at", "x", "/handover", marks=pytest.mark.on_files),
        pytest.param("export", "received_at", "infinity", "/handover"),
        pytest.param("migration", "since", "-infinity", "/review"),
        ("exportfile", "facts", "[]", "/files"),
        pytest.param("migration", "since", "garbage", "/review", marks=pytest.mark.on_files),
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
    with changed(product.runtime.ledger, LedgerTable.metadata.tables[table], column, value):
        answer = product.visitor(MEGAN).get(f"{product.at}{page}")
    assert answer.status_code == 503
    assert CHANGED_WORDS in words(answer)
