"""Nameless files and tables of one process: nobody else can read them, and they are gone when they are closed."""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from typing import IO

_CACHE_KIB = 8 * 1024


@dataclass(frozen=True, slots=True)
class PrivateScratch:
    """Makes temporary files and tables in `folder`, or where the system keeps such files."""

    folder: Path | None = None

    def __call__(self) -> IO[bytes]:
        """A temporary file of mode 0600 that has no name."""
        return TemporaryFile(dir=self.folder)

    def database(self) -> sqlite3.Connection:
        """An empty database in such a file, for one thread. It takes 8 MiB of memory, however large it grows.

        Raises OSError or sqlite3.OperationalError where the disk is full.
        """
        handle, path = mkstemp(dir=self.folder, prefix="scratch-")  # of mode 0600
        try:
            os.close(handle)
            made = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "mmap_size = 0"):
                made.execute(f"PRAGMA {setting}").fetchall()
            made.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            made.execute("BEGIN EXCLUSIVE")  # the file is open from here on, and stays so without its name
        finally:
            os.unlink(path)
        return made
