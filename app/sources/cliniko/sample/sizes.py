"""The sizes of samples: from a few clients to ten years of a large practice."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

SizeName = Literal["tiny", "small", "thousand", "mid", "large"]
DialectName = Literal["native", "api", "mixed"]

AS_OF = date(2026, 11, 20)
"""The day of the export. Past and future in a sample are relative to this day, not to today."""


@dataclass(frozen=True)
class Size:
    """The number of records of each kind in a sample."""

    name: SizeName
    patients: int
    appointments: int
    notes: int
    years: int
    few: int
    """How often each plant occurs."""
    extra_practitioners: int
    contacts: int
    cases: int
    communications: int
    invoices: int
    forms: int
    files: int
    groups: int
    """Group appointments."""


SIZES: dict[SizeName, Size] = {
    "tiny": Size("tiny", 40, 300, 200, 5, 1, 0, 16, 16, 60, 10, 26, 30, 9),
    "small": Size("small", 600, 6_000, 5_000, 5, 2, 0, 40, 32, 900, 400, 120, 150, 24),
    "thousand": Size("thousand", 1_000, 10_000, 8_000, 5, 2, 0, 60, 50, 600, 300, 150, 150, 30),
    "mid": Size("mid", 10_000, 120_000, 100_000, 8, 8, 2, 400, 500, 300_000, 9_000, 8_000, 1_500, 300),
    "large": Size("large", 40_000, 500_000, 400_000, 10, 25, 16, 1_500, 2_000, 1_200_000, 40_000, 30_000, 6_000, 1_000),
}
