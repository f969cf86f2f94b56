"""Changes to a stored reading are detected: each page reports them, and nothing is approved."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from app.migration.ledger_validation import CHANGED_WORDS
from app.migration.states import State
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.pages import words
from tests.product import MEGAN, Product

PATCHED = "UPDATE export SET inventory = json_patch(inventory, :value)"
AHEAD = {"kinds": {"appointments": {"rows": 1, "ids": 1, "duplicates": 0, "first": None, "last": None}}}
CHANGES: dict[str, tuple[str, Any]] = {
    "the inventory emptied": ("UPDATE export SET inventory = :value", {}),
    "the inventory is null": ("UPDATE export SET inventory = :value", None),
    "the inventory of other dates": (PATCHED, AHEAD),
    "the signs removed": (PATCHED, {"signs": []}),
    "the absent kinds changed": (
        PATCHED,
        {"absent": ["recalls"]},
    ),
    "the day of reading removed": ("UPDATE export SET read_at = NULL", None),
    "a file's facts emptied": ("UPDATE exportfile SET facts = :value WHERE number = 1", {}),
    "a file's kind removed": ("UPDATE exportfile SET kind = NULL WHERE number = 1", None),
    "a file told as refused": ("UPDATE exportfile SET refused = 'csv_unclosed_quote' WHERE number = 1", None),
    "a file removed": ("DELETE FROM exportfile WHERE number = 1", None),
    "the problems of the reading deleted": ("DELETE FROM problem_line WHERE run = 'export:1'", None),
    "the checksum removed": ("UPDATE work SET result = '{}' WHERE phase = 'resolve'", None),
}


def change(product: Product, name: str) -> None:
    sql, value = CHANGES[name]
    with product.runtime.ledger.write() as session:
        given = {"value": json.dumps(value)} if ":value" in sql else {}
        assert session.connection().execute(sa.text(sql), given).rowcount > 0


@pytest.mark.parametrize("name", CHANGES)
def test_an_export_changed_outside_the_product_is_reported_and_its_trial_refused(product_at: At, name: str) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    with product.runtime.ledger.read() as session:
        digest = session.connection().execute(sa.text("SELECT digest FROM trial")).scalar_one()
    basis = basis_in(megan.get(f"{product.at}/approve"), f"{product.at}/approve")
    change(product, name)
    for path in ("handover", "review", "approve"):
        page = megan.get(f"{product.at}/{path}", follow_redirects=True)
        assert (page.status_code, CHANGED_WORDS in words(page)) == (503, True), path
    sent = {"name": product.move().clinic, "digest": digest, "basis": basis}
    answer = megan.post_exactly(f"{product.at}/approve", sent)
    assert answer.status_code == 503
    assert product.state() is State.REVIEWING


@pytest.mark.parametrize("name", ["the inventory emptied", "a file's facts emptied"])
def test_a_changed_reading_is_reported_before_a_trial(product_at: At, name: str) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    assert megan.get(f"{product.at}/handover").status_code == 200
    change(product, name)
    for path in ("handover", "matches", "checklist"):
        page = megan.get(f"{product.at}/{path}", follow_redirects=True)
        assert (page.status_code, CHANGED_WORDS in words(page)) == (503, True), path
