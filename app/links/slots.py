"""How many connections are open at once: so many for one clinic at one provider, and so many in all on this machine.

A slot is a lock on a small file, so it is shared by all workers and pages, and given back by whoever dies.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.links.cuts import Unanswered

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
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(self.owner.encode()).hexdigest()[:16]
        held = ExitStack()
        try:
            _one(held, [self.folder / f"{name}.{n}" for n in range(max(1, self.each))], waiting, longest)
            _one(held, [self.folder / f"all.{n}" for n in range(max(1, self.total))], waiting, longest)
        except BaseException:
            held.close()
            raise
        return Slot(held)


class Slot:
    """One open connection's place."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    def close(self) -> None:
        self._held.close()


def _one(held: ExitStack, places: list[Path], waiting: Callable[[], None], longest: float) -> None:
    until = time.monotonic() + longest
    while True:
        for place in places:
            handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                continue
            held.callback(os.close, handle)
            return
        waiting()
        if time.monotonic() > until:
            raise Unanswered
        time.sleep(STEP)
