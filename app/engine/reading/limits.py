"""How much an export may ask of us: sizes, counts and times beyond which a file or an archive is refused."""

import time
from dataclasses import dataclass, replace

from app.engine.reading.refusal import Refused
from app.mapping.files import MOST_BYTES

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
_BOUNDLESS = 1 << 63


def boundless(limits: Limits) -> Limits:
    """The same for a list of files that is read alone: nothing is judged by what it would unpack to."""
    return replace(limits, total_bytes=_BOUNDLESS, entry_bytes=_BOUNDLESS, ratio=_BOUNDLESS)


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
    """What one outermost archive has used of its limits, inner archives included."""

    limits: Limits
    entries: int = 0
    total: int = 0
    seconds: float = 0.0

    def count_entries(self, number: int) -> None:
        self.entries += number
        if self.entries > self.limits.entries:
            raise Refused("zip_bomb_suspected", details={"limit": f"{self.limits.entries:,} files"})

    def announce(self, packed: int, size: int) -> None:
        """Judges what the directory says of one entry, before a byte of it is unpacked."""
        self.judge(packed, size)
        self.total += size
        if self.total > self.limits.total_bytes:
            raise Refused("zip_bomb_suspected", details={"limit": f"{self.limits.total_bytes // GIB} GiB"})

    def judge(self, packed: int, size: int) -> None:
        """Refuses an entry that is too large, or grew too much, by what is known of it so far."""
        if size > self.limits.entry_bytes:
            raise Refused("zip_bomb_suspected", details={"limit": f"{self.limits.entry_bytes // GIB} GiB a file"})
        if size > self.limits.ratio_after and size > self.limits.ratio * max(packed, 1):
            raise Refused("zip_bomb_suspected", details={"limit": f"{self.limits.ratio}:1"})

    def spend(self, started: float) -> None:
        self.seconds += time.monotonic() - started
        if self.seconds > self.limits.unpack_seconds:
            raise Refused("zip_bomb_suspected", details={"limit": f"{self.limits.unpack_seconds:.0f} s"})
