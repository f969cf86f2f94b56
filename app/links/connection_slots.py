"""Limits open connections: per clinic and provider, and in total on this machine.

A slot is a lock on a small file. All processes share the slots, and the operating system releases the lock of a process
that dies. File names are hashes. Files that are unused for a day are swept.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.links.network_errors import NoResponse

STEP = 0.05


@dataclass(frozen=True, slots=True)
class ConnectionSlots:
    """The slots of an owner, a provider and a clinic. `each` limits the owner, `total` limits the machine."""

    folder: Path
    owner: str
    each: int
    total: int

    def take(self, waiting: Callable[[], None], longest: float = 600.0) -> "ConnectionSlot":
        """Waits for a free slot, at most `longest` seconds, then raises NoResponse. `waiting` may raise."""
        held = ExitStack()
        try:
            self._take_own(held, waiting, longest)
            _take_any(held, [self.folder / f"all.{n}" for n in range(max(1, self.total))], waiting, longest)
        except BaseException:
            held.close()
            raise
        return ConnectionSlot(held)

    def _take_own(self, held: ExitStack, waiting: Callable[[], None], longest: float) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(self.owner.encode()).hexdigest()[:16]
        _take_any(held, [self.folder / f"{name}.{n}" for n in range(max(1, self.each))], waiting, longest)


class ConnectionSlot:
    """A taken slot. `close` releases the slot."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    def close(self) -> None:
        self._held.close()


@contextmanager
def exclusive_lock(folder: Path, what: str, longest: float = 60.0) -> Iterator[None]:
    """Excludes every other process of this machine from `what`. Raises NoResponse after `longest` seconds."""
    with ExitStack() as held:
        ConnectionSlots(folder, what, 1, 1)._take_own(held, lambda: None, longest)
        yield


def sweep_slot_files(folder: Path, before: datetime) -> int:
    """Removes unlocked files that were last locked before a time. Returns how many files were removed."""
    swept = 0
    for path in folder.glob("*.*") if folder.is_dir() else ():
        with ExitStack() as held, suppress(FileNotFoundError):  # another process sweeps as well
            if path.stat().st_mtime < before.timestamp() and _lock(held, path, touch=False):
                path.unlink()
                swept += 1
    return swept


SlotsByProvider = Callable[[str], ConnectionSlots]
"""The connection slots of a provider, by the provider's name."""


def _take_any(held: ExitStack, paths: list[Path], waiting: Callable[[], None], longest: float) -> None:
    until = time.monotonic() + longest
    while True:
        if any(_lock(held, path) for path in paths):
            return
        waiting()
        if time.monotonic() > until:
            raise NoResponse
        time.sleep(STEP)


def _lock(held: ExitStack, path: Path, *, touch: bool = True) -> bool:
    """Locks a file without waiting. Returns False for a locked file, and for a file that was swept meanwhile."""
    with ExitStack() as opened:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        opened.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.fstat(handle).st_ino == path.stat().st_ino
        except OSError:
            return False
        if not ours:
            return False
        if touch:
            os.utime(handle)
        held.push(opened.pop_all())
        return True
