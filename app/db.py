"""The two databases, the wizard's own ledger and Caspen's, and the only place where anything is committed.

SQLite in files by default, PostgreSQL by setting. A write transaction takes its lock at its start, so that two workers
wait for each other instead of failing half-way.
"""

import copy
import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlmodel import Session, SQLModel

from app.effects import effect, is_listening, statement

SCHEMA = "schema"
"""The name that a process holds while it makes tables, indexes or the first rows; see `take_turns`."""


class LedgerTable(SQLModel):
    """Base of every table of the ledger."""

    metadata = sa.MetaData()


def now() -> datetime:
    """This moment, in UTC, to the microsecond."""
    return datetime.now(UTC)


class UTCDateTime(sa.TypeDecorator[datetime]):
    """A moment, always aware and in UTC, on SQLite too."""

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


def make_engine(url: str, *, echo: bool = False) -> Engine:
    """An engine that never prints a bound value, with SQLite set up for several processes."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, echo=echo)
    path = sa.make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": 60, **sqlite_options()}, echo=echo)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_options() -> dict[str, Any]:
    """What to open an SQLite file with so that its statements are told; nothing where nobody listens."""
    return {"factory": ToldConnection} if is_listening() else {}


class ToldCursor(sqlite3.Cursor):
    """Tells its statements, where somebody listens."""

    def execute(self, sql: str, *given: Any) -> "ToldCursor":
        with statement(sql):
            super().execute(sql, *given)
        return self

    def executemany(self, sql: str, *given: Any) -> "ToldCursor":
        with statement(sql):
            super().executemany(sql, *given)
        return self


class ToldConnection(sqlite3.Connection):
    """Tells its statements and commits, also those of the row path."""

    def cursor(self, *_: Any) -> Any:
        return super().cursor(ToldCursor)

    def execute(self, sql: str, *given: Any) -> Any:
        return self.cursor().execute(sql, *given)

    def executemany(self, sql: str, *given: Any) -> Any:
        return self.cursor().executemany(sql, *given)

    def commit(self) -> None:
        if not self.in_transaction:
            return
        with effect("sql.commit"):
            super().commit()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Database:
    """One database: reading sessions, and writing sessions that commit at their end or not at all."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only looks."""
        with self.engine.connect().execution_options(reading=True) as connection, Session(connection) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed when the block ends, and undone when it raises."""
        with self.engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def connection(self, *, attach: Mapping[str, Path] | None = None, **options: Any) -> Iterator[Connection]:
        """A bare connection in one transaction, for the row path; committed when the block ends.

        `attach` puts further SQLite files beside this one for the length of the block, by the name to call them.
        """
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
        """The same PostgreSQL database, with the same pool, seen through another schema."""
        other = copy.copy(self)
        other.engine = self.engine.execution_options(schema_translate_map={None: schema})
        return other

    def clock(self, session: Session) -> datetime:
        """The database's own clock, which all workers share."""
        if self.is_sqlite:
            return now()
        moment = session.connection().execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        assert isinstance(moment, datetime)  # noqa: S101 - narrows a driver's answer
        return moment.astimezone(UTC)

    def dispose(self) -> None:
        self.engine.dispose()


def take_turns(connection: Connection, name: str) -> None:
    """Waits until no other process holds this name in this database; holds the name until the transaction ends.

    SQLite has one writing transaction at a time, so that a name adds nothing there.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def safe_name(text: str) -> str:
    """A name that is safe as a schema's or a file's: lower-case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:60]
