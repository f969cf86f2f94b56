"""The points of a move on PostgreSQL, for the same stories as on files: `POINTS_ON_POSTGRES=1 pytest tests/web`.

Each process has a server of its own. A point is made once, and every story gets a copy of its databases and its folder.
"""

import atexit
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from app.settings import Environment
from tests.points import POINTS
from tests.postgres import Server, postgres_server
from tests.product import start, stop


class ServerPoints:
    """The points that were made on one server. `home` holds a folder for each."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server, self.home = server, home
        self._numbers = count()

    def copy_of(self, point: str, to: Path) -> dict[str, Any]:
        """Copies a point, with its folder to `to`; returns the addresses of both databases by setting."""
        shutil.copytree(self._made(point), to)
        return self._copied(point, f"story_{next(self._numbers)}")

    def _made(self, point: str) -> Path:
        folder = self.home / point
        if folder.exists():
            return folder
        names = list(POINTS)
        if point == names[0]:
            folder.mkdir()
            urls = self._copied("", point)
        else:
            before = names[names.index(point) - 1]
            shutil.copytree(self._made(before), folder)
            urls = self._copied(before, point)
        product = start(folder, Environment.TEST, **urls)
        POINTS[point](product)
        stop(product)
        return folder

    def _copied(self, template: str, name: str) -> dict[str, Any]:
        urls: dict[str, Any] = {}
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            for setting, kind in (("database_url", "ledger"), ("caspen_database_url", "caspen")):
                of = f' TEMPLATE "{kind}_{template}"' if template else ""
                connection.execute(f'CREATE DATABASE "{kind}_{name}"{of}'.encode())
                urls[setting] = self.server.url.removesuffix("postgres") + f"{kind}_{name}"
        return urls


@cache
def points_on_server() -> ServerPoints:
    """The points of this process; the server ends with it."""
    kept = ExitStack()
    atexit.register(kept.close)
    home = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="caspen-points-")))
    return ServerPoints(kept.enter_context(contextmanager(postgres_server)()), home)
