"""The files as they were handed over: objects in encrypted storage, or a zip, file or folder on this machine."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from app.storage.objects import Objects


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was handed over. `announced` is the size that its provider announced, None if unknown. Sizes are in
    bytes."""

    path: str
    size: int
    open: Callable[[], BinaryIO]
    announced: int | None = None


class StoredFile(Protocol):
    """A file that was downloaded or uploaded into storage."""

    @property
    def path(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def object_key(self) -> str: ...


def from_objects(files: Sequence[StoredFile], objects: Objects, data_key: bytes) -> tuple[GivenFile, ...]:
    """Returns stored files. A file with fewer bytes in storage than announced counts as incomplete."""

    def given_file(file: StoredFile) -> GivenFile:
        size = objects.size(file.object_key)
        return GivenFile(file.path, size, lambda: objects.reader(file.object_key, data_key), file.size or None)

    return tuple(given_file(file) for file in files)


def from_path(path: Path) -> tuple[GivenFile, ...]:
    """Returns a file, or every file of a folder sorted by name. Symbolic links are not followed."""
    if not path.is_dir():
        return (_local(path, path.name),)
    files = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                files.append(_local(file, file.relative_to(path).as_posix()))
    return tuple(files)


def _local(file: Path, shown: str) -> GivenFile:
    shown = os.fsencode(shown).decode("utf-8", "backslashreplace")  # a name of unknown encoding can still be shown
    return GivenFile(shown, file.stat().st_size, lambda: file.open("rb"))
