"""Padding behind the last character of a file: NULs of a disk or a cloud drive, and the DOS end-of-file character."""

import io
from collections.abc import Callable
from typing import BinaryIO

NUL, END_OF_FILE = "\0", "\x1a"
SIGNS = NUL + END_OF_FILE
_SPACE = " \t\r\n"
_TAIL = SIGNS + _SPACE
_TAIL_BYTES = _TAIL.encode()


class Padding:
    """Measures the padding at the end of a file while the file is read. `wide`: each character has two bytes.

    Padding begins with NUL or end-of-file; white space behind that belongs to it. Memory use does not depend on its
    length.
    """

    def __init__(self, *, wide: bool = False) -> None:
        self._unit = 2 if wide else 1
        self.nuls = 0
        self.size = 0  # bytes
        self.has_end = True  # whether a line end follows the last character

    def add(self, chunk: bytes, letters: str = "") -> None:
        """Adds the next bytes of the file; for wide characters, also the characters that they complete."""
        if self._unit == 2:
            kept = len(letters.rstrip(_TAIL))
            rest = letters[kept:]
        else:
            kept = len(chunk.rstrip(_TAIL_BYTES))
            rest = chunk[kept:].decode("latin-1")
        if kept:
            self.size = self.nuls = 0
            self.has_end = False
        self.has_end = self.has_end or "\n" in rest or "\r" in rest
        padding = rest if self.size else rest.lstrip(_SPACE)
        self.size += self._unit * len(padding)
        self.nuls += self._unit * padding.count(NUL)

    def add_half(self, rest: bytes) -> bool:
        """Adds half of a wide character at the end of the file. Returns whether it is padding."""
        if rest == b"\0":
            self.size += 1
            self.nuls += 1
        return rest == b"\0"


class _Until(io.RawIOBase):
    """The beginning of a stream, as if the stream ended there."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io gives
        """See io.RawIOBase."""
        piece = self._stream.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def close(self) -> None:
        """See io.RawIOBase."""
        if not self.closed:
            self._stream.close()
        super().close()


def opened_until(open_: Callable[[], BinaryIO], size: int) -> BinaryIO:
    """Opens the first `size` bytes of a file. Closing them closes the file."""
    return io.BufferedReader(_Until(open_(), size), 1 << 16)
