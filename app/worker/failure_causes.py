"""Whose fault a failure is: a full disk's, a database's that is away, or the code's at the place that is logged."""

import errno
import sqlite3
import traceback
from pathlib import Path

import sqlalchemy as sa

from app.caspen.load_part import LoadFailed
from app.worker.runtime import Runtime

MOST_FAULTY = 10  # files of one export that may fail by themselves
AWAY = ("08", "57P")  # states of PostgreSQL: the line is lost, or the server goes down or comes up


def no_room(fault: BaseException) -> bool:
    """Whether a failure says that a disk is full."""
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return True
    return "database or disk is full" in str(fault) or "No space left on device" in str(fault)


def is_gone(runtime: Runtime, fault: BaseException) -> bool:
    """Whether something is no longer in storage that the ledger leads to."""
    missing = isinstance(fault, FileNotFoundError) and fault.filename
    return bool(missing) and runtime.objects.root in Path(str(fault.filename)).parents  # type: ignore[attr-defined]  # narrowed above


def is_away(fault: BaseException) -> bool:
    """Whether a database did not answer, or the line to it was lost: no row is to blame for that."""
    if isinstance(fault, LoadFailed):
        return fault.code.startswith(AWAY) or fault.code in ("OperationalError", "SQLITE_BUSY", "SQLITE_LOCKED")
    if not isinstance(fault, sa.exc.DBAPIError):
        return False
    state = getattr(fault.orig, "sqlstate", None)
    is_lost = isinstance(fault, sa.exc.OperationalError) and state is None and not isinstance(fault.orig, sqlite3.Error)
    busy = getattr(fault.orig, "sqlite_errorname", None) in ("SQLITE_BUSY", "SQLITE_LOCKED")
    return fault.connection_invalidated or is_lost or busy or str(state or "").startswith(AWAY)


def where(fault: BaseException) -> list[str]:
    """Where a failure happened, for the log. Its message and the values around it could quote a cell."""
    frames = traceback.extract_tb(fault.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames][-12:]


def is_of_a_file(fault: Exception, others: int) -> bool:
    """Whether a failure while a file was read is that file's own. After some `others`, something else is wrong."""
    if isinstance(fault, sa.exc.SQLAlchemyError | sqlite3.Error | OSError):
        return False
    return others < MOST_FAULTY
