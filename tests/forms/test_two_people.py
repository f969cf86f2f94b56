"""Two people save at the same moment, on both databases: both saves are kept, or the second person is informed."""

from pathlib import Path

import pytest

from tests.conftest import At
from tests.forms.databases import on_postgresql
from tests.forms.savers import PAIRS, at_once, reset
from tests.harness.chosen_variants import in_turn
from tests.harness.postgres import postgres_url
from tests.harness.product import Product


def no_save_is_lost(product: Product) -> None:
    before, pairs, rounds = product.move(), in_turn(PAIRS, 4), []
    for pair in pairs:
        rounds.append(at_once(product, pair))
        reset(product, before)
    assert [one for one in rounds if one.lost] == []
    assert {status for one in rounds for status in one.statuses} <= {200, 303, 409}
    saved_already = [one for one in rounds if 200 in one.statuses]
    assert [one for one in saved_already if one.names[0] != one.names[1]] == [], "only the same answer is saved already"
    taken_twice = [one for one in rounds if one.statuses == (303, 303) and one.names[0] != one.names[1]]
    assert len(taken_twice) > len(pairs) / 2, "those who change different things are both right"


@pytest.mark.slow
def test_no_save_is_lost_on_sqlite(product_at: At) -> None:
    no_save_is_lost(product_at("matching"))


@pytest.mark.slow
@pytest.mark.postgres
def test_no_save_is_lost_on_postgresql(tmp_path: Path) -> None:
    for url in postgres_url():
        with on_postgresql(tmp_path / "var", url) as product:
            no_save_is_lost(product)
