"""How much an export may ask of us: sizes, counts and times beyond which a file or an archive is refused."""

import time
from dataclasses import dataclass

from app.mapping.files import MOST_BYTES
from app.reading.refusal import Refused

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one reading. Tests make them smaller."""

    entries: int = 2_000_000
    directory_bytes: int = 512 * MIB
    total_bytes: int = 200 * GIB
    entry_bytes: int = 5 * GIB
    ratio: int = 200
    ratio_after: int = 10 * MIB
    dense_bytes: int = 128 * MIB  # of one file beyond the ratio whose first bytes are a table's, a picture's or so
    dense_total_bytes: int = GIB  # of all such files of an outermost archive
    unpack_seconds: float = 600.0
    stray_bytes: int = 64 * KIB  # before or after an archive
    path_bytes: int = 1024
    path_part_bytes: int = 255
    depth: int = 32
    cell_bytes: int = 5 * MIB
    row_bytes: int = 8 * MIB
    columns: int = 1000
    row_cells: int = 10_000  # a row of more is kept as far as it may have columns, and what tells that it is too long
    file_bytes: int = MOST_BYTES  # of a file that belongs to a patient
    part_rows: int = 4000
    part_bytes: int = 4 * MIB
    part_cells: int = 80_000  # filled ones: of a clinic's many questions each answer becomes a record
    workbook_bytes: int = 256 * MIB
    workbook_cells: int = 6_000_000  # of one sheet, empty ones between the first and the last included
    workbook_elements: int = 26_000_000  # of XML, in one part of a workbook
    workbook_strings: int = 6_000_000  # beginnings and ends of shared strings
    workbook_sheets: int = 1000


_BLOCK = 1 << 16


def size_of(text: str, start: int = 0, end: int | None = None) -> int:
    """How many bytes a text, or a stretch of it, has in a file, counted without a second one of it."""
    end = len(text) if end is None else end
    if text.isascii():
        return end - start
    blocks = (text[at : min(at + _BLOCK, end)] for at in range(start, end, _BLOCK))
    return sum(len(block.encode("utf-8", "surrogatepass")) for block in blocks)


def is_over(text: str, limit: int) -> bool:
    """Whether a text has more bytes than it may. Counted only where it could: a sign has four of them at most."""
    return len(text) > limit or (len(text) * 4 > limit and size_of(text) > limit)


@dataclass(slots=True)
class Budget:
    """What one outermost archive has used of its limits, inner archives included.

    A refusal that `ends_archive` is of the whole archive; any other is of one file, and the others are read.
    """

    limits: Limits
    entries: int = 0
    total: int = 0
    dense: int = 0  # bytes of files beyond the ratio that are read all the same
    seconds: float = 0.0

    def must_have_room(self, number: int) -> None:
        """Refuses an archive of so many entries before they are listed."""
        if self.entries + number > self.limits.entries:
            raise too_many(self.limits)

    def count_entries(self, number: int) -> None:
        """Counts entries that were listed: those of an archive that is refused, too, since they cost as much."""
        self.must_have_room(0)
        self.entries += number
        self.must_have_room(0)

    def announce(self, packed: int, size: int) -> None:
        """Adds what the directory says of one entry to the total. An entry that is refused alone counts for nothing."""
        if self._is_too_large(packed, size):
            return
        self.total += size
        if self.total > self.limits.total_bytes:
            raise beyond(f"more than {self.limits.total_bytes // GIB} GiB", ends_archive=True)

    def judge(self, packed: int, size: int) -> None:
        """Refuses an entry that nothing can make acceptable, before a byte of it is unpacked."""
        if size > self.limits.entry_bytes:
            raise beyond(f"more than {self.limits.entry_bytes // GIB} GiB")
        if self._is_too_large(packed, size):
            raise _grown(packed, size)

    def judge_strictly(self, packed: int, size: int) -> None:
        """Refuses an entry that is too large, or grew beyond the ratio, by what is known of it so far."""
        self.judge(packed, size)
        if self.is_dense(packed, size):
            raise _grown(packed, size)

    def is_dense(self, packed: int, size: int) -> bool:
        """Whether an entry grows beyond the ratio: rows of empty cells and white pictures do, and so do attacks."""
        return size > self.limits.ratio_after and size > self.limits.ratio * max(packed, 1)

    def take_dense(self, packed: int, size: int, *, is_known: bool) -> None:
        """Counts a dense entry; refuses one of no known type, and those above what all of them may have."""
        if not is_known or self.dense + size > self.limits.dense_total_bytes:
            raise _grown(packed, size)
        self.dense += size

    def spend(self, started: float) -> None:
        self.seconds += time.monotonic() - started
        if self.is_out_of_time:
            raise beyond(f"more than we can read in {self.limits.unpack_seconds:.0f} s", ends_archive=True)

    @property
    def is_out_of_time(self) -> bool:
        return self.seconds > self.limits.unpack_seconds

    def _is_too_large(self, packed: int, size: int) -> bool:
        limits = self.limits
        return size > limits.entry_bytes or (size > limits.dense_bytes and self.is_dense(packed, size))


def too_many(limits: Limits) -> Refused:
    """The refusal of an archive with more entries than we list."""
    return beyond(f"more than {limits.entries:,} files", ends_archive=True)


def _grown(packed: int, size: int) -> Refused:
    return beyond(f"far more than its size: {size // max(packed, 1):,} times as much")


def beyond(limit: str, *, ends_archive: bool = False) -> Refused:
    """The refusal of what unpacks to more than a limit, in words that follow "unpacks to"."""
    return Refused("zip_bomb_suspected", details={"limit": limit}, ends_archive=ends_archive)
