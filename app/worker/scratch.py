"""A process's own corner of the disk, readable by nobody else and gone when the process is."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from app.side_effects import effect

OWNER = "process-"


class Scratch:
    """One folder per process below a shared one. What a killed process left is swept by whoever comes next."""

    def __init__(self, shared: Path) -> None:
        self.shared = shared
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        if self._folder is None:
            self._folder = self.shared / f"{OWNER}{os.getpid()}"
            with effect("folder.make"):
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._folder

    def clear(self) -> None:
        """Removes what this process left, so that nothing of a clinic stays on the disk in the clear."""
        if self._folder is not None:
            with effect("folder.remove"):
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def sweep_scratch(shared: Path) -> int:
    """Removes the folders of processes that are no more, and says how many."""
    swept = 0
    for folder in shared.glob(f"{OWNER}*"):
        if not _runs(folder.name.removeprefix(OWNER)):
            with effect("folder.remove"):
                shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def _runs(process: str) -> bool:
    with suppress(ValueError):
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return False
