"""The proof that what was mapped is what was stored: a hash of each record's content, and a digest of many records.

The same function hashes a mapped record and a row read back from a database. A stored hash is always computed again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from json.encoder import encode_basestring

from app.caspen.canonical_values import Cell

LARGE = 1 << 18  # characters of a text
_WRAP = 2**256


def content_hash(names: Sequence[str], cells: Iterable[Cell]) -> bytes:
    """blake2b-128 of a record's content columns, by sorted name. Null cells are left out, so null differs from empty.

    Leaving nulls out also means that a new column does not change the hashes of older records.
    """
    members: list[str] = []
    held = tuple(cells)
    for begins, cell in zip(_beginnings(tuple(names)), held, strict=False):
        if type(cell) is str:
            if len(cell) > LARGE:
                return _hash_of_large(names, held)
            members.append(begins + encode_basestring(cell))
        elif cell is not None:
            members.append(begins + _bare(cell))
    return hashlib.blake2b(f"{{{','.join(members)}}}".encode(), digest_size=16).digest()


def _hash_of_large(names: Sequence[str], cells: Sequence[Cell]) -> bytes:
    """The same hash, for a record with a text too large to copy in memory."""
    digest = hashlib.blake2b(b"{", digest_size=16)
    apart = ""
    for begins, cell in zip(_beginnings(tuple(names)), cells, strict=False):
        if cell is None:
            continue
        digest.update(f"{apart}{begins}".encode())
        apart = ","
        if not isinstance(cell, str):
            digest.update(_bare(cell).encode())
            continue
        digest.update(b'"')
        for at in range(0, len(cell), LARGE):
            digest.update(encode_basestring(cell[at : at + LARGE])[1:-1].encode())
        digest.update(b'"')
    digest.update(b"}")
    return digest.digest()


@cache
def _beginnings(names: tuple[str, ...]) -> tuple[str, ...]:
    """The key of each cell in the compact JSON object that is hashed. Far faster than a general encoder."""
    return tuple(f"{encode_basestring(name)}:" for name in names)


def _bare(cell: str | int | bool) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return int.__repr__(cell) if isinstance(cell, int) else encode_basestring(cell)


@dataclass(slots=True)
class Digest:
    """Many records as one number. The order does not matter, and two equal records do not cancel out."""

    count: int = 0
    total: int = 0

    def add(self, record_id: str, content: bytes) -> None:
        self.count += 1
        hashed = hashlib.blake2b(record_id.encode() + b"|" + content, digest_size=32).digest()
        self.total = (self.total + int.from_bytes(hashed, "big")) % _WRAP

    def __add__(self, other: "Digest") -> "Digest":
        return Digest(self.count + other.count, (self.total + other.total) % _WRAP)

    def __str__(self) -> str:
        return f"{self.count}:{self.total:064x}"

    @classmethod
    def parse(cls, text: str) -> "Digest":
        count, _, total = text.partition(":")
        return cls(int(count), int(total, 16))


def place_hash(part: int | None, line: int | None) -> bytes:
    """The place of a record's row in the export, as bytes for the digest of places."""
    return b"%d:%d" % (part or 0, line or 0)


Digests = dict[str, Digest]  # by source kind


def merge(into: Digests, more: Mapping[str, Digest]) -> Digests:
    """Adds digests by source kind to others, in place."""
    for kind, digest in more.items():
        into[kind] = into.get(kind, Digest()) + digest
    return into


def trial_digest(digests: Mapping[str, Digest], order: Iterable[str]) -> str:
    """One hash over the digests of all kinds, in the order of the source's kinds. An approval names this hash."""
    lines = "\n".join(f"{kind} {digests.get(kind, Digest())}" for kind in order)
    return hashlib.blake2b(lines.encode(), digest_size=32).hexdigest()
