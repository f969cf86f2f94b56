"""The proof and the ids make loading a few times slower than a bare insert, not tens of times."""

from app.caspen.stores import Stores
from tests.caspen.rates import measure

RECORDS = 12_000
ASKED = 0.05  # on an idle machine 0.3, beside four others 0.077: it only catches a row path that has become another


def test_a_part_is_loaded_at_a_fair_share_of_a_bare_insert(stores: Stores) -> None:
    rates = measure(stores, RECORDS)
    assert rates.ratio >= ASKED, f"{rates.loaded:.0f} records/s, bare {rates.bare:.0f}"
