"""Some of the two hundred lies; `make figures AREA=proof` tells them all."""

import pytest

from tests.figures.mutants import hunt
from tests.world.mutants import WANTED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
EVERY = 13


def test_no_lie_passes_for_true() -> None:
    found = hunt(EVERY)

    assert found.passed == []
    assert found.by.total() == len(range(0, sum(WANTED.values()), EVERY))
    product = sum(count for (_, by), count in found.by.items() if by == "product")
    assert product >= found.by.total() * 0.6
