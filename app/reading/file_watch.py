"""Announces each file before its first byte is read, so that a file that crashes its reader is known.

A file is named by a key that is the same in every reading of the same export.
"""

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from app.reading.refusal import Refused

_BETWEEN = "\n"
STOPS_READER = "file_stops_reader"
LOOP_SECONDS = 1.0


def ignore_key(key: str) -> None:
    """Does nothing."""


def do_nothing() -> None:
    """Does nothing."""


@dataclass(frozen=True, slots=True)
class FileWatch:
    """`opening` is called with a file's key before its bytes are read. Files in `excluded`, by key or path, are refused
    and not opened. `advancing` is called as bytes come out of an archive, since a dense file takes long. `marker` is
    for tests only: see `act_as_killer`."""

    opening: Callable[[str], None] = ignore_key
    excluded: frozenset[str] = field(default_factory=frozenset)
    marker: str = ""
    advancing: Callable[[], None] = do_nothing

    def refusal(self, key: str, path: str) -> Refused | None:
        """Returns the refusal of a file that is excluded; None for any other file."""
        return Refused(STOPS_READER) if key in self.excluded or path in self.excluded else None

    def begin(self, key: str) -> None:
        """Announces that a file is about to be parsed."""
        self.opening(key)
        if self.marker:
            act_as_killer(key, self.marker)


NO_WATCH = FileWatch()


def key_of(path: str, archive: str = "") -> str:
    """Returns the key of a file: its path, preceded by the archive's path for a file of an archive."""
    return f"{archive}{_BETWEEN}{path}" if archive else path


def path_of(key: str) -> str:
    """Returns the path of a file by its key."""
    return key.rpartition(_BETWEEN)[2]


def act_as_killer(key: str, marker: str) -> None:
    """For tests only: behaves as a hostile file makes a parser behave, for a file whose key contains the marker.

    The setting has an effect with ENVIRONMENT=test only. `MARKER-aborts` ends the process, `MARKER-loops` never
    returns (it computes for a second and sleeps from then on), and `MARKER-eats` takes all memory.
    """
    if f"{marker}-aborts" in key:
        os.abort()
    if f"{marker}-loops" in key:
        _loop()
    if f"{marker}-eats" in key:
        _eat()


def _loop() -> NoReturn:
    until = time.monotonic() + LOOP_SECONDS
    while time.monotonic() < until:
        sum(range(1_000_000))
    while True:
        time.sleep(LOOP_SECONDS)


def _eat() -> NoReturn:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kept = []
    try:
        while True:
            kept.append(bytearray(16 << 20))
    except MemoryError:
        os.abort()  # as a native library does without memory
