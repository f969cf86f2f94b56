"""Writes many small objects that become durable together: a disk takes about as long for one object as for hundreds."""

import ctypes
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from app.side_effects import side_effect
from app.storage.writing import ObjectWriter, sync_folder

FULL_OBJECTS = 512
FULL_BYTES = 8 << 20

_syncfs: "Callable[[int], int] | None" = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
"""Linux writes a whole file system to its disk in one call (syncfs(2)); None on other systems."""


class ObjectBatch:
    """Objects that appear together, at `settle`. None of them appears before all of them are durable.

    Leaving the `with` settles the batch; an exception removes its objects.
    """

    def __init__(self, root: Path, place: Callable[[str], tuple[Path, Path]]) -> None:
        """`place` makes the folder of a key, and returns the paths of its unfinished and its finished object."""
        self._root = root
        self._place = place
        self._written: dict[str, tuple[Path, Path]] = {}  # by key, as `place` returned them
        self._bytes = 0

    def writer(self, key: str, data_key: bytes) -> ObjectWriter:
        """A new object of the batch, all or nothing, used in a `with`."""
        unfinished, finished = self._place(key)
        return _BatchWriter(self, unfinished, finished, key, data_key)

    def has(self, key: str) -> bool:
        """Whether an object of that key was written and waits for `settle`."""
        return key in self._written

    @property
    def is_full(self) -> bool:
        """Whether the batch should be settled: it has 512 objects or 8 MiB."""
        return len(self._written) >= FULL_OBJECTS or self._bytes >= FULL_BYTES

    def settle(self) -> None:
        """Makes the written objects durable under their names. A second call does nothing.

        Raises OSError where the disk is full or fails. No object appears before all of them are durable.
        """
        if not self._written:
            return
        self._sync([unfinished for unfinished, _ in self._written.values()])
        for unfinished, finished in self._written.values():
            with side_effect("file.rename"):
                unfinished.replace(finished)
        folders = {finished.parent for _, finished in self._written.values()}
        self._written = {}
        self._bytes = 0
        self._sync_folders(folders)

    def add(self, key: str, unfinished: Path, finished: Path, size: int) -> None:
        """Adds an object whose bytes are written. An earlier one of the same name is removed."""
        if earlier := self._written.get(key):
            earlier[0].unlink(missing_ok=True)
        self._written[key] = unfinished, finished
        self._bytes += size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self.settle()
        finally:
            for unfinished, _ in self._written.values():
                with side_effect("file.remove"):
                    unfinished.unlink(missing_ok=True)
            self._written = {}

    def _sync(self, files: Iterable[Path]) -> None:
        with side_effect("file.sync"):
            if not _sync_file_system(self._root):
                for file in files:
                    _sync_file(file)

    def _sync_folders(self, folders: Iterable[Path]) -> None:
        with side_effect("folder.sync"):
            if not _sync_file_system(self._root):
                for folder in folders:
                    sync_folder(folder)


class _BatchWriter(ObjectWriter):
    """Writes an object of a batch; the batch makes it durable."""

    def __init__(self, batch: ObjectBatch, unfinished: Path, finished: Path, name: str, data_key: bytes) -> None:
        super().__init__(unfinished, finished, name, data_key)
        self._batch, self._key = batch, name

    def finish(self) -> int:
        size = self._write_last_frame()
        self._file.close()
        self._batch.add(self._key, self._unfinished, self._finished, size)
        return size


def _sync_file_system(folder: Path) -> bool:
    """Makes everything durable that was written in the file system of a folder. False where the system has no such
    call."""
    if _syncfs is None:
        return False
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _syncfs(handle) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
    finally:
        os.close(handle)
    return True


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
