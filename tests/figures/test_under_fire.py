"""A few kills, pauses, full disks and races; `make figures AREA=proof` and `make stress` do many."""

import pytest

from tests.figures.accounting import accounted
from tests.figures.at_random import killed, paused
from tests.figures.disk_full import full_at
from tests.figures.interleaved import interleaved
from tests.figures.redis_faults import FAULTS, faulty
from tests.figures.restarts import taken_away
from tests.figures.unknown_commits import unknown

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.xdist_group("faults")]


def test_the_work_of_a_killed_process_is_taken_over() -> None:
    found = killed(2)

    assert found.wrong == []
    assert (found.done, found.again) == (2, 0)


def test_a_process_that_resumes_too_late_writes_nothing() -> None:
    found = paused(1)

    assert found.wrong == []
    assert found.again == found.done == 1


def test_a_full_disk_is_named_and_leaves_no_half_row() -> None:
    found = full_at(120)

    assert found.wrong == []
    assert found.tried > 2
    assert found.said > 0


def test_only_one_of_several_acts_at_once_succeeds() -> None:
    found = interleaved(6)

    assert found.wrong == []
    assert found.won.total() == 6


def test_no_fault_of_redis_disturbs_a_trial() -> None:
    found = faulty(1)

    assert found.wrong == []
    assert found.done == len(FAULTS)


@pytest.mark.postgres
def test_the_result_of_a_commit_is_looked_up_and_never_assumed() -> None:
    found = unknown(5)

    assert found.wrong == []
    assert found.cut >= 5


@pytest.mark.postgres
def test_a_database_that_is_taken_away_is_waited_for() -> None:
    found = taken_away(1)

    assert found.wrong == []
    assert found.done == 1


@pytest.mark.postgres
def test_an_export_in_any_shape_gives_one_digest() -> None:
    found = accounted(1)

    assert found.wrong == []
    assert (found.exports, found.further) == (1, 2)
