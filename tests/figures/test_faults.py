"""A process ends at a few of its effects, and nothing is lost or doubled; `make figures AREA=proof` ends it at each."""

import pytest

from tests.figures.faults import RECORDED, fault_points
from tests.harness.chosen_variants import in_turn

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.xdist_group("faults")]
EVERY = 123  # no multiple of two: before one, after the next


def test_a_process_that_ends_anywhere_loses_and_doubles_nothing() -> None:
    first = in_turn(range(EVERY), EVERY)[0]

    found = fault_points(EVERY, first)

    assert found.wrong == []
    assert found.ended + found.early == len(range(first, 2 * found.known.total(), EVERY))
    assert found.early <= 1
    assert found.known.total() >= RECORDED
    assert {"sql", "sql.commit", "file.rename", "http.get", "redis.set", "mail.send"} <= found.known.keys()
