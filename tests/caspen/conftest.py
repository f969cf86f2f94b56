"""Runs every test about stores twice: on SQLite files and on a PostgreSQL server."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from app.caspen.gateway import create_workspace
from app.caspen.stores import Stores
from tests.caspen.story import WORKSPACE
from tests.harness.postgres import own_database, postgres_url

numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server whose databases are copies of one database with an empty workspace."""
    for server in postgres_url():
        with own_database(server, "story") as empty:
            _opened(empty).dispose()
            yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/caspen/live.sqlite"
        _opened(address).dispose()
        yield address
        return
    server = str(request.getfixturevalue("postgres"))
    with own_database(server, f"story_{next(numbers)}", "TEMPLATE story STRATEGY file_copy") as address:
        yield address


@pytest.fixture
def stores(url: str) -> Iterator[Stores]:
    stores = Stores(url)
    yield stores
    stores.dispose()


def _opened(address: str) -> Stores:
    stores = Stores(address)
    stores.start()
    create_workspace(stores, WORKSPACE, "Harbour Street Physiotherapy")
    return stores
