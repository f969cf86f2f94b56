"""What stands behind the last letter of a file: NULs of a disk or a cloud drive, and the end sign of DOS."""

import io
from collections.abc import Callable
from typing import BinaryIO

NUL, END_OF_FILE = "\0", "\x1a"
SIGNS = NUL + END_OF_FILE
_SPACE = " \t\r\n"
_TAIL = SIGNS + _SPACE
_TAIL_BYTES = _TAIL.encode()


class Padding:
    """Watches a file go by and knows how many bytes of padding it ends with. `wide`: each letter has two bytes.

    Padding begins with one of its signs; space and line ends behind that belong to it. Memory holds numbers only,
    however long it is.
    """

    def __init__(self, *, wide: bool = False) -> None:
        self._unit = 2 if wide else 1
        self.nuls = 0
        self.size = 0  # in bytes
        self.has_end = True  # whether a line end stands behind the last letter, if there is a letter

    def see(self, chunk: bytes, letters: str = "") -> None:
        """The next bytes of the file; where letters are wide, the letters that they complete."""
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

    def see_half(self, rest: bytes) -> bool:
        """Half of a wide letter that ends the file; says whether that is padding."""
        if rest == b"\0":
            self.size += 1
            self.nuls += 1
        return rest == b"\0"


class _Until(io.RawIOBase):
    """The beginning of a stream, as if it ended there."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io gives
        piece = self._stream.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def opened_until(open_: Callable[[], BinaryIO], size: int) -> BinaryIO:
    """Opens the first `size` bytes of a file. Closing them closes the file."""
    return io.BufferedReader(_Until(open_(), size), 1 << 16)
