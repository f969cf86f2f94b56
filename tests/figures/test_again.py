"""One export twice, and one export by two workers."""

import pytest

from tests.figures.again import differing, finalised_twice, postgres, sqlite


def test_the_same_export_a_second_time_changes_nothing() -> None:
    assert finalised_twice(sqlite, "tiny") == []


@pytest.mark.postgres
def test_the_same_export_a_second_time_changes_nothing_on_postgresql() -> None:
    assert finalised_twice(postgres, "tiny") == []


@pytest.mark.slow
def test_two_workers_make_what_one_makes() -> None:
    assert differing("small", (1, 2)) == []
