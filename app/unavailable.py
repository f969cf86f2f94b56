"""Why a page or a form fails temporarily without a defect of this product.

Causes: a lock, a full disk, a database that is unreachable or damaged, or a value that no database can hold.
"""

import errno
import re
import sqlite3
from enum import StrEnum
from json import JSONDecodeError

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from app.changed_values import ValueChanged
from app.db import DatabaseGone
from app.storage.encryption import CannotOpen

RETRY_SECONDS = 10


class Unavailable(StrEnum):
    """The cause of a failed request. The value is the name in the log."""

    BUSY = "database_busy"
    FULL = "disk_full"
    AWAY = "database_away"
    DAMAGED = "database_damaged"
    BAD_VALUE = "bad_value"
    CHANGED = "ledger_changed"


FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: Unavailable.BUSY,
    sqlite3.SQLITE_LOCKED: Unavailable.BUSY,
    sqlite3.SQLITE_FULL: Unavailable.FULL,
    sqlite3.SQLITE_IOERR: Unavailable.FULL,  # SQLite reports this when one of its files cannot grow
    sqlite3.SQLITE_CORRUPT: Unavailable.DAMAGED,
    sqlite3.SQLITE_NOTADB: Unavailable.DAMAGED,
    sqlite3.SQLITE_CANTOPEN: Unavailable.DAMAGED,
    sqlite3.SQLITE_READONLY: Unavailable.DAMAGED,
    sqlite3.SQLITE_PERM: Unavailable.DAMAGED,
    sqlite3.SQLITE_TOOBIG: Unavailable.BAD_VALUE,
}
SQLITE_WORDS = {
    "database or disk is full": Unavailable.FULL,
    "database is locked": Unavailable.BUSY,
    "no such table": Unavailable.DAMAGED,
    "integer overflow": Unavailable.CHANGED,
    "Could not decode to UTF-8": Unavailable.CHANGED,
}
POSTGRES_STATES = (
    ("55P03", Unavailable.BUSY),  # a lock timeout
    ("40", Unavailable.BUSY),  # a deadlock, or a transaction to retry
    ("57014", Unavailable.BUSY),  # a statement timeout
    ("53100", Unavailable.FULL),
    ("53200", Unavailable.FULL),
    ("53300", Unavailable.BUSY),  # too many connections
    ("08", Unavailable.AWAY),
    ("57P", Unavailable.AWAY),
    ("3D000", Unavailable.DAMAGED),
    ("42P01", Unavailable.DAMAGED),
    ("XX00", Unavailable.DAMAGED),
    ("22", Unavailable.BAD_VALUE),  # NUL bytes, numbers beyond their column, invalid UTF-8
    ("54", Unavailable.BAD_VALUE),  # a value too long for its index
)
POSTGRES_WORDS = re.compile(r"(timestamp|date) too (large|small)|can't (parse|manage)")
"""What psycopg reports when it reads a moment or a day that Python cannot hold, such as 'infinity'."""


def cause_of(trouble: BaseException) -> Unavailable | None:
    """The cause of a failure for the person who requested a page, or None for a defect of this product."""
    if isinstance(trouble, DBAPIError) and trouble.orig is not None:
        return cause_of(trouble.orig)
    if isinstance(trouble, DatabaseGone):
        return Unavailable.DAMAGED
    if isinstance(trouble, ValueChanged | CannotOpen | JSONDecodeError):
        return Unavailable.CHANGED
    if isinstance(trouble, NoConnection):
        return Unavailable.BUSY
    if isinstance(trouble, sqlite3.Error):
        return _of_sqlite(trouble)
    if isinstance(trouble, psycopg.Error):
        return _of_postgres(trouble)
    if isinstance(trouble, OSError):
        return Unavailable.FULL if trouble.errno in FULL_ERRORS else None
    if isinstance(trouble, OverflowError | UnicodeEncodeError):
        return Unavailable.BAD_VALUE
    return None


def _of_sqlite(trouble: sqlite3.Error) -> Unavailable | None:
    code = getattr(trouble, "sqlite_errorcode", None)
    if code is not None and (code & 0xFF) in SQLITE_CODES:
        return SQLITE_CODES[code & 0xFF]
    return next((cause for words, cause in SQLITE_WORDS.items() if words in str(trouble)), None)


def _of_postgres(trouble: psycopg.Error) -> Unavailable | None:
    if trouble.sqlstate is not None:
        return next((cause for start, cause in POSTGRES_STATES if trouble.sqlstate.startswith(start)), None)
    if isinstance(trouble, psycopg.DataError):
        return Unavailable.CHANGED if POSTGRES_WORDS.match(str(trouble)) else Unavailable.BAD_VALUE
    return Unavailable.AWAY if isinstance(trouble, psycopg.OperationalError) else None
