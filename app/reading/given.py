"""The files as they were handed over: objects in encrypted storage, or a zip, a file or a folder of this machine."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from app.storage.objects import Objects


@dataclass(frozen=True, slots=True)
class Given:
    """One file as it was handed over. `announced` is the size that its provider told, where it told one."""

    path: str
    size: int
    open: Callable[[], BinaryIO]
    announced: int | None = None


class Fetched(Protocol):
    """A file that was downloaded or uploaded into storage."""

    @property
    def path(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def object_key(self) -> str: ...


def from_objects(files: Sequence[Fetched], objects: Objects, data_key: bytes) -> tuple[Given, ...]:
    """Fetched files; what storage holds less of than was announced counts as cut short."""

    def one(file: Fetched) -> Given:
        size = objects.size(file.object_key)
        return Given(file.path, size, lambda: objects.reader(file.object_key, data_key), file.size or None)

    return tuple(one(file) for file in files)


def from_path(path: Path) -> tuple[Given, ...]:
    """A file, or every file of a folder in the order of its names. Symbolic links are not followed."""
    if not path.is_dir():
        return (_local(path, path.name),)
    found = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                found.append(_local(file, file.relative_to(path).as_posix()))
    return tuple(found)


def _local(file: Path, shown: str) -> Given:
    shown = os.fsencode(shown).decode("utf-8", "backslashreplace")  # a name of unknown letters can still be shown
    return Given(shown, file.stat().st_size, lambda: file.open("rb"))
