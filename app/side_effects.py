"""What this process does to the world outside it, told one by one, so that a test can end it at any of them.

Nobody listens but in a test: `FAULT_AT` is heard with ENVIRONMENT=test alone, and without it nothing is counted.
A statement that only looks is no effect.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

Listener = Callable[[str, bool], None]  # what is about to be done (False), or has just been done (True)
ENDED = 77  # the status of a process that ended at its fault
_LOOKS = ("SELECT", "PRAGMA", "BEGIN", "EXPLAIN", "VALUES")
_NOTHING: AbstractContextManager[None] = nullcontext()
_listener: Listener | None = None


def listen(listener: Listener | None) -> None:
    """Tells every effect of this process from now on to `listener`; None ends it. Databases are opened afterwards."""
    global _listener
    _listener = listener


def effect(name: str) -> AbstractContextManager[None]:
    """Put around one thing that is done to a disk, a queue, a mailbox or a host."""
    return _NOTHING if _listener is None else _telling(name, _listener)


@contextmanager
def _telling(name: str, listener: Listener) -> Iterator[None]:
    listener(name, False)
    yield
    listener(name, True)


def fault_at(place: str) -> Listener:
    """Ends the process at its n-th effect, at once and without goodbye: `17` before it, `17+` right after it."""
    found = re.fullmatch(r"(\d+)(\+?)", place)
    if found is None:
        raise ValueError("FAULT_AT is a number, with a plus for right after it")
    return Fault(int(found[1]), after=bool(found[2]), act=lambda: os._exit(ENDED))


class Fault:
    """Counts effects, and acts before or after one of them."""

    def __init__(self, number: int, *, after: bool, act: Callable[[], None]) -> None:
        self.number, self.after, self.act = number, after, act
        self.count = 0

    def __call__(self, name: str, done: bool) -> None:
        self.count += not done
        if self.count == self.number and done == self.after:
            self.act()


def is_listening() -> bool:
    """Whether effects of this process are told; what is opened before that is not."""
    return _listener is not None


def statement(sql: str) -> AbstractContextManager[None]:
    """Put around one statement of SQL."""
    return _NOTHING if sql.lstrip().upper().startswith(_LOOKS) else effect("sql")
