"""The bytes of an entry of an archive: as stored, or unpacked under limits and checked at the end."""

import bz2
import io
import lzma
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from stream_inflate import BackwardsTooFar, StreamInflateError, stream_inflate64

from app.reading.file_watch import do_nothing
from app.reading.limits import Budget
from app.reading.refusal import Refused

STORED, DEFLATE, DEFLATE64, BZIP2, LZMA = 0, 8, 9, 12, 14
CHUNK = 1 << 16
_BROKEN = (zlib.error, OSError, EOFError, lzma.LZMAError, StreamInflateError, BackwardsTooFar, ValueError)


class Window(io.RawIOBase):
    """A view of `length` bytes from `start` of a shared, seekable file. Several windows may share a file."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._start = start
        self._length = length
        self._at = 0

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seekable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.RawIOBase."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """See io.RawIOBase."""
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # narrower than Buffer
        """See io.RawIOBase."""
        wanted = min(len(buffer), self._length - self._at)
        if wanted <= 0:
            return 0
        self._file.seek(self._start + self._at)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def buffered(raw: io.RawIOBase, size: int = 1 << 16) -> BinaryIO:
    """Returns a buffered reader of a raw stream. `size` is in bytes."""
    return io.BufferedReader(raw, size)


class Unpacked(io.RawIOBase):
    """Streams an entry. Raises Refused `zip_damaged` for a wrong checksum or size, `zip_bomb_suspected` for too many
    bytes.

    The announced size was checked before; more bytes than announced are never returned.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        *,
        crc: int | None,
        packed: int,
        size: int,
        budget: Budget,
        advancing: Callable[[], None] = do_nothing,
    ) -> None:
        self._pieces = pieces
        self._advancing = advancing
        self._crc, self._packed, self._size, self._budget = crc, packed, size, budget
        self._seen_crc = 0
        self._out = 0
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # narrower than Buffer
        """See io.RawIOBase."""
        while not self._left:
            piece = self._next()
            if piece is None:
                return 0
            self._left = memoryview(piece)
        length = min(len(buffer), len(self._left))
        buffer[:length] = self._left[:length]
        self._left = self._left[length:]
        return length

    def _next(self) -> bytes | None:
        self._advancing()
        started = time.monotonic()
        try:
            piece = next(self._pieces, None)
        except _BROKEN:
            raise Refused("zip_damaged") from None
        self._budget.spend(started)
        if piece is None:
            if self._out != self._size or (self._crc is not None and self._seen_crc != self._crc):
                raise Refused("zip_damaged")
            return None
        self._out += len(piece)
        self._seen_crc = zlib.crc32(piece, self._seen_crc)
        if self._out > self._size:
            self._overrun()
        return piece

    def _overrun(self) -> None:
        """Handles more bytes than announced: a bomb if they do not end soon, otherwise damage."""
        self._budget.judge_strictly(self._packed, self._out)
        try:
            while (piece := next(self._pieces, None)) is not None:
                self._out += len(piece)
                self._budget.judge_strictly(self._packed, self._out)
        except _BROKEN:
            pass
        raise Refused("zip_damaged")


def pieces_of(packed: BinaryIO, method: int) -> Iterator[bytes]:
    """Yields the unpacked bytes in bounded pieces (methods: APPNOTE 4.4.5). Raises Refused `zip_method_unsupported` for
    an unknown method."""
    ways: dict[int, Callable[[BinaryIO], Iterator[bytes]]] = {
        STORED: _stored,
        DEFLATE: _deflate,
        DEFLATE64: _deflate64,
        BZIP2: _bzip2,
        LZMA: _lzma,
    }
    if method not in ways:
        raise Refused("zip_method_unsupported")
    return ways[method](packed)


def _stored(packed: BinaryIO) -> Iterator[bytes]:
    while piece := packed.read(CHUNK):
        yield piece


def _deflate(packed: BinaryIO) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    feed = b""
    while not inflater.eof:
        feed = inflater.unconsumed_tail or packed.read(CHUNK)
        piece = inflater.decompress(feed, 4 * CHUNK)
        if piece:
            yield piece
        elif not feed:
            raise EOFError


def _deflate64(packed: BinaryIO) -> Iterator[bytes]:
    chunks, is_done, _unused = stream_inflate64()
    yield from chunks(iter(lambda: packed.read(CHUNK), b""))
    if not is_done():
        raise EOFError


def _bzip2(packed: BinaryIO) -> Iterator[bytes]:
    yield from _bounded(bz2.BZ2Decompressor(), packed)


def _lzma(packed: BinaryIO) -> Iterator[bytes]:
    head = packed.read(4)
    if len(head) < 4:
        raise EOFError
    properties = packed.read(struct.unpack("<H", head[2:])[0])
    filters = [lzma._decode_filter_properties(lzma.FILTER_LZMA1, properties)]  # type: ignore[attr-defined]  # as zipfile
    dictionary = filters[0].get("dict_size", 0)
    if dictionary > 128 << 20:
        raise ValueError
    yield from _bounded(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), packed, may_lack_end=True)


def _bounded(
    unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor, packed: BinaryIO, *, may_lack_end: bool = False
) -> Iterator[bytes]:
    while not unpacker.eof:
        feed = packed.read(CHUNK) if unpacker.needs_input else b""
        ended = unpacker.needs_input and not feed
        piece = unpacker.decompress(feed, 4 * CHUNK)
        if piece:
            yield piece
        elif ended:
            if may_lack_end:
                return
            raise EOFError
