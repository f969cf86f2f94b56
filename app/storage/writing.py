"""Writes an encrypted object: at once, or in pieces that survive a crash between them."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from app.side_effects import side_effect
from app.storage.sealed_frames import FRAME, HEADER, SEALED_FRAME, Frames, whole_frames

BATCH = 16 * FRAME
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ObjectAppender:
    """Appends bytes to an object. `checkpoint` makes them durable, a later run continues there, `finish` makes the
    object.

    Only whole frames are durable before the end, so a checkpoint is a multiple of 64 KiB. Leaving the `with` without
    `finish` keeps the written bytes for the next run.
    """

    def __init__(self, unfinished: Path, finished: Path, name: str, data_key: bytes) -> None:
        self._unfinished, self._finished = unfinished, finished
        self._pending = bytearray()
        self._sealed = bytearray()  # buffer for one batch, reused
        self._file = _opened(unfinished)
        try:
            header = self._file.read(HEADER)
            if len(header) < HEADER:
                self._begin(name, data_key, partial_header=header)
            else:
                self._continue(name, data_key, header)
        except BaseException:
            self._file.close()
            raise

    @property
    def position(self) -> int:
        """The number of accepted bytes, durable or not."""
        return self._count * FRAME + len(self._pending)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self._pending += data
        if len(self._pending) >= BATCH:
            self._settle()
        return len(data)

    def checkpoint(self) -> int:
        """Makes every whole frame durable, and returns the number of durable bytes."""
        self._settle()
        self._sync()
        return self._count * FRAME

    def truncate(self, to: int) -> None:
        """Removes everything after `to`, which must be an earlier checkpoint."""
        if to % FRAME or to > self._count * FRAME or to < 0:
            raise ValueError("only a checkpoint that was reached can be gone back to")
        self._pending.clear()
        self._cut(to // FRAME)

    def finish(self) -> int:
        """Finishes the object and makes it durable under its name. Returns its size."""
        size = self._write_last_frame()
        self._sync()
        self._file.close()
        with side_effect("file.rename"):
            self._unfinished.replace(self._finished)
        sync_folder(self._finished.parent)
        return size

    def close(self) -> None:
        """Closes the object unfinished."""
        self._pending.clear()
        with suppress(OSError):  # bytes that a full disk refused were never durable
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write_last_frame(self) -> int:
        """Writes what is pending as the last frame. Returns the size of the object."""
        self._settle()
        with side_effect("file.write"):
            self._file.write(self._frames.seal(self._count, bytes(self._pending), last=True))
            self._file.flush()
        return self.position

    def _settle(self) -> None:
        whole = len(self._pending) // FRAME
        if not whole:
            return
        if len(self._sealed) < (batch := min(whole, BATCH // FRAME) * SEALED_FRAME):
            self._sealed = bytearray(batch)
        with side_effect("file.write"), memoryview(self._pending) as view:
            for at in range(0, whole * FRAME, BATCH):
                with view[at : min(at + BATCH, whole * FRAME)] as plain:
                    self._file.write(self._frames.seal_all(self._count + at // FRAME, plain, self._sealed))
        self._count += whole
        del self._pending[: whole * FRAME]

    def _sync(self) -> None:
        with side_effect("file.sync"):
            self._file.flush()
            os.fsync(self._file.fileno())

    def _begin(self, name: str, data_key: bytes, *, partial_header: bytes) -> None:
        """Writes the header. An empty file is not truncated: ext4 writes each file that was truncated to nothing to the
        disk when it is closed (its option `auto_da_alloc`)."""
        if partial_header:
            self._file.seek(0)
            self._file.truncate()
        header = Frames.new_header()
        self._file.write(header)
        self._frames = Frames(name, data_key, header)
        self._count = 0

    def _continue(self, name: str, data_key: bytes, header: bytes) -> None:
        """Opens the last whole frame, which proves that the name and the key are right, and cuts what follows it."""
        self._frames = Frames(name, data_key, header)
        self._count = whole_frames(self._file.seek(0, os.SEEK_END))
        if self._count:
            self._file.seek(HEADER + (self._count - 1) * SEALED_FRAME)
            self._frames.open(self._count - 1, self._file.read(SEALED_FRAME))
        self._cut(self._count)

    def _cut(self, count: int) -> None:
        self._count = count
        self._file.seek(HEADER + count * SEALED_FRAME)
        self._file.truncate()


class ObjectWriter(ObjectAppender):
    """All or nothing: leaving the `with` normally makes the object; an exception removes it."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file.closed:
            return
        is_finished = False
        try:
            if error is None:
                self.finish()
                is_finished = True
        finally:
            self.close()
            if not is_finished:
                with side_effect("file.remove"):
                    self._unfinished.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Makes a folder that only this user can read."""
    if not folder.is_dir():
        with side_effect("folder.make"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def sync_folder(folder: Path) -> None:
    """Syncs a folder, because a rename is durable only after that."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with side_effect("folder.sync"):
            os.fsync(handle)
    finally:
        os.close(handle)


def _opened(path: Path) -> BinaryIO:
    with side_effect("file.open"):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "r+b", buffering=1024 * 1024)
