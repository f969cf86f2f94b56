"""Checks at the start whether the databases and keys are those that this installation began with.

`ledger.begun` in VAR, or objects of migrations in VAR, show that a ledger was begun for this folder. A ledger that is
empty or missing then is not begun again, because a clinic's migrations would vanish silently. A missing live workspace
is not begun again either while the ledger knows of finalised migrations.
"""

import base64
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from app.access.access_tables import KeyCheck
from app.caspen.tables import Workspace
from app.db import SCHEMA, Database, take_turns
from app.migration.models import Migration
from app.schema.trees import LEDGER
from app.schema.upgrade import SchemaTooNew
from app.settings import Settings
from app.storage import CannotOpen, key_from_setting, open_secret, seal_secret, unwrap
from app.unavailable import Unavailable, cause_of

BEGUN = "ledger.begun"
SETTING = "STORAGE_KEY"
KNOWN_TEXT = "this ledger"
PURPOSE = "key check"


class CannotStart(Exception):
    """The product cannot start with its configuration. The message is one line that names the setting to change."""


def require_ledger(settings: Settings, ledger: Database) -> None:
    """Raises CannotStart when a ledger was begun for this folder and is missing, empty or damaged."""
    var = settings.var.resolve()
    was_used = (var / BEGUN).exists() or any((var / "objects").glob("mig_*"))
    if was_used and not _has_tables(ledger, LEDGER.version_table):
        raise CannotStart(
            f"The ledger {name_of(ledger)} is gone or empty, and {var} was used with a ledger before. Restore the "
            f"ledger to that place from a backup (DATABASE_URL or VAR); to begin anew, move {var} away."
        )


def note_begun(settings: Settings, ledger: Database) -> None:
    """Notes that a ledger was begun for this folder, and where. A second call changes nothing."""
    try:
        with (settings.var.resolve() / BEGUN).open("x", encoding="utf-8") as mark:
            mark.write(f"{name_of(ledger)}\n")
    except FileExistsError:
        return


def require_live(ledger: Database, live: Database) -> None:
    """Raises CannotStart when the ledger knows of finalised migrations and Caspen's database has no workspace.

    Call before missing tables are made.
    """
    if not _has_tables(ledger, str(Migration.__tablename__)):
        return
    finalised = sa.select(col(Migration.id)).where(col(Migration.finalised_at).is_not(None)).limit(1)
    with ledger.read() as session:
        if session.connection().execute(finalised).first() is None:
            return
    if _has_tables(live, str(Workspace.__tablename__)):
        with live.read() as session:
            if session.connection().execute(sa.select(col(Workspace.id)).limit(1)).first() is not None:
                return
    raise CannotStart(
        f"Caspen's database {name_of(live)} is gone or empty, and the ledger {name_of(ledger)} knows of moves that are "
        "live there. Restore it to that place from a backup (CASPEN_DATABASE_URL or VAR); to begin anew, set another "
        "VAR and DATABASE_URL."
    )


def require_key(settings: Settings, ledger: Database) -> None:
    """Raises CannotStart when STORAGE_KEY differs from the key that this ledger was begun with.

    The first call stores the check.
    """
    key = key_from_setting(settings.storage_key)
    with ledger.read() as session:
        kept = session.get(KeyCheck, SETTING)
        wrapped = None if kept else _some_wrapped_key(session)
    if not (_opens(kept.sealed, key) if kept else _unwraps(wrapped, key)):
        raise CannotStart(
            f"{SETTING} is not the key that the ledger {name_of(ledger)} was begun with: set the former {SETTING}."
        )
    if kept is None:
        with ledger.write() as session:
            take_turns(session.connection(), SCHEMA)
            if session.get(KeyCheck, SETTING) is None:
                session.add(KeyCheck(setting=SETTING, sealed=seal_secret(KNOWN_TEXT, key, PURPOSE)))


def name_of(database: Database) -> str:
    """The location of a database, without its password."""
    url = database.engine.url
    return str(url.database) if database.is_sqlite else url.render_as_string(hide_password=True)


def startup_message(trouble: Exception) -> str | None:
    """One line for a failure at the start, or None when the failure is a defect of this product."""
    if isinstance(trouble, CannotStart | SchemaTooNew):
        return str(trouble)
    cause = cause_of(trouble)
    if isinstance(trouble, OSError) and trouble.filename and cause is None:
        return (
            f"{trouble.filename} cannot be used as a folder of ours ({trouble.strerror}): set VAR to a folder that "
            "this user may write to, and move a file of that name away."
        )
    return {
        Unavailable.BUSY: "Another process holds the database: try again in a minute (DATABASE_URL, VAR).",
        Unavailable.FULL: "There is no room left on the disk that holds the databases: make room (VAR, DATABASE_URL).",
        Unavailable.AWAY: "A database does not answer: start it, or check DATABASE_URL and CASPEN_DATABASE_URL.",
        Unavailable.DAMAGED: "A database is damaged, or is no database: restore it from a backup (DATABASE_URL, VAR).",
        None: None,
        Unavailable.BAD_VALUE: None,
    }[cause]


def require_whole(ledger: Database) -> None:
    """Checks every page of an SQLite ledger. Raises CannotStart when a page is damaged."""
    if not ledger.is_sqlite:
        return
    with ledger.read() as session:
        verdict = session.connection().exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if verdict != "ok":
        raise CannotStart(f"The ledger {name_of(ledger)} is damaged: restore it from a backup (VAR).")


def _has_tables(database: Database, name: str) -> bool:
    """Whether a database exists and has a table of this name. Does not create a missing file."""
    if database.is_sqlite and not Path(str(database.engine.url.database)).exists():
        return False
    try:
        with database.read() as session:
            return sa.inspect(session.connection()).has_table(name)
    except SQLAlchemyError as trouble:
        if cause_of(trouble) is Unavailable.DAMAGED:
            raise CannotStart(
                f"The database {name_of(database)} is damaged, or is no database: restore it from a backup (VAR)."
            ) from None
        raise


def _some_wrapped_key(session: Session) -> str | None:
    return session.exec(select(Migration.wrapped_key).where(col(Migration.wrapped_key) != "").limit(1)).first()


def _opens(sealed: str, key: bytes) -> bool:
    try:
        return open_secret(sealed, key, PURPOSE) == KNOWN_TEXT
    except CannotOpen:
        return False


def _unwraps(wrapped: str | None, key: bytes) -> bool:
    """Whether a migration's key opens with this key. True for a ledger without any migration key."""
    if wrapped is None:
        return True
    try:
        unwrap(base64.b64decode(wrapped), key)
    except CannotOpen:
        return False
    return True
