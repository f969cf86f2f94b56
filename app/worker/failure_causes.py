"""Classifies a failure: a full disk, an unreachable database, a missing object, or the code at the logged place."""

import errno
import sqlite3
import traceback
from pathlib import Path

import sqlalchemy as sa

from app.caspen.load_part import LoadFailed
from app.worker.runtime import Runtime

MOST_FAULTY = 10  # files of one export that may fail on their own
AWAY = ("08", "57P")  # SQLSTATE prefixes of PostgreSQL: connection lost, server shutting down or starting


def no_room(fault: BaseException) -> bool:
    """Whether a failure means that a disk is full."""
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return True
    return "database or disk is full" in str(fault) or "No space left on device" in str(fault)


def is_gone(runtime: Runtime, fault: BaseException) -> bool:
    """Whether an object that the ledger names is missing in storage."""
    missing = isinstance(fault, FileNotFoundError) and fault.filename
    return bool(missing) and runtime.objects.root in Path(str(fault.filename)).parents  # type: ignore[attr-defined]  # narrowed above


def is_away(fault: BaseException) -> bool:
    """Whether a database did not answer, or its connection was lost. No row causes such a failure."""
    if isinstance(fault, LoadFailed):
        return fault.code.startswith(AWAY) or fault.code in ("OperationalError", "SQLITE_BUSY", "SQLITE_LOCKED")
    if not isinstance(fault, sa.exc.DBAPIError):
        return False
    state = getattr(fault.orig, "sqlstate", None)
    is_lost = isinstance(fault, sa.exc.OperationalError) and state is None and not isinstance(fault.orig, sqlite3.Error)
    busy = getattr(fault.orig, "sqlite_errorname", None) in ("SQLITE_BUSY", "SQLITE_LOCKED")
    return fault.connection_invalidated or is_lost or busy or str(state or "").startswith(AWAY)


def stack_lines(fault: BaseException) -> list[str]:
    """The stack of a failure, for the log. The message and local values may quote a cell, so they are left out."""
    frames = traceback.extract_tb(fault.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames][-12:]


def is_of_a_file(fault: Exception, others: int) -> bool:
    """Whether a failure belongs to the file that was being read. After some `others` failed too, the cause is
    elsewhere."""
    if isinstance(fault, sa.exc.SQLAlchemyError | sqlite3.Error | OSError):
        return False
    return others < MOST_FAULTY
