"""The fingerprints that providers give for a file, each computed while it is read once: as hex, in small letters."""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import google_crc32c

BLOCK = 4 * 1024**2
ROUND = 160  # bytes after which QuickXorHash comes back to the same bit
BITS = 160
SHIFT = 11


class Sum(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class DropboxHash:
    """Dropbox's content hash: the sha256 of the sha256 digests of each 4 MiB."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._block = hashlib.sha256()
        self._filled = 0

    def update(self, data: bytes, /) -> None:
        view = memoryview(data)
        while view:
            taken = min(len(view), BLOCK - self._filled)
            self._block.update(view[:taken])
            self._filled += taken
            view = view[taken:]
            if self._filled == BLOCK:
                self._close()

    def _close(self) -> None:
        self._whole.update(self._block.digest())
        self._block, self._filled = hashlib.sha256(), 0

    def hexdigest(self) -> str:
        whole = self._whole.copy()
        if self._filled:
            whole.update(self._block.digest())
        return whole.hexdigest()


class QuickXor:
    """Microsoft's QuickXorHash: every byte is put over the hash 11 bits further on, around and around, and the length
    over its end. Bytes that are a round apart meet at the same bit, so whole rounds are put over each other first."""

    def __init__(self) -> None:
        self._rounds = 0
        self._rest = b""
        self._length = 0

    def update(self, data: bytes, /) -> None:
        self._length += len(data)
        data = self._rest + data
        whole = len(data) // ROUND * ROUND
        self._rest = data[whole:]
        self._rounds ^= _folded(data[:whole])

    def hexdigest(self) -> str:
        last = self._rounds ^ int.from_bytes(self._rest, "little")
        value = 0
        for place, byte in enumerate(last.to_bytes(ROUND, "little")):
            at = place * SHIFT % BITS
            value ^= byte << at
        value = (value ^ value >> BITS) & ((1 << BITS) - 1)
        value ^= self._length << (BITS - 64)
        return (value & ((1 << BITS) - 1)).to_bytes(BITS // 8, "little").hex()


class Cyclic:
    """A sum of 32 bits; `onward` goes on from the sum of what came before."""

    def __init__(self, onward: Callable[[int, bytes], int]) -> None:
        self._onward, self._sum = onward, 0

    def update(self, data: bytes, /) -> None:
        self._sum = self._onward(self._sum, data)

    def hexdigest(self) -> str:
        return f"{self._sum:08x}"


def _folded(data: bytes) -> int:
    """Whole rounds, put over each other: halves of a long number first, so that it is fast."""
    count = len(data) // ROUND
    value = int.from_bytes(data, "little")
    while count > 1:
        half = (count + 1) // 2
        bits = half * ROUND * 8
        value = (value & ((1 << bits) - 1)) ^ (value >> bits)
        count = half
    return value


SUMS: Mapping[str, Callable[[], Sum]] = {
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "crc32": lambda: Cyclic(lambda before, data: zlib.crc32(data, before)),
    "crc32c": lambda: Cyclic(google_crc32c.extend),
    "dropbox": DropboxHash,
    "quickxor": QuickXor,
}
