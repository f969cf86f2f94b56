"""Changes to a stored reading are detected: each page reports them, and nothing is approved."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from app.migration.ledger_validation import CHANGED_WORDS
from app.migration.models import Export
from app.migration.states import State
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.harness.page_text import words
from tests.harness.product import MEGAN, Product

EMPTIED = "UPDATE export SET inventory = :value"
AHEAD = {"kinds": {"appointments": {"rows": 1, "ids": 1, "duplicates": 0, "first": None, "last": None}}}
PATCHES: dict[str, Any] = {
    "the inventory of other dates": AHEAD,
    "the signs removed": {"signs": []},
    "the absent kinds changed": {"absent": ["recalls"]},
}
CHANGES: dict[str, tuple[str, Any]] = {
    "the inventory emptied": (EMPTIED, {}),
    "the inventory is null": (EMPTIED, None),
    "the day of reading removed": ("UPDATE export SET read_at = NULL", None),
    "a file's facts emptied": ("UPDATE exportfile SET facts = :value WHERE number = 1", {}),
    "a file's kind removed": ("UPDATE exportfile SET kind = NULL WHERE number = 1", None),
    "a file told as refused": ("UPDATE exportfile SET refused = 'csv_unclosed_quote' WHERE number = 1", None),
    "a file removed": ("DELETE FROM exportfile WHERE number = 1", None),
    "the problems of the reading deleted": ("DELETE FROM problem_line WHERE run = 'export:1'", None),
    "the checksum removed": ("UPDATE work SET result = '{}' WHERE phase = 'resolve'", None),
}


def merged(document: Any, patch: Any) -> Any:
    """The document with the patch's values. An object is merged key by key."""
    if not isinstance(document, dict) or not isinstance(patch, dict):
        return patch
    return {**document, **{key: merged(document.get(key), value) for key, value in patch.items()}}


def change(product: Product, name: str) -> None:
    with product.runtime.ledger.write() as session:
        if name in PATCHES:
            export = session.get_one(Export, (product.migration_id, 1))
            patched = sa.update(Export).values(inventory=merged(export.inventory, PATCHES[name]))
            assert session.connection().execute(patched).rowcount > 0
            return
        sql, value = CHANGES[name]
        given = {"value": json.dumps(value)} if ":value" in sql else {}
        assert session.connection().execute(sa.text(sql), given).rowcount > 0


@pytest.mark.parametrize("name", [*CHANGES, *PATCHES])
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
