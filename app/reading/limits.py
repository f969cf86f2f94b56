"""Limits of an export: sizes, counts and times beyond which a file or an archive is refused."""

import time
from dataclasses import dataclass

from app.mapping.client_files import MOST_BYTES
from app.reading.refusal import Refused

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
MOST_PARTS = 50_000  # objects and lists of a JSON cell; no person writes as many, and each takes hundreds of bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a reading; tests use smaller ones. `*_bytes` are bytes, `*_seconds` seconds, `ratio` is unpacked to
    packed size."""

    entries: int = 2_000_000
    directory_bytes: int = 512 * MIB
    total_bytes: int = 200 * GIB
    entry_bytes: int = 5 * GIB
    ratio: int = 200
    ratio_after: int = 10 * MIB
    dense_bytes: int = 128 * MIB  # of a file beyond the ratio whose first bytes have a known type
    dense_total_bytes: int = GIB  # of all such files in an outermost archive
    unpack_seconds: float = 600.0
    stray_bytes: int = 64 * KIB  # before or after an archive
    path_bytes: int = 1024
    path_part_bytes: int = 255
    depth: int = 32
    cell_bytes: int = 5 * MIB
    row_bytes: int = 8 * MIB
    columns: int = 1000
    row_cells: int = 10_000  # a longer row keeps the cells of possible columns, and the proof that it is too long
    file_bytes: int = MOST_BYTES  # of a file that belongs to a patient
    part_rows: int = 4000
    part_bytes: int = 4 * MIB
    part_cells: int = 80_000  # filled cells: each answer to a clinic's question becomes a record
    workbook_bytes: int = 256 * MIB
    workbook_cells: int = 6_000_000  # of a sheet, including empty cells between the first and the last
    workbook_elements: int = 26_000_000  # XML elements in a part of a workbook
    workbook_strings: int = 6_000_000  # start and end tags of shared strings
    workbook_sheets: int = 1000


_BLOCK = 1 << 16


def size_of(text: str, start: int = 0, end: int | None = None) -> int:
    """Returns the UTF-8 bytes of a text, or of a stretch of it, without encoding the whole text at once."""
    end = len(text) if end is None else end
    if text.isascii():
        return end - start
    blocks = (text[at : min(at + _BLOCK, end)] for at in range(start, end, _BLOCK))
    return sum(len(block.encode("utf-8", "surrogatepass")) for block in blocks)


def is_over(text: str, limit: int) -> bool:
    """Returns whether a text has more UTF-8 bytes than the limit. Counts only if it could: a character has at most 4
    bytes."""
    return len(text) > limit or (len(text) * 4 > limit and size_of(text) > limit)


def has_too_many_parts(text: str, start: int = 0) -> bool:
    """Returns whether JSON, from `start` on, has more objects and lists than a cell may have. Counts only if it
    could."""
    return len(text) - start > MOST_PARTS and text.count("{", start) + text.count("[", start) > MOST_PARTS


@dataclass(slots=True)
class Budget:
    """What an outermost archive has used of its limits, inner archives included.

    A refusal with `ends_archive` concerns the whole archive; any other concerns a single file, and the others are read.
    """

    limits: Limits
    entries: int = 0
    total: int = 0
    dense: int = 0  # bytes of dense files that are read
    seconds: float = 0.0

    def must_have_room(self, number: int) -> None:
        """Raises Refused for an archive with too many entries, before they are listed."""
        if self.entries + number > self.limits.entries:
            raise too_many_entries(self.limits)

    def count_entries(self, number: int) -> None:
        """Counts listed entries, also those of a refused archive: they cost as much."""
        self.must_have_room(0)
        self.entries += number
        self.must_have_room(0)

    def announce(self, packed: int, size: int) -> None:
        """Adds an entry's announced size to the total. An entry that is refused alone does not count."""
        if self._is_too_large(packed, size):
            return
        self.total += size
        if self.total > self.limits.total_bytes:
            raise bomb_refusal(f"more than {self.limits.total_bytes // GIB} GiB", ends_archive=True)

    def judge(self, packed: int, size: int) -> None:
        """Raises Refused for an entry that is too large, before a byte of it is unpacked."""
        if size > self.limits.entry_bytes:
            raise bomb_refusal(f"more than {self.limits.entry_bytes // GIB} GiB")
        if self._is_too_large(packed, size):
            raise _grown(packed, size)

    def judge_strictly(self, packed: int, size: int) -> None:
        """Raises Refused for an entry that is too large or too dense by the sizes known so far."""
        self.judge(packed, size)
        if self.is_dense(packed, size):
            raise _grown(packed, size)

    def is_dense(self, packed: int, size: int) -> bool:
        """Returns whether an entry unpacks beyond the ratio. Rows of empty cells and white pictures do; so do zip
        bombs."""
        return size > self.limits.ratio_after and size > self.limits.ratio * max(packed, 1)

    def take_dense(self, packed: int, size: int, *, is_known: bool) -> None:
        """Counts a dense entry. Raises Refused for an unknown type, and beyond the total of dense entries."""
        if not is_known or self.dense + size > self.limits.dense_total_bytes:
            raise _grown(packed, size)
        self.dense += size

    def spend(self, started: float) -> None:
        """Adds the time since `started`, a reading of time.monotonic(). Raises Refused when the time is used up."""
        self.seconds += time.monotonic() - started
        if self.is_out_of_time:
            raise bomb_refusal(f"more than we can read in {self.limits.unpack_seconds:.0f} s", ends_archive=True)

    @property
    def is_out_of_time(self) -> bool:
        """Whether unpacking has used up its time."""
        return self.seconds > self.limits.unpack_seconds

    def _is_too_large(self, packed: int, size: int) -> bool:
        limits = self.limits
        return size > limits.entry_bytes or (size > limits.dense_bytes and self.is_dense(packed, size))


def too_many_entries(limits: Limits) -> Refused:
    """Returns the refusal of an archive with too many entries."""
    return bomb_refusal(f"more than {limits.entries:,} files", ends_archive=True)


def _grown(packed: int, size: int) -> Refused:
    return bomb_refusal(f"far more than its size: {size // max(packed, 1):,} times as much")


def bomb_refusal(limit: str, *, ends_archive: bool = False) -> Refused:
    """Returns the refusal of an archive over a limit. `limit` completes the words "unpacks to"."""
    return Refused("zip_bomb_suspected", details={"limit": limit}, ends_archive=ends_archive)
