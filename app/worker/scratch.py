"""A private folder on disk for each process, deleted when the process ends."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from app.side_effects import side_effect

OWNER = "process-"


class Scratch:
    """One folder per process in a shared folder. Later processes remove the folders of killed processes."""

    def __init__(self, shared: Path) -> None:
        self.shared = shared
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder of this process. The first call makes the folder."""
        folder = self._folder
        if folder is None:
            folder = self.shared / f"{OWNER}{os.getpid()}"
            with side_effect("folder.make"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder = folder  # only now, because another thread uses the folder as soon as it is known
        return folder

    def clear(self) -> None:
        """Removes this process's files, so that no clinic's data stays unencrypted on the disk."""
        if self._folder is not None:
            with side_effect("folder.remove"):
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def sweep_scratch(shared: Path) -> int:
    """Removes the folders of ended processes, and returns their number."""
    swept = 0
    for folder in shared.glob(f"{OWNER}*"):
        if not _runs(folder.name.removeprefix(OWNER)):
            with side_effect("folder.remove"):
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
