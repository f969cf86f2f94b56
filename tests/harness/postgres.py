"""A real PostgreSQL server for tests: a private cluster in a temporary folder, stopped and removed at the end.

    @pytest.fixture(scope="session")
    def postgres() -> Iterator[str]:
        yield from postgres_url()

Each caller gets a cluster of its own, which takes about two seconds.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.harness.free_ports import free_port
from tests.harness.waiting import patience

SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=64MB",
    "max_wal_size=1GB",
    "max_connections=50",
)


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the means to start it again."""

    folder: Path
    programs: Path
    port: int
    settings: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = [f"-p {self.port}", "-h 127.0.0.1", f"-k {self.folder}", *(f"-c {s}" for s in self.settings)]
        self._control("-l", self.folder / "log", "-o", " ".join(options), "start")

    def stop(self) -> None:
        """At once, as in a crash: nothing is finished, and every line is cut."""
        self._control("-m", "immediate", "stop")

    def _control(self, *words: str | Path) -> None:
        _as_owner(self.folder, self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-s", *words)


def postgres_server(settings: tuple[str, ...] = SETTINGS) -> Iterator[Server]:
    """A fresh, empty server on loopback; skips the test, by name, where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = Server(folder, programs, free_port(), settings)
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        _as_owner(folder, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_url(settings: tuple[str, ...] = SETTINGS) -> Iterator[str]:
    """The address of a fresh, empty server on loopback."""
    for server in postgres_server(settings):
        yield server.url


@contextmanager
def own_database(server: str, name: str, options: str = "") -> Iterator[str]:
    """The address of a new database on a server, dropped at the end: a thousand of them fill a disk."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" {options}'.encode())
    try:
        yield server.removesuffix("postgres") + name
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _programs() -> Path | None:
    """The programs of the newest installed server; packaged servers are not on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


def _as_owner(folder: Path, *command: str | Path) -> None:
    """Runs a program of the server as its own user: it refuses to run as root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *words]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    environment["PGCTLTIMEOUT"] = f"{patience(60):.0f}"
    subprocess.run(words, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
