"""Some of the two hundred changes; `make figures AREA=proof` makes all of them."""

import pytest

from tests.figures.mutants import hunt
from tests.world.mutants import WANTED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
EVERY = 13


def test_every_change_is_caught() -> None:
    found = hunt(EVERY)

    assert found.passed == []
    assert found.by_product == found.by.total() == len(range(0, sum(WANTED.values()), EVERY))
