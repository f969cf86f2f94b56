"""The server's own copy of an export, as a limited process gets it: the files' keys in storage and the data key."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.reading.entries import ExportFiles, open_export, private_scratch
from app.reading.file_watch import FileWatch
from app.reading.given_files import from_objects
from app.reading.limits import Limits
from app.sources import source as source_named
from app.storage import LocalObjects


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """One file as it was handed over: path, size in bytes, key in storage."""

    path: str
    size: int
    object_key: str


@dataclass(frozen=True, slots=True)
class ExportCopy:
    """All files of an export. `repr` shows neither the data key nor the password.

    `excluded`: keys or paths of files that are not opened.
    """

    root: str
    data_key: str = field(repr=False)
    files: tuple[CopiedFile, ...]
    source: str
    password: str | None = field(repr=False)
    scratch: str
    excluded: tuple[str, ...]
    marker: str

    def without(self, key: str) -> "ExportCopy":
        """The same copy with one more file that is not opened."""
        return replace(self, excluded=(*self.excluded, key))

    @contextmanager
    def opened(self, opening: Callable[[str], None]) -> Iterator[ExportFiles]:
        """The files, archives unpacked, each ready to be streamed; `opening` hears of each before it is read."""
        objects, key = LocalObjects(Path(self.root)), base64.b64decode(self.data_key)
        given = from_objects(self.files, objects, key)
        watch = FileWatch(opening, frozenset(self.excluded), self.marker)
        scratch = private_scratch(Path(self.scratch))
        with open_export(given, source_named(self.source), Limits(), scratch, self.password, watch) as files:
            yield files
