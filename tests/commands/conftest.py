"""Fixtures: an empty database on PostgreSQL, and commands that take their turns in the process of the test."""

from collections.abc import Iterator

import pytest

from tests.harness.clinic_fixtures import postgres, postgres_at
from tests.harness.turns_here import turns_here

__all__ = ["postgres", "postgres_at"]


@pytest.fixture
def takes_turns_here() -> Iterator[None]:
    with turns_here():
        yield
