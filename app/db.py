"""The two databases: the wizard's ledger and Caspen's database. Transactions are committed only here.

SQLite in files by default, PostgreSQL by setting. A write transaction takes its lock at the start, so that two workers
wait for each other instead of failing halfway.
"""

import copy
import hashlib
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.util import LRUCache
from sqlmodel import Session, SQLModel

from app.changed_values import ValueChanged
from app.side_effects import is_listening, side_effect, statement
from app.stored_value_types import checking

PATIENCE_SECONDS = 60.0
MODE_AGAIN_SECONDS = 0.02
SCHEMA = "schema"
"""The lock name for creating tables, indexes or the first rows; see `take_turns`."""


class DatabaseGone(Exception):
    """The file of an open database was removed or replaced."""


class LedgerTable(SQLModel):
    """Base of every table of the ledger.

    `fits` are checks of columns whose type is too wide, such as JSON objects and texts with few values. A row that
    fails a check raises ValueChanged when it is loaded.
    """

    metadata = sa.MetaData()
    model_config = {"defer_build": True}
    fits: ClassVar[Mapping[str, Callable[[Any], bool]]] = {}


@event.listens_for(LedgerTable, "load", propagate=True)
def _require_fitting(row: LedgerTable, _: object) -> None:
    wrong = [name for name, fits in row.fits.items() if name in row.__dict__ and not fits(row.__dict__[name])]
    if wrong:
        raise ValueChanged(f"{row.__tablename__}: {', '.join(wrong)}")


def now() -> datetime:
    """The current time in UTC, to the microsecond."""
    return datetime.now(UTC)


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC moment, on SQLite too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def make_engine(url: str, *, patience: float = PATIENCE_SECONDS, echo: bool = False) -> Engine:
    """An engine that never logs a bound value, with SQLite set up for several processes.

    `patience` is the number of seconds that a statement waits for a lock and a caller for a connection. A value below
    the default also sets PostgreSQL's lock timeout. SQLite's files are readable by their owner only.
    """
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    logging: dict[str, Any] = {"hide_parameters": True, "echo": echo}
    waits: dict[str, Any] = {"pool_timeout": min(patience, 30.0), **logging}
    if not url.startswith("sqlite"):
        own: dict[str, Any] = {}
        if patience < PATIENCE_SECONDS:
            milliseconds = int(patience * 1000)
            own = {"connect_timeout": max(2, int(patience)), "options": f"-c lock_timeout={milliseconds}"}
        return sa.create_engine(url, pool_pre_ping=True, connect_args=own, **waits)
    path = sa.make_url(url).database
    in_file = bool(path) and path != ":memory:"
    if path and in_file:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(
        url,
        connect_args={"timeout": patience, **sqlite_options()},
        **(waits if in_file else logging),
    )
    if path and in_file:
        event.listen(engine, "do_connect", lambda *_: _make_private(path))
    event.listen(engine, "connect", lambda connection, _: _prepare_sqlite(connection, patience))
    event.listen(engine, "begin", _begin_sqlite)
    engine.dialect = _sqlite_dialect()
    engine.update_execution_options(compiled_cache=_compiled)
    return engine


_compiled: LRUCache[Any, Any] = LRUCache(1000)
"""Compiled SQLite statements. Every trial is a file with the same tables, so a statement is compiled once for all
files."""


@cache
def _sqlite_dialect() -> sa.Dialect:
    """The shared dialect of all SQLite files of this process: the cache of compiled statements is keyed by dialect."""
    engine = sa.create_engine("sqlite://")
    with engine.connect():  # the dialect detects the features of this SQLite
        return checking(engine.dialect)


_making_private = threading.Lock()


def _make_private(path: str) -> None:
    """Makes a database file private, whatever the umask is. SQLite gives its other files the same rights.

    A process that closes any handle of a file loses all its locks on that file, also SQLite's. So an existing database
    is never opened here, and no connection opens a new file before its handle is closed.
    """
    with _making_private:
        if not os.path.exists(path):
            with suppress(FileExistsError):  # another process was faster
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if os.stat(path).st_mode & 0o077:
            os.chmod(path, 0o600)


class SqliteOptions(TypedDict, total=False):
    """Options for an SQLite connection, by the names of `sqlite3.connect`."""

    factory: type[sqlite3.Connection]


def sqlite_options() -> SqliteOptions:
    """Options for an SQLite connection that reports its statements to the side-effect listener. Empty without a
    listener."""
    return {"factory": ObservedConnection} if is_listening() else {}


class ObservedCursor(sqlite3.Cursor):
    """Reports its statements to the side-effect listener."""

    def execute(self, sql: str, *given: Any) -> "ObservedCursor":
        with statement(sql):
            super().execute(sql, *given)
        return self

    def executemany(self, sql: str, *given: Any) -> "ObservedCursor":
        with statement(sql):
            super().executemany(sql, *given)
        return self


class ObservedConnection(sqlite3.Connection):
    """Reports its statements and commits to the side-effect listener, also those of the row path."""

    def cursor(self, *_: Any) -> Any:
        return super().cursor(ObservedCursor)

    def execute(self, sql: str, *given: Any) -> Any:
        return self.cursor().execute(sql, *given)

    def executemany(self, sql: str, *given: Any) -> Any:
        return self.cursor().executemany(sql, *given)

    def commit(self) -> None:
        if not self.in_transaction:
            return
        with side_effect("sql.commit"):
            super().commit()


def _prepare_sqlite(connection: sqlite3.Connection, patience: float) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions explicitly
    connection.execute(f"PRAGMA {_waits(patience)}")
    _write_ahead(connection, patience)
    for pragma in ("synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Sets the journal mode of a file.

    When several processes begin a new file at once, SQLite reports a lock without waiting, to avoid a deadlock. The
    statement is then repeated.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() > until:
                raise
        time.sleep(MODE_AGAIN_SECONDS)


def _waits(patience: float) -> str:
    return f"busy_timeout={int(patience * 1000)}"


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Database:
    """A database: reading sessions, and writing sessions that commit at their end or not at all."""

    def __init__(self, url: str, patience: float = PATIENCE_SECONDS) -> None:
        self.engine = make_engine(url, patience=patience)
        self.patience = patience
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._file: tuple[int, int] | None = None

    def require_file(self) -> None:
        """Raises DatabaseGone when an SQLite file was removed or replaced since the first use.

        Data that is written to a removed file is lost without an error.
        """
        if not self.is_sqlite:
            return
        try:
            status = os.stat(str(self.engine.url.database))
        except FileNotFoundError:
            if self._file is not None:
                raise DatabaseGone from None
            return
        if self._file not in (None, (status.st_dev, status.st_ino)):
            raise DatabaseGone
        self._file = (status.st_dev, status.st_ino)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only session."""
        self.require_file()
        with self.engine.connect().execution_options(reading=True) as connection, Session(connection) as session:
            yield session

    @contextmanager
    def write(self, patience: float | None = None) -> Iterator[Session]:
        """A session that commits when the block ends, and rolls back when the block raises.

        `patience` is the number of seconds that this transaction waits for a lock, instead of the database's own.
        """
        self.require_file()
        with (
            self.engine.connect() as connection,
            self._waiting(connection, patience),
            # setting a lock timeout begins a transaction, which this session has to commit as its own
            Session(connection, expire_on_commit=False, join_transaction_mode="control_fully") as session,
        ):
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def _waiting(self, connection: Connection, patience: float | None) -> Iterator[None]:
        if patience is None:
            yield
        elif self.is_sqlite:
            _driver(connection).execute(f"PRAGMA {_waits(patience)}")
            try:
                yield
            finally:
                _driver(connection).execute(f"PRAGMA {_waits(self.patience)}")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")
            yield

    @contextmanager
    def connection(self, *, attach: Mapping[str, Path] | None = None, **options: Any) -> Iterator[Connection]:
        """A bare connection in one transaction, for the row path. Commits when the block ends.

        `attach` attaches further SQLite files during the block, by schema name.
        """
        self.require_file()
        with self.engine.connect().execution_options(**options) as connection:
            for name, path in (attach or {}).items():
                _driver(connection).execute(f"ATTACH DATABASE ? AS {name}", (str(path),))
            try:
                with connection.begin():
                    yield connection
            finally:
                if attach:
                    connection.invalidate()  # a pooled connection must not keep another file open

    def in_schema(self, schema: str) -> "Database":
        """The same PostgreSQL database and pool, with another schema."""
        other = copy.copy(self)
        other.engine = self.engine.execution_options(schema_translate_map={None: schema})
        return other

    def clock(self, session: Session) -> datetime:
        """The database's clock, which all workers share."""
        if self.is_sqlite:
            return now()
        moment = session.connection().execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        assert isinstance(moment, datetime)  # noqa: S101 - narrows a driver's answer
        return moment.astimezone(UTC)

    def dispose(self) -> None:
        """Closes every connection. The next use opens whichever file then has the name."""
        self.engine.dispose()
        self._file = None


def take_turns(connection: Connection, name: str) -> None:
    """Waits until no other process holds this name in this database, and holds the name until the transaction ends.

    Does nothing on SQLite, which has one writing transaction at a time.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def safe_name(text: str) -> str:
    """A name that is safe for a schema or a file: lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:60]
