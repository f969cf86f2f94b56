"""Reads one encrypted object from anywhere in it, in constant memory."""

import io
from typing import TYPE_CHECKING, BinaryIO

from app.storage.encryption import CannotOpen
from app.storage.frames import FRAME, HEADER, SEALED_FRAME, Frames, plain_size, sealed_offset

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ObjectReader(io.RawIOBase):
    """A seekable view of an object's bytes; holds one open frame."""

    def __init__(self, file: BinaryIO, name: str, data_key: bytes) -> None:
        super().__init__()
        self._file = file
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")
        try:
            self._frames = Frames(name, data_key, file.read(HEADER))
            self.size = plain_size(file.seek(0, io.SEEK_END))
            self._frame(self.size // FRAME)  # the last frame proves the length and the key
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
