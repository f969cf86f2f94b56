"""A process ends at a few of its effects, and nothing is lost or doubled; `make figures AREA=proof` ends it at each."""

import pytest

from tests.figures.faults import RECORDED, fault_points

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.xdist_group("faults")]
EVERY = 41  # no multiple of two: before one, after the next


def test_a_process_that_ends_anywhere_loses_and_doubles_nothing() -> None:
    found = fault_points(EVERY)

    assert found.wrong == []
    assert found.ended + found.early == len(range(0, 2 * found.known.total(), EVERY))
    assert found.early <= 1
    assert found.known.total() >= RECORDED
    assert {"sql", "sql.commit", "file.rename", "http.get", "redis.set", "mail.send"} <= found.known.keys()
