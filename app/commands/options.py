"""Checks the options of a command before any work begins.

An answer that cannot be written would be lost after minutes of work.
"""

import math
import os
import stat
import tempfile
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.db import make_engine
from app.settings import DATABASES, Settings, words_of_settings
from app.unavailable import Unavailable, cause_of

ANSWER_SECONDS = 10.0


class BadOption(Exception):
    """An option of a command, or a setting, is unusable. The message is one sentence for the user."""


def must_be_usable(
    *,
    json_file: Path | None = None,
    keep: Path | None = None,
    records: Path | None = None,
    database: str | None = None,
    wait: float = 0.0,
) -> None:
    """Raises BadOption for the first unusable option. Creates nothing."""
    if json_file is not None and json_file != Path("-"):
        _file("--json", json_file)
    for name, folder in (("--keep", keep), ("--records", records)):
        if folder is not None:
            _folder(name, folder)
    if database is not None:
        _database(database)
    if not 0 <= wait < math.inf:
        raise BadOption("--wait must be a number of seconds, 0 or more.")


def settings_must_be_usable() -> None:
    """Raises BadOption with the names of unusable settings."""
    try:
        Settings()
    except ValidationError as wrong:
        raise BadOption(words_of_settings(wrong)) from None


def _file(name: str, path: Path) -> None:
    try:
        if path.is_dir():
            raise BadOption(f"{name}: {path} is a folder. Name a file.")
        if not path.parent.is_dir():
            raise BadOption(f"{name}: there is no folder {path.parent}.")
        is_new = not path.exists()
        if not is_new and not stat.S_ISREG(path.stat().st_mode):
            return  # a pipe or a terminal is opened only for writing the answer
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if is_new:
            path.unlink()
    except OSError as trouble:
        raise BadOption(f"{name}: {path} cannot be written ({trouble.strerror}).") from None


def _folder(name: str, path: Path) -> None:
    """Checks a folder that does not exist yet by its nearest existing parent."""
    try:
        nearest = next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
        if not nearest.is_dir():
            raise BadOption(f"{name}: {nearest} is not a folder. Name a folder.")
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as trouble:
        raise BadOption(f"{name}: nothing can be written into {path} ({trouble.strerror}).") from None


def _database(address: str) -> None:
    """Checks a database address. The messages never repeat the address, which may hold a password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise BadOption(f"--database is no address of a database. {_SUCH_AS}") from None
    if url.drivername not in DATABASES:
        raise BadOption(f"--database must be SQLite or PostgreSQL. {_SUCH_AS}")
    if not url.drivername.startswith("sqlite"):
        _must_answer(address)
        return
    if not url.database or url.database == ":memory:":
        raise BadOption(f"--database must name a file that stays. {_SUCH_AS}")
    path = Path(url.database)
    try:
        if path.is_dir():
            raise BadOption("--database names a folder. Name a file in it.")
        _folder("--database", path.parent)
        if path.exists() and path.stat().st_size:
            _must_answer(address)
    except OSError as trouble:
        raise BadOption(f"--database: the file cannot be used ({trouble.strerror}).") from None


def _must_answer(address: str) -> None:
    engine = make_engine(address, patience=ANSWER_SECONDS)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1" if engine.name != "sqlite" else "PRAGMA schema_version")
    except SQLAlchemyError as trouble:
        raise BadOption(f"--database: {why_not(trouble)}") from None
    finally:
        engine.dispose()


def why_not(trouble: Exception) -> str:
    """Why a database cannot be opened, without its address."""
    return _WHY_NOT.get(cause_of(trouble), "the database cannot be opened.")


_WHY_NOT: dict[Unavailable | None, str] = {
    Unavailable.BUSY: "another process holds the database. Try again in a minute.",
    Unavailable.FULL: "no room is left on the disk of the database.",
    Unavailable.AWAY: "the database does not answer. Start it, or correct its address.",
    Unavailable.DAMAGED: "this is no database, or a damaged one.",
}
_SUCH_AS = "Write it such as sqlite:///caspen.sqlite or postgresql://user@host/name."
