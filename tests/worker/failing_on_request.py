"""A source that fails on request: rows that raise, kill the process or hang, to prove that all others still arrive."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.mapping.kind import Source
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Result
from app.sources import SOURCES
from tests.harness.waiting import hang

NAME = "madeup"


@dataclass(frozen=True)
class Poison:
    """The failure that a client's last name causes in mapping."""

    inner: Any

    def __call__(self, row: Any, joined: Joined, lookups: Lookups) -> Result:
        match row.last_name:
            case "Raises":
                raise ValueError("a failure that nobody foresaw")
            case "Kills":
                os.kill(os.getpid(), signal.SIGKILL)
            case "Hangs":
                hang()
            case "Exhausts":
                _ = bytearray(8 << 30)
        result: Result = self.inner(row, joined, lookups)
        return result


@contextmanager
def registered() -> Iterator[None]:
    """The source is known in this process until the block ends."""
    register()
    try:
        yield
    finally:
        SOURCES.pop(NAME)  # type: ignore[attr-defined]  # a dictionary at run time


def register() -> None:
    """Makes the source known in this process."""
    real = next(iter(SOURCES.values()))
    kinds = tuple(
        replace(kind, to_records=Poison(kind.to_records)) if kind.name == "patients" else kind for kind in real.kinds
    )
    SOURCES[NAME] = Source(name=NAME, label="Madeup", kinds=kinds, layout=real.layout)  # type: ignore[index]  # a dictionary at run time


if __name__ == "__main__":
    from workers.child import main

    register()
    main()
