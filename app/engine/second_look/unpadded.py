"""A raw file without the signs behind its last letter: NULs of a disk, and the end sign of DOS."""

import codecs
import io
from typing import BinaryIO

CHUNK = 1 << 18
SIGNS = b"\0\x1a"
_SPACE = "\0\x1a \t\r\n"


def is_filled(cell: str) -> bool:
    """Whether a cell holds more than space and such signs."""
    return bool(cell) and not cell.isspace() and bool(cell.strip(_SPACE))


class Unpadded(io.RawIOBase):
    """The bytes of a stream, without padding at its end. Padding longer than a piece is left out wherever it stands.

    In UTF-16 each sign has two bytes, and half of one at the end is left out where it is NUL.
    """

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self._stream = stream
        self._wide = codecs.lookup(codec).name.startswith("utf-16")
        self._big = False
        self._begun = False
        self._held = b""  # padding, as long as nothing is known to stand behind it
        self._half = b""
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io gives
        while not self._ready:
            piece = self._stream.read(CHUNK)
            if not piece:
                self._ready, self._half = (self._held + self._half if self._half.strip(b"\0") else b""), b""
                self._held = b""
                break
            self._take(self._half + piece)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _take(self, piece: bytes) -> None:
        if self._wide:
            self._big = piece.startswith(codecs.BOM_UTF16_BE) if not self._begun else self._big
            self._begun = self._begun or len(piece) > 1
            whole = len(piece) & ~1
            piece, self._half = piece[:whole], piece[whole:]
        kept = self._end(piece)
        if kept:
            self._ready, self._held = self._held + piece[:kept], piece[kept:]
        elif len(self._held) < CHUNK:
            self._held += piece

    def _end(self, piece: bytes) -> int:
        """Where the padding begins that a piece ends with."""
        end = len(piece.rstrip(SIGNS))
        if not self._wide:
            return end
        end += end & 1  # behind it stand letters of which both halves look like padding, and padding
        rest = piece[end:].decode("utf-16-be" if self._big else "utf-16-le")
        return end + 2 * len(rest.rstrip(SIGNS.decode()))
