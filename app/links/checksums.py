"""Checksums of a downloaded file: computed in one read, and compared with the checksums that the provider gives."""

import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import google_crc32c

from app.links.checkpoint import FileState
from app.links.file_signatures import first_kind
from app.links.network_errors import ConnectionLost
from app.storage.objects import Objects

CHECKSUM_PIECE = 1024 * 1024
END_RECORD = b"PK\x05\x06"
LONGEST_END = 22 + 65_535


class ChecksumMismatch(Exception):
    """The file differs from a checksum that the provider gives."""


def verify_checksums(objects: Objects, data_key: bytes, state: FileState, heartbeat: Callable[[], None]) -> str:
    """Reads the stored file and returns its sha256. Raises ChecksumMismatch where the provider's checksum differs.

    `heartbeat` is called for each piece of 1 MiB and may raise to end the read.
    """
    algorithms = [name for name in state.checksums if name in CHECKSUMS]
    sums = {name: CHECKSUMS[name]() for name in {*algorithms, "sha256"}}
    with objects.reader(state.key, data_key) as file, ThreadPoolExecutor(1, "proof") as ahead:
        following = ahead.submit(file.read, CHECKSUM_PIECE)  # a second thread decrypts the next piece meanwhile
        while piece := following.result():
            following = ahead.submit(file.read, CHECKSUM_PIECE)
            heartbeat()
            for checksum in sums.values():
                checksum.update(piece)
    if any(sums[name].hexdigest() != state.checksums[name].lower() for name in algorithms):
        raise ChecksumMismatch
    return sums["sha256"].hexdigest()


def require_zip_end(objects: Objects, data_key: bytes, key: str) -> None:
    """Raises ConnectionLost where a stored zip has no end record. A file of another kind passes."""
    size = objects.size(key)
    with objects.reader(key, data_key) as file:
        if first_kind(file.read(1024)) != "zip":
            return
        file.seek(max(0, size - LONGEST_END))
        tail = file.read()
    for record in re.finditer(re.escape(END_RECORD), tail):
        comment = int.from_bytes(tail[record.start() + 20 : record.start() + 22], "little")
        if record.start() + 22 + comment == len(tail):
            return
    raise ConnectionLost


BLOCK = 4 * 1024**2
ROUND = 160  # bytes after which QuickXorHash returns to the same bit
BITS = 160
SHIFT = 11


class Checksum(Protocol):
    """A running checksum. `hexdigest` is in small letters."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class DropboxContentHash:
    """Dropbox's content hash: the sha256 of the sha256 digests of each 4 MiB block."""

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


class QuickXorHash:
    """Microsoft's QuickXorHash: each byte is XORed into 160 bits, 11 bits after the byte before, then the length.

    Bytes that are ROUND apart meet at the same bit, so whole rounds are XORed with each other first.
    """

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


class CyclicChecksum:
    """A checksum of 32 bits. `extend` continues from the checksum of the earlier bytes."""

    def __init__(self, extend: Callable[[int, bytes], int]) -> None:
        self._extend, self._sum = extend, 0

    def update(self, data: bytes, /) -> None:
        self._sum = self._extend(self._sum, data)

    def hexdigest(self) -> str:
        return f"{self._sum:08x}"


def _folded(data: bytes) -> int:
    """XORs whole rounds with each other. Halves of a long integer are folded first, which is fast."""
    count = len(data) // ROUND
    value = int.from_bytes(data, "little")
    while count > 1:
        half = (count + 1) // 2
        bits = half * ROUND * 8
        value = (value & ((1 << bits) - 1)) ^ (value >> bits)
        count = half
    return value


CHECKSUMS: Mapping[str, Callable[[], Checksum]] = {
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "crc32": lambda: CyclicChecksum(lambda before, data: zlib.crc32(data, before)),
    "crc32c": lambda: CyclicChecksum(google_crc32c.extend),
    "dropbox": DropboxContentHash,
    "quickxor": QuickXorHash,
}
