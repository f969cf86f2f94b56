"""A private engine for one export. Its folder is deleted at the end."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.caspen.gateway import create_workspace
from app.commands.options import BadOption, why_not
from app.errors import Stop
from app.fetch.hand_over import hand_over_files, hand_over_link
from app.links.normalise import normalise
from app.links.pasted_text import has_link, has_other_scheme, has_scheme
from app.links.provider_registry import provider_of
from app.links.share_link import ShareLink
from app.migration.advance import By
from app.migration.begin import begin
from app.migration.both_lists import acknowledge_lists
from app.migration.exports import Handed, keep_zip_password
from app.migration.models import Migration
from app.migration.states import Actor
from app.problems import Problem
from app.reading.archive_names import is_noise
from app.reading.reading_ledger import note_problems
from app.schema.upgrade import SchemaTooNew
from app.settings import Environment, Settings
from app.sources import SOURCES
from app.trial.trial_context import trial_contexts
from app.worker.installation import CannotStart
from app.worker.memory import collect_seldom, give_back_large
from app.worker.runtime import Runtime, open_runtime

BY = By("command line", Actor.CLINIC)
NO_CLINIC = "no clinic takes part: whoever runs the command answers for it"
DEMO = "demo"


@contextmanager
def private_engine(database: str = "", keep: Path | None = None) -> Iterator[Runtime]:
    """Opens a runtime in a folder that only this user can read. `database` is a Caspen database that is kept.

    Raises BadOption when the database, the folder or a setting is unusable.
    """
    os.umask(0o077)  # also for the parent folders
    with private_folder() if keep is None else _kept(keep) as folder:
        runtime = _opened(folder, database)
        collect_seldom()
        give_back_large()
        try:
            yield runtime
        finally:
            trial_contexts.clear()
            runtime.close()


def _opened(folder: Path, database: str) -> Runtime:
    try:
        return open_runtime(private_settings(folder, database))
    except (CannotStart, SchemaTooNew) as wrong:
        raise BadOption(str(wrong)) from None
    except SQLAlchemyError as trouble:
        given = "--database" if database else "--keep"
        raise BadOption(f"{given}: {why_not(trouble)}") from None
    except OSError as trouble:
        raise BadOption(f"The folder or the database of the command cannot be used ({trouble.strerror}).") from None


@contextmanager
def _kept(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    yield folder


def private_settings(folder: Path, database: str = "") -> Settings:
    """Settings without any database or server of this machine, with their own key.

    The contents of live files are stored next to a Caspen database that is kept.
    """
    files = _files_of(database) if database else folder / "caspen" / "files"
    return Settings(
        environment=Environment(os.environ.get("ENVIRONMENT", Environment.DEVELOPMENT)),
        var=folder,
        database_url=f"sqlite:///{folder.resolve()}/ledger.sqlite",
        caspen_database_url=database or f"sqlite:///{folder.resolve()}/caspen/live.sqlite",
        caspen_files=str(files),
        caspen_files_key=_kept_key(files),
        redis_url="",
        embedded_redis=False,
        storage_key=_kept_key(folder),
        smtp_url="",
    )


def _files_of(database: str) -> Path:
    """The folder of live files: next to a database file; for a database server by CASPEN_FILES, else in VAR."""
    path = make_url(database).database
    if database.startswith("sqlite") and path:
        return Path(path).resolve().with_suffix(".files")
    return Settings().files_folder


def _kept_key(folder: Path) -> str:
    """The storage key of a folder, created on the first call and stored in the folder."""
    kept = folder / "storage.key"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(32))
    return kept.read_text()


def live_workspace_id(name: str) -> str:
    """The id of a named workspace. The same name always gives the same id."""
    return f"wsp_{name}" if name == DEMO else f"wsp_{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"


def begin_private(
    runtime: Runtime,
    export: ShareLink | Path,
    *,
    name: str = DEMO,
    timezone: str = "Australia/Sydney",
    country: str = "AU",
    password: str = "",
) -> Migration:
    """Hands over a link, a file or a folder to a new migration of the named workspace. `password` opens locked zips."""
    create_workspace(runtime.caspen, live_workspace_id(name), name, timezone=timezone, country=country)
    with runtime.ledger.write() as session:
        migration = begin(
            session,
            workspace_id=live_workspace_id(name),
            clinic=name,
            source=next(iter(SOURCES)),
            wrapped_key=runtime.new_wrapped_key(),
            by=BY,
            timezone=timezone,
            country=country,
        )
        acknowledge_lists(session, migration, BY, NO_CLINIC)
    _hand_over(runtime, migration, export)
    note_no_files(runtime, migration.id, export)
    if password:
        with runtime.ledger.write() as session:
            migration = session.get_one(Migration, migration.id)
            keep_zip_password(session, migration, password, runtime.link_key(migration))
    return migration


def _hand_over(runtime: Runtime, migration: Migration, export: ShareLink | Path) -> None:
    if isinstance(export, ShareLink):
        hand_over_link(runtime, migration, export, hint="link", by=BY)
        return
    with ExitStack() as open_files:
        _must_be_readable(export)
        files = (Handed(shown, open_files.enter_context(file.open("rb"))) for shown, file in files_at(export))
        hand_over_files(runtime, migration, files, by=BY, name=export.name)


def _must_be_readable(path: Path) -> None:
    """Raises BadOption when a file is unreadable. Otherwise the file would be missing silently."""
    for _, file in files_at(path):
        try:
            os.close(os.open(file, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as trouble:
            raise BadOption(f"A file of the export cannot be read ({trouble.strerror}).") from None


def export_given(text: str) -> ShareLink | Path:
    """The link, file or folder that an argument names. A file or folder of that name comes first.

    Without `https://` only links of known providers count as links. Raises Stop with the reason why there is nothing to
    read. An address with another scheme, such as `ftp://`, is judged as a link.
    """
    if not text.strip():
        raise Stop(Problem("export_not_given"))
    if is_path(text):
        return Path(text)
    if has_scheme(text) or has_other_scheme(text):
        return normalise(text)
    if has_link(text) and (link := _provider_link(text)) is not None:
        return link
    raise Stop(Problem("export_not_found"))


def _provider_link(text: str) -> ShareLink | None:
    """The link of a known provider in a text, or None."""
    try:
        link = normalise(text)
    except Stop:
        return None
    return link if provider_of(link).name != "https" else None


def is_path(text: str) -> bool:
    """Whether a file or folder of this name exists. False for an empty text and for an impossible path."""
    try:
        return bool(text.strip()) and Path(text).exists()
    except (OSError, ValueError):
        return False


def files_at(path: Path) -> Iterator[tuple[str, Path]]:
    """A single file, or every file of a folder, each with its path in the folder. Symbolic links are not followed."""
    if path.is_file():
        yield path.name, path
        return
    for file in _entries_of(path):
        if stat.S_ISREG(file.lstat().st_mode):
            yield file.relative_to(path).as_posix(), file


def no_files_at(path: Path) -> Iterator[str]:
    """The paths of the entries of a folder that are not read: symbolic links, pipes, sockets and devices."""
    for file in () if path.is_file() else _entries_of(path):
        if not stat.S_ISREG(file.lstat().st_mode) and not is_noise(shown := file.relative_to(path).as_posix()):
            yield os.fsencode(shown).decode("utf-8", "backslashreplace")


def _entries_of(folder: Path) -> list[Path]:
    """Everything in a folder and in the folders in it, without these folders. Symbolic links are not followed."""
    entries = []
    for within, folders, names in os.walk(folder, onerror=_unreadable):
        entries += [Path(within, name) for name in names]
        entries += [link for name in folders if (link := Path(within, name)).is_symlink()]
    return sorted(entries)


def _unreadable(trouble: OSError) -> None:
    raise BadOption(f"A folder of the export cannot be read ({trouble.strerror}).") from None


def note_no_files(runtime: Runtime, migration_id: str, export: ShareLink | Path) -> None:
    """Reports `unsafe_path` for each entry of a folder that is not read, as for such an entry of a zip."""
    if isinstance(export, ShareLink):
        return
    with runtime.ledger.write() as session:
        migration = session.get_one(Migration, migration_id)
        note_problems(session, migration, [Problem("unsafe_path", file=shown) for shown in no_files_at(export)])


# The process that owns a private folder holds a lock in it. The kernel releases the lock when the process ends, so a
# folder with a free lock has no owner. The next command removes such folders, for example after `kill -9`.

PREFIX = "caspen-import-"
LOCK = "owner.lock"
NEW_LOCK = "owner.new"


@contextmanager
def private_folder() -> Iterator[Path]:
    """Makes a folder that only this user can read, and removes it at the end. Removes ownerless folders first.

    A signal during the removal does not stop it.
    """
    remove_ownerless(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = -1
    try:
        lock = os.open(folder / NEW_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / NEW_LOCK).rename(folder / LOCK)  # a lock has its name only while it is held
        yield folder
    finally:
        _remove(folder)
        if lock >= 0:
            os.close(lock)


def remove_ownerless(place: Path) -> None:
    """Removes the private folders in `place` whose owners have ended. A second call finds nothing to do.

    Folders of other users, folders that others can read, and folders without a lock are skipped.
    """
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_ours(folder) and _is_free(folder / LOCK):
                _remove(folder)


def _is_ours(folder: Path) -> bool:
    about = folder.lstat()
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) == 0o700


def _is_free(lock: Path) -> bool:
    """Whether no process holds a lock. Raises OSError when the lock does not exist."""
    file = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True


def _remove(folder: Path) -> None:
    while True:
        try:
            shutil.rmtree(folder, ignore_errors=True)
        except KeyboardInterrupt:
            continue
        return
