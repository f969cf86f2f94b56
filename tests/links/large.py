"""Files of any size that are cheap to create: a block of noise, repeated with a new number each time."""

import hashlib
import random
from dataclasses import dataclass
from functools import cache

from tests.links.files import HEAD, TAIL, ServedFile

BLOCK = 1024**2


@cache
def _noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(BLOCK)


@dataclass(frozen=True)
class LargeFile(ServedFile):
    """A served file whose megabytes differ from each other by their number only."""

    def read(self, start: int, end: int) -> bytes:
        first, last = start // BLOCK, max(start, end - 1) // BLOCK
        parts = []
        for n in range(first, last + 1):
            at = n * BLOCK
            part = (HEAD if n == 0 else b"NEXT") + n.to_bytes(8, "big") + _noise(self.seed)[12:]
            if at + BLOCK >= self.size:
                whole = part[: self.size - at]
                part = whole[: len(whole) - len(TAIL)] + TAIL if len(whole) >= len(TAIL) else whole
            parts.append(part[max(0, start - at) : max(0, end - at)])
        return b"".join(parts)

    def sha256_of_all(self) -> str:
        whole = hashlib.sha256()
        for at in range(0, self.size, BLOCK):
            whole.update(self.read(at, min(self.size, at + BLOCK)))
        return whole.hexdigest()
