"""Opens a migration's export for a worker: every read of the export's bytes renews the lease."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from app.migration.exports import fetched_files, zip_password_of
from app.migration.models import ExportFile, Migration
from app.reading.entries import ExportFiles, open_export, private_scratch
from app.reading.given_files import GivenFile
from app.reading.limits import Limits
from app.sources import source as source_named
from app.storage import Objects
from app.worker.excluded_files import files_excluded_in_reading
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

if TYPE_CHECKING:
    from typing_extensions import Buffer

BUFFER = 256 * 1024


class WatchedFile(io.RawIOBase):
    """A file that sends a heartbeat on every read."""

    def __init__(self, inner: BinaryIO, beat: Heartbeat) -> None:
        super().__init__()
        self._inner = inner
        self._beat = beat

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seekable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.RawIOBase."""
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        """See io.RawIOBase."""
        return self._inner.tell()

    def readinto(self, buffer: "Buffer") -> int:
        """See io.RawIOBase."""
        self._beat()
        target = memoryview(buffer).cast("B")
        piece = self._inner.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """See io.RawIOBase."""
        if not self.closed:
            self._inner.close()
        super().close()


def watch_file(objects: Objects, key: bytes, file: ExportFile, beat: Heartbeat) -> GivenFile:
    """Returns a file in storage whose reads renew the lease."""

    def open_export() -> BinaryIO:
        return io.BufferedReader(WatchedFile(objects.reader(file.object_key, key), beat), BUFFER)

    return GivenFile(file.path, file.size, open_export)


@contextmanager
def open_migration_export(runtime: Runtime, migration: Migration, beat: Heartbeat) -> Iterator[ExportFiles]:
    """Opens the files of an export as handed over, for the duration of the block."""
    with runtime.ledger.read() as session:
        files = fetched_files(session, migration.id, migration.export_number)
        password = zip_password_of(session, migration, runtime.link_key(migration))
        excluded = files_excluded_in_reading(session, migration)
    watch = beat.watch()
    watch = replace(watch, excluded=watch.excluded | excluded)
    given = [watch_file(runtime.objects, runtime.key(migration), file, beat) for file in files]
    source = source_named(migration.source)
    with open_export(given, source, Limits(), private_scratch(runtime.scratch.folder), password, watch) as export:
        yield export
