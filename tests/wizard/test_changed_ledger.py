"""Every page responds over a ledger that was changed outside the product, and support sees the change on the list."""

import json

import pytest
import sqlalchemy as sa
from httpx import Response

from app.migration.ledger_validation import CHANGED_WORDS, SHAPES, changed_columns
from app.migration.models import Migration, Trial
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN, Product, Visitor
from tests.world.ledger_lies import OTHER_SHAPES, json_columns, set_raw

PAGES = (
    "",
    "/review",
    "/approve",
    "/report",
    "/problems",
    "/overview",
    "/clients",
    "/progress",
    "/visits",
    "/balances",
)
NOT_JSON = "{not JSON"
TEXTS = {"source": "nookal", "state": "nowhere", "paused_from": "nowhere", "conversion_date": "soon"}
TRIAL_FAULT = "no longer whole"


def changes(product: Product, table: type[Trial | Migration]) -> list[tuple[str, str]]:
    """Every JSON column of a table with a text that does not fit the column.

    PostgreSQL refuses a text that is not JSON.
    """
    cases = []
    for column in json_columns(table):
        for value in OTHER_SHAPES:
            try:
                SHAPES[table][column].validate_python(value, strict=True)
            except ValueError:
                cases.append((column, json.dumps(value)))
        if product.runtime.ledger.is_sqlite:
            cases.append((column, NOT_JSON))
    return cases


def kept(product: Product, table: type[Trial | Migration], column: str) -> str | None:
    """The text that the database stores in a column of the migration's row or rows."""
    key = "id" if table is Migration else "migration_id"
    sql = f'SELECT CAST("{column}" AS TEXT) FROM "{table.__tablename__}" WHERE "{key}" = :key'
    with product.runtime.ledger.read() as session:
        text: str | None = session.connection().execute(sa.text(sql), {"key": product.migration_id}).scalar_one()
    return text


def every_page(visitor: Visitor, product: Product) -> list[tuple[str, Response]]:
    return [(path, visitor.get(f"{product.at}{path}")) for path in PAGES]


@pytest.mark.parametrize("table", [Migration, Trial])
def test_every_json_column_has_a_shape(table: type[Trial | Migration]) -> None:
    assert set(json_columns(table)) <= SHAPES[table].keys()


def test_a_migration_of_another_shape_is_answered_calmly(product_at: At) -> None:
    product = product_at("reviewing")
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    assert changed_columns(product.move()) == []
    tried = 0
    for column, text in [*TEXTS.items(), *changes(product, Migration)]:
        before = kept(product, Migration, column)
        set_raw(product.runtime, Migration, product.migration_id, column, text)
        page = megan.get(f"{product.at}/review")
        assert page.status_code == 503, (column, text)
        assert CHANGED_WORDS in words(page), (column, text)
        if text != NOT_JSON:
            listed = ana.get("/support")
            assert listed.status_code == 200, (column, text)
            assert CHANGED_WORDS in words(listed), (column, text)
        assert ana.get(f"/support/{product.migration_id}").status_code == 503
        set_raw(product.runtime, Migration, product.migration_id, column, before)
        tried += 1
    assert tried > 30
    assert megan.get(f"{product.at}/review").status_code == 200


def test_a_trial_of_another_shape_is_damaged_and_no_page_fails(product_at: At) -> None:
    product = product_at("reviewing")
    megan, ana = product.visitor(MEGAN), product.visitor(ANA)
    for number, (column, text) in enumerate(changes(product, Trial)):
        before = kept(product, Trial, column)
        set_raw(product.runtime, Trial, product.migration_id, column, text)
        for path in ("review", "approve"):
            page = megan.get(f"{product.at}/{path}")
            if text == NOT_JSON:
                assert page.status_code == 503, (column, path)
                continue
            assert page.status_code == 200, (column, text, path)
            assert TRIAL_FAULT in words(page), (column, text, path)
        if number % 5 == 0:
            answers = every_page(megan, product)
            assert not [path for path, answer in answers if answer.status_code == 500], (column, text)
        if text != NOT_JSON and number % 3 == 0:
            support = ana.get(f"/support/{product.migration_id}")
            assert (support.status_code, "trial_damaged" in support.text) == (200, True), (column, text)
        set_raw(product.runtime, Trial, product.migration_id, column, before)
    assert TRIAL_FAULT not in words(megan.get(f"{product.at}/review"))


def test_a_report_of_an_earlier_version_without_a_live_digest_is_shown(product_at: At) -> None:
    product = product_at("finalised")
    report = {name: value for name, value in product.move().report.items() if name != "live_digest"}
    product.put(report=report)
    page = product.visitor(MEGAN).get(f"{product.at}/report")
    assert page.status_code == 200
    assert "live digest" not in words(page)
