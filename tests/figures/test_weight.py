"""Short forms of an import's memory: four times as many rows, or a cell four times as large, need no more memory."""

from functools import cache
from math import inf

import pytest

from tests.figures.unreasonable import Made, large_file, large_values, legal_values
from tests.figures.watch import Used
from tests.figures.weight import MOST_MB, tried

pytestmark = pytest.mark.xdist_group("weight")  # one process takes each cost once, for all tests
NEARLY = 1.15
SLOPE = 1.6  # the long form holds it to 1.25, by runs that are long enough to tell
FEW, MANY = 4, 16  # MB
TAKES = 5  # other work on the machine only adds to a cost, so the least of several takes is nearest to it


@cache
def used(made: Made, megabytes: int, take: int) -> Used:
    del take  # one more run for each number
    needed, wrong = tried(made, megabytes)
    assert wrong == []
    return needed


@pytest.mark.parametrize(("made", "few", "many"), [(large_file, FEW, MANY), (large_values, 15, 60)])
def test_a_larger_export_needs_no_more_memory(made: Made, few: int, many: int) -> None:
    assert used(made, many, 0).peak_mb <= used(made, few, 0).peak_mb * NEARLY
    assert used(made, many, 0).peak_mb <= MOST_MB


def test_a_row_costs_the_same_however_many_there_are() -> None:
    start = few = many = inf
    for take in range(TAKES):
        start, few, many = (
            min(least, used(large_file, megabytes, take).cpu_seconds)
            for least, megabytes in ((start, 0), (few, FEW), (many, MANY))
        )
        if many - start <= (few - start) * MANY / FEW * SLOPE:
            return
    pytest.fail(f"{start:.2f} s for no rows, {few:.2f} s for {FEW} MB, {many:.2f} s for {MANY} MB")


def test_the_largest_legal_cells_fit_into_memory_in_every_format() -> None:
    """One sign of four bytes makes every other of its text take four."""
    needed, wrong = tried(legal_values, 1)
    assert wrong == []
    assert needed.peak_mb <= MOST_MB
