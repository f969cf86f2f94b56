"""Reading that is seen to advance: as bytes of the export are read and rows enter the index, the lease is renewed."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from app.engine.heartbeat import Heartbeat
from app.engine.index.attachments import Attachments
from app.engine.index.entry import IndexEntry
from app.engine.index.store import Index
from app.engine.reading.given import Given
from app.migration.models import ExportFile
from app.storage import Objects

if TYPE_CHECKING:
    from typing_extensions import Buffer

BUFFER = 256 * 1024


class WatchedFile(io.RawIOBase):
    """A file that beats whenever it is read."""

    def __init__(self, inner: BinaryIO, beat: Heartbeat) -> None:
        super().__init__()
        self._inner = inner
        self._beat = beat

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def readinto(self, buffer: "Buffer") -> int:
        self._beat()
        target = memoryview(buffer).cast("B")
        piece = self._inner.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


class BeatingIndex:
    """An index that beats whenever rows are added to it."""

    def __init__(self, index: Index, beat: Heartbeat) -> None:
        self._index = index
        self._beat = beat

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        self._beat()
        return self._index.add(kind, part, entries, file=file)

    def present(self, kind: str) -> None:
        self._index.present(kind)

    def drop_file(self, file: int) -> None:
        self._index.drop_file(file)

    @property
    def attachments(self) -> Attachments:
        return self._index.attachments


def watched(objects: Objects, key: bytes, file: ExportFile, beat: Heartbeat) -> Given:
    """A file in storage, to be read under watch."""

    def opened() -> BinaryIO:
        return io.BufferedReader(WatchedFile(objects.reader(file.object_key, key), beat), BUFFER)

    return Given(file.path, file.size, opened)
