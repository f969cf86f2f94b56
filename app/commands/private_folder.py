"""The private folder of one command: gone when the command ends, and after `kill -9` with the next command.

The process that owns a folder holds a lock in the folder. The kernel lets go of the lock when the process is gone, for
whatever reason: a folder whose lock is free has no owner any more.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "caspen-import-"
LOCK = "owner.lock"
NEW_LOCK = "owner.new"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that its owner alone can read, removed at the end; first removes those of processes that are gone.

    A signal that arrives while the folder is removed does not stop the removal.
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
    """Removes the private folders in `place` whose owners are gone. A folder of another user, one that others can
    read, and one without a lock are left. A second call finds nothing to do."""
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_ours(folder) and _is_free(folder / LOCK):
                _remove(folder)


def _is_ours(folder: Path) -> bool:
    about = folder.lstat()
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) == 0o700


def _is_free(lock: Path) -> bool:
    """Whether nobody holds a lock. Raises OSError where there is no lock."""
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
