"""The store of a clinic's files, each under a name such as `m/<migration>/export/0001`, sealed with the clinic's key.

An object appears complete or not at all.
"""

import io
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from app.side_effects import side_effect
from app.storage.batch import ObjectBatch
from app.storage.encryption import CannotOpen
from app.storage.sealed_frames import FRAME, HEADER, SEALED_FRAME, Frames, plain_size, sealed_offset
from app.storage.writing import ObjectAppender, ObjectWriter, make_folder, sync_folder

if TYPE_CHECKING:
    from typing_extensions import Buffer

UNFINISHED = "~part"
TEMPORARY = "~temp"
_SEGMENT = r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,127}"
KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")


class Objects(Protocol):
    """The operations of every object store."""

    def writer(self, key: str, data_key: bytes) -> ObjectWriter:
        """A new object, all or nothing, used in a `with`."""

    def appender(self, key: str, data_key: bytes) -> ObjectAppender:
        """An object that grows over several runs, until `finish`."""

    def batch(self) -> ObjectBatch:
        """Many small objects that become durable together, used in a `with`."""

    def reader(self, key: str, data_key: bytes) -> BinaryIO:
        """The object's bytes, seekable."""

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int: ...

    def delete(self, key: str) -> None:
        """Removes the object and its unfinished parts. A missing object is no error."""

    def delete_prefix(self, prefix: str) -> None:
        """Removes all objects below a name, unfinished objects too."""

    def list(self, prefix: str) -> Iterator[str]:
        """The finished objects below a name, in order."""

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        """The finished objects below a name that were last written before a moment, in order."""

    def sweep_unfinished(self, prefix: str, than: datetime) -> int:
        """Removes unfinished objects that were last written before a moment, and returns their number."""

    def free_space(self) -> int | None:
        """The number of free bytes, or None when there is no limit."""


class LocalObjects:
    """Objects in a folder of this machine, readable by this user only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        make_folder(root)
        root.chmod(0o700)

    def writer(self, key: str, data_key: bytes) -> ObjectWriter:
        return ObjectWriter(*self._temporary(key), key, data_key)

    def appender(self, key: str, data_key: bytes) -> ObjectAppender:
        path = self._made(key)
        return ObjectAppender(path.with_name(path.name + UNFINISHED), path, key, data_key)

    def batch(self) -> ObjectBatch:
        return ObjectBatch(self.root, self._temporary)

    def reader(self, key: str, data_key: bytes) -> BinaryIO:
        return io.BufferedReader(ObjectReader(self._path(key).open("rb"), key, data_key), 64 * 1024)

    def exists(self, key: str) -> bool:
        return os.path.isfile(self._text(key))

    def size(self, key: str) -> int:
        return plain_size(self._path(key).stat().st_size)

    def delete(self, key: str) -> None:
        path = self._path(key)
        for leftover in (path, path.with_name(path.name + UNFINISHED), *path.parent.glob(f"{path.name}{TEMPORARY}*")):
            if leftover.is_file():
                with side_effect("file.remove"):
                    leftover.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)

    def delete_prefix(self, prefix: str) -> None:
        path = self._path(prefix)
        self.delete(prefix)
        if path.is_dir():
            with side_effect("folder.remove"):
                shutil.rmtree(path)
        if path.parent.is_dir():
            sync_folder(path.parent)

    def list(self, prefix: str) -> Iterator[str]:
        path = self._path(prefix)
        paths = [path] if path.is_file() else path.rglob("*")
        yield from sorted(str(p.relative_to(self.root)) for p in paths if p.is_file() and "~" not in p.name)

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        yield from (key for key in self.list(prefix) if self._path(key).stat().st_mtime < than.timestamp())

    def sweep_unfinished(self, prefix: str, than: datetime) -> int:
        left = [p for p in self._path(prefix).rglob("*~*") if p.is_file() and p.stat().st_mtime < than.timestamp()]
        for path in left:
            with side_effect("file.remove"):
                path.unlink(missing_ok=True)
        return len(left)

    def free_space(self) -> int | None:
        return shutil.disk_usage(self.root).free

    def _path(self, key: str) -> Path:
        return Path(self._text(key))

    def _text(self, key: str) -> str:
        if KEY.fullmatch(key) is None:
            raise ValueError("an object's name is made of letters, digits, dots, dashes and slashes")
        return f"{self.root}/{key}"

    def _temporary(self, key: str) -> tuple[Path, Path]:
        """The paths of an unfinished and of the finished object, in a folder that exists."""
        path = self._made(key)
        return Path(f"{path}{TEMPORARY}{secrets.token_hex(8)}"), path

    def _made(self, key: str) -> Path:
        path = self._path(key)
        if path.parent.is_dir():
            return path
        folder = self.root
        for segment in key.split("/")[:-1]:
            folder = folder / segment
            make_folder(folder)
        return path


class ObjectReader(io.RawIOBase):
    """A seekable view of an encrypted object's bytes, in constant memory: one open frame."""

    def __init__(self, file: BinaryIO, name: str, data_key: bytes) -> None:
        super().__init__()
        self._file = file
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")
        try:
            self._frames = Frames(name, data_key, file.read(HEADER))
            self.size = plain_size(file.seek(0, io.SEEK_END))
            self._frame(self.size // FRAME)  # opening the last frame verifies the length and the key
        except BaseException:
            file.close()
            raise

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("a position before the start")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: "Buffer") -> int:
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and self._position < self.size:
            number, within = divmod(self._position, FRAME)
            if not within and len(target) - filled >= FRAME and number < self.size // FRAME:
                self._frames.open_into(number, self._sealed(number), target[filled : filled + FRAME])
                filled += FRAME
                self._position += FRAME
                continue
            plain = self._frame(number)
            taken = min(len(plain) - within, len(target) - filled)
            target[filled : filled + taken] = plain[within : within + taken]
            filled += taken
            self._position += taken
        return filled

    def close(self) -> None:
        if not self.closed:
            self._held = (-1, b"")
            self._file.close()
        super().close()

    def _frame(self, number: int) -> bytes:
        if self._held[0] != number:
            sealed = self._sealed(number)
            self._held = (number, self._frames.open(number, sealed, last=number == self.size // FRAME))
        return self._held[1]

    def _sealed(self, number: int) -> bytes:
        self._file.seek(sealed_offset(number))
        sealed = self._file.read(SEALED_FRAME)
        if not sealed:
            raise CannotOpen("an object")
        return sealed
