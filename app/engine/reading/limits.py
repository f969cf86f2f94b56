"""How much an export may ask of us: sizes, counts and times beyond which a file or an archive is refused."""

import time
from dataclasses import dataclass

from app.engine.reading.refusal import Refused
from app.mapping.files import MOST_BYTES

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one reading. Tests make them smaller."""

    entries: int = 200_000
    directory_bytes: int = 256 * MIB
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
    file_bytes: int = MOST_BYTES  # of a file that belongs to a patient
    part_rows: int = 4000
    part_bytes: int = 4 * MIB
    part_cells: int = 80_000  # filled ones: of a clinic's many questions each answer becomes a record
    workbook_bytes: int = 256 * MIB


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
