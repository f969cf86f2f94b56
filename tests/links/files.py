"""Files whose bytes are a function of seed and offset, so that every range of a file of any size exists."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.links.checksums import CHECKSUMS

BLOCK = 64 * 1024
HEAD = b"PK\x03\x04"
TAIL = b"PK\x05\x06" + bytes(18)


@lru_cache(maxsize=256)
def _block(seed: int, number: int) -> bytes:
    return random.Random(f"{seed}:{number}").randbytes(BLOCK)


@dataclass(frozen=True)
class ServedFile:
    """A file of a fake host. The file begins and ends like a zip, unless `text` gives the content."""

    size: int = 300_000
    seed: int = 1
    text: bytes | None = None
    etag: str = '"one"'
    modified: str = "Sun, 01 Nov 2026 10:00:00 GMT"
    name: str = "export.zip"

    @property
    def length(self) -> int:
        return self.size if self.text is None else len(self.text)

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`."""
        if self.text is not None:
            return self.text[start:end]
        first, last = start // BLOCK, max(start, end - 1) // BLOCK
        raw = bytearray(b"".join(_block(self.seed, n) for n in range(first, last + 1)))
        made = raw[start - first * BLOCK : end - first * BLOCK]
        for place, mark in ((0, HEAD), (self.size - len(TAIL), TAIL)):
            for i, byte in enumerate(mark):
                if start <= place + i < end:
                    made[place + i - start] = byte
        return bytes(made)

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, BLOCK):
            yield self.read(at, min(end, at + BLOCK))

    @property
    def sha256(self) -> str:
        return self.sum_of("sha256")

    def sum_of(self, algorithm: str) -> str:
        """The checksum as hex. The checksum is cached, and is computed piece by piece."""
        return _sum(self, algorithm)


@lru_cache(maxsize=256)
def _sum(file: ServedFile, algorithm: str) -> str:
    whole = CHECKSUMS[algorithm]()
    for piece in file.pieces(0, file.length):
        whole.update(piece)
    return whole.hexdigest()


NOTHING = ServedFile(text=b"")
