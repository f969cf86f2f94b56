"""Notes each side effect of this process, so that a test can end the process at any of them.

Only tests listen: `FAULT_AT` is read with ENVIRONMENT=test alone, and effects are not counted otherwise. A statement
that only reads is no side effect.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

Listener = Callable[[str, bool], None]  # called before the effect (False) and after it (True)
ENDED = 77  # the exit status of a process that ended at its fault
_READS = ("SELECT", "PRAGMA", "BEGIN", "EXPLAIN", "VALUES")
_NOTHING: AbstractContextManager[None] = nullcontext()
_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """Calls `listener` for every side effect of this process from now on; None stops it. Open databases afterwards."""
    global _listener
    _listener = listener


def side_effect(name: str) -> AbstractContextManager[None]:
    """Context manager around one change of a disk, a queue, a mailbox or a host."""
    return _NOTHING if _listener is None else _notifying(name, _listener)


@contextmanager
def _notifying(name: str, listener: Listener) -> Iterator[None]:
    listener(name, False)
    yield
    listener(name, True)


def fault_at(place: str) -> Listener:
    """Ends the process at its n-th side effect, without clean-up: `17` before the effect, `17+` right after it."""
    match = re.fullmatch(r"(\d+)(\+?)", place)
    if match is None:
        raise ValueError("FAULT_AT is a number, with a plus for right after it")
    return Fault(int(match[1]), after=bool(match[2]), act=lambda: os._exit(ENDED))


class Fault:
    """Counts side effects, and calls `act` before or after one of them."""

    def __init__(self, number: int, *, after: bool, act: Callable[[], None]) -> None:
        self.number, self.after, self.act = number, after, act
        self.count = 0

    def __call__(self, name: str, done: bool) -> None:
        self.count += not done
        if self.count == self.number and done == self.after:
            self.act()


def is_listening() -> bool:
    """Whether a listener is set. Databases that were opened earlier are not covered."""
    return _listener is not None


def statement(sql: str) -> AbstractContextManager[None]:
    """Context manager around one SQL statement."""
    return _NOTHING if sql.lstrip().upper().startswith(_READS) else side_effect("sql")
