"""Fixtures: a runtime in a folder of its own, a clinic in it, and an empty database.

The conftest.py of a folder whose tests need them imports them.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from app.worker.runtime import Runtime
from tests.harness.clinic import Clinic, clinic_in, runtime_in
from tests.harness.postgres import own_database, postgres_url

_NUMBERS = count()


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with runtime_in(tmp_path / "var") as runtime:
        yield runtime


@pytest.fixture
def clinic(runtime: Runtime) -> Clinic:
    return clinic_in(runtime)


@pytest.fixture(scope="session")
def postgres_at() -> Iterator[str]:
    yield from postgres_url()


@pytest.fixture
def postgres(postgres_at: str) -> Iterator[str]:
    """A database of its own on the session's server: a finalised move of one test is not another's."""
    with own_database(postgres_at, f"engine_{next(_NUMBERS)}") as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: a test runs once on SQLite and once on PostgreSQL."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path}/empty.sqlite"
