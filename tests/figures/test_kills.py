"""A worker is killed three times in a trial, and Redis is emptied in another; the long forms do it twenty times."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.figures.emptied_redis import emptied
from tests.figures.kills import World, begun, kill
from tests.figures.yard import TENTH

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]


def test_a_killed_worker_loses_and_doubles_nothing() -> None:
    with begun("tiny") as start:
        found = kill(start, 3, TENTH, seed=1, a_run=3)

    assert found.wrong == []
    assert found.done == 3


@pytest.mark.redis
def test_an_emptied_redis_loses_nothing() -> None:
    with begun("tiny") as start:
        emptier, wrong = emptied(start, 5, seed=1)

    assert wrong == []
    assert emptier.done


def test_lost_doubled_and_changed_records_are_named(tmp_path: Path) -> None:
    whole = World(trial="a", live={"patients": "2:b"}, records={"clients": 2}, doubled=0)

    assert whole.differs_from(whole) == []
    for broken in (
        replace(whole, trial="c"),
        replace(whole, live={"patients": "2:c"}),
        replace(whole, records={"clients": 1}),
        replace(whole, doubled=1),
    ):
        assert len(broken.differs_from(whole)) == 1
