"""How many connections are open at once: so many for one clinic at one provider, and so many in all on this machine.

A slot is a lock on a small file, so it is shared by all workers and pages, and given back by whoever dies. Files that
nobody has locked for a day are swept; they say nothing of whom they were for.
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

from app.links.network_errors import Unanswered

STEP = 0.05


@dataclass(frozen=True, slots=True)
class Slots:
    """`owner` says whose connections these are: a provider and a clinic. `each` and `total` are how many at once."""

    folder: Path
    owner: str
    each: int
    total: int

    def take(self, waiting: Callable[[], None], longest: float = 600.0) -> "Slot":
        """Waits for a free one; `waiting` is called meanwhile and may raise."""
        held = ExitStack()
        try:
            self._own(held, waiting, longest)
            _one(held, [self.folder / f"all.{n}" for n in range(max(1, self.total))], waiting, longest)
        except BaseException:
            held.close()
            raise
        return Slot(held)

    def _own(self, held: ExitStack, waiting: Callable[[], None], longest: float) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(self.owner.encode()).hexdigest()[:16]
        _one(held, [self.folder / f"{name}.{n}" for n in range(max(1, self.each))], waiting, longest)


class Slot:
    """One open connection's place."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    def close(self) -> None:
        self._held.close()


@contextmanager
def alone(folder: Path, what: str, longest: float = 60.0) -> Iterator[None]:
    """On this machine nobody else does `what` meanwhile; Unanswered where somebody does it for too long."""
    with ExitStack() as held:
        Slots(folder, what, 1, 1)._own(held, lambda: None, longest)
        yield


def sweep_places(folder: Path, before: datetime) -> int:
    """Removes the files that were last locked before a moment and are not locked now, and says how many there were."""
    swept = 0
    for place in folder.glob("*.*") if folder.is_dir() else ():
        with ExitStack() as held, suppress(FileNotFoundError):  # another process sweeps as well
            if place.stat().st_mtime < before.timestamp() and _locked(held, place, touch=False):
                place.unlink()
                swept += 1
    return swept


def _one(held: ExitStack, places: list[Path], waiting: Callable[[], None], longest: float) -> None:
    until = time.monotonic() + longest
    while True:
        if any(_locked(held, place) for place in places):
            return
        waiting()
        if time.monotonic() > until:
            raise Unanswered
        time.sleep(STEP)


def _locked(held: ExitStack, place: Path, *, touch: bool = True) -> bool:
    """Whether we have the place now. A file that was swept between opening and locking it is no place any more."""
    with ExitStack() as opened:
        handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        opened.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.fstat(handle).st_ino == place.stat().st_ino
        except OSError:
            return False
        if not ours:
            return False
        if touch:
            os.utime(handle)
        held.push(opened.pop_all())
        return True
