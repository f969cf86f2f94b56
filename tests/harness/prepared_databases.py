"""Moves in prepared states on PostgreSQL, for the same tests as on files: `PAGES_ON_POSTGRES=1 pytest tests/web`.

Each process has a server of its own. A state is prepared once, and every test gets a copy of its
databases and its folder.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from app.settings import Environment
from tests.harness.postgres import Server, postgres_server
from tests.harness.prepared_moves import PREPARED_STATES
from tests.harness.product import start, stop

KINDS = {"database_url": "ledger", "caspen_database_url": "caspen"}  # by setting


class PreparedDatabases:
    """The states that were prepared on one server. `home` holds a folder for each."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server, self.home = server, home
        self._numbers = count()

    @contextmanager
    def copy_of(self, state: str, to: Path) -> Iterator[dict[str, Any]]:
        """Copies a state, with its folder to `to`; gives the addresses of both databases by setting.

        Both databases are dropped afterwards: a run of all pages would leave 14 GB of them.
        """
        shutil.copytree(self._made(state), to)
        name = f"story_{next(self._numbers)}"
        try:
            yield self._copied(state, name)
        finally:
            with psycopg.connect(self.server.url, autocommit=True) as connection:
                for kind in KINDS.values():
                    connection.execute(f'DROP DATABASE IF EXISTS "{kind}_{name}" WITH (FORCE)'.encode())

    def _made(self, state: str) -> Path:
        folder = self.home / state
        if folder.exists():
            return folder
        names = list(PREPARED_STATES)
        if state == names[0]:
            folder.mkdir()
            urls = self._copied("", state)
        else:
            before = names[names.index(state) - 1]
            shutil.copytree(self._made(before), folder)
            urls = self._copied(before, state)
        product = start(folder, Environment.TEST, **urls)
        PREPARED_STATES[state](product)
        stop(product)
        return folder

    def _copied(self, template: str, name: str) -> dict[str, Any]:
        urls: dict[str, Any] = {}
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            for setting, kind in KINDS.items():
                of = f' TEMPLATE "{kind}_{template}"' if template else ""
                connection.execute(f'CREATE DATABASE "{kind}_{name}"{of}'.encode())
                urls[setting] = self.server.url.removesuffix("postgres") + f"{kind}_{name}"
        return urls


@cache
def prepared_databases() -> PreparedDatabases:
    """The prepared databases of this process; the server ends with it."""
    kept = ExitStack()
    atexit.register(kept.close)
    home = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="caspen-prepared-")))
    return PreparedDatabases(kept.enter_context(contextmanager(postgres_server)()), home)
