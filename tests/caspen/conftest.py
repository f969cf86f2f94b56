"""Every story about stores is told twice: on SQLite files and on a real PostgreSQL server."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from app.caspen.gateway import create_workspace
from app.caspen.stores import Stores
from tests.caspen.story import WORKSPACE
from tests.postgres import postgres_url

numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    yield from postgres_url()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/caspen/live.sqlite"
    server = str(request.getfixturevalue("postgres"))
    name = f"story_{next(numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.removesuffix("/postgres") + f"/{name}"


@pytest.fixture
def stores(url: str) -> Iterator[Stores]:
    stores = Stores(url)
    stores.start()
    create_workspace(stores, WORKSPACE, "Harbour Street Physiotherapy")
    yield stores
    stores.dispose()
