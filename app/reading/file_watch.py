"""Which file is being read: announced before its first byte is, so that a file that ends its reader is known.

A file is named by a key that is the same in every reading of the same export.
"""

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from app.reading.refusal import Refused

_BETWEEN = "\n"
STOPS_READER = "file_stops_reader"


def nobody(key: str) -> None:
    """Nobody wants to know."""


def nothing() -> None:
    """Nobody waits for a sign."""


@dataclass(frozen=True, slots=True)
class FileWatch:
    """`opening` is called with a file's key before its bytes are read; files in `aside`, named by key or by path, are
    refused and not opened. `advancing` is called as bytes of a file come out of an archive: one that is packed well is
    read for long and never in silence. `marker` is for tests alone: see `act_as_killer`."""

    opening: Callable[[str], None] = nobody
    aside: frozenset[str] = field(default_factory=frozenset)
    marker: str = ""
    advancing: Callable[[], None] = nothing

    def refusal(self, key: str, path: str) -> Refused | None:
        """Why a file is not to be opened; None for a file that is."""
        return Refused(STOPS_READER) if key in self.aside or path in self.aside else None

    def begin(self, key: str) -> None:
        """The file is about to be read whole, by whatever parses its kind."""
        self.opening(key)
        if self.marker:
            act_as_killer(key, self.marker)


NO_WATCH = FileWatch()


def key_of(path: str, archive: str = "") -> str:
    """The key of a file: its path, and for a file of an archive the archive's."""
    return f"{archive}{_BETWEEN}{path}" if archive else path


def path_of(key: str) -> str:
    """The path of a file by its key."""
    return key.rpartition(_BETWEEN)[2]


def act_as_killer(key: str, marker: str) -> None:
    """For tests alone: does what a hostile file would make a parser do, for a file whose name holds the marker.

    The marker is a setting that is heard with ENVIRONMENT=test only. `MARKER-aborts` ends the process, `MARKER-loops`
    never comes back, and `MARKER-eats` takes memory until there is none.
    """
    if f"{marker}-aborts" in key:
        os.abort()
    if f"{marker}-loops" in key:
        _loop()
    if f"{marker}-eats" in key:
        _eat()


def _loop() -> NoReturn:
    while True:
        sum(range(1_000_000))


def _eat() -> NoReturn:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kept = []
    try:
        while True:
            kept.append(bytearray(16 << 20))
    except MemoryError:
        os.abort()  # as a library does that cannot go on without memory
