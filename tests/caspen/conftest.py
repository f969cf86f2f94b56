"""Runs every test about stores twice: on SQLite files and on a PostgreSQL server."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from app.caspen.gateway import create_workspace
from app.caspen.stores import Stores
from tests.caspen.story import WORKSPACE
from tests.harness.postgres import postgres_url

numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server whose databases are copies of one database with an empty workspace."""
    for server in postgres_url():
        _make_database(server, "story", "template1")
        _opened(_in_database(server, "story")).dispose()
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/caspen/live.sqlite"
        _opened(address).dispose()
        return address
    server, name = str(request.getfixturevalue("postgres")), f"story_{next(numbers)}"
    _make_database(server, name, "story")
    return _in_database(server, name)


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


def _make_database(server: str, name: str, template: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())


def _in_database(server: str, name: str) -> str:
    return server.removesuffix("/postgres") + f"/{name}"
