"""A moment with an offset is read in every way of writing it, and verification reads the same instant."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.mapping.columns import Reader
from app.mapping.moments import has_offset, local_timestamp, mark, timestamp, visit_time
from app.mapping.verified_kinds import Comparison
from app.sources.cliniko.verification.rules import ends_after_it_starts
from app.trial.verification.cell_comparison import compare_cell, is_readable
from tests.mapping.cells import read

READERS: tuple[Reader, ...] = (timestamp, local_timestamp, visit_time, mark)
WALL = datetime.fromisoformat("2024-03-01 10:07:45.250000")
CLOCKS = {"%H:%M": 60_000_000, "%H:%M:%S": 1_000_000, "%H:%M:%S.%f": 1, "%H:%M:%S,%f": 1}
"""By way of writing a time of day, its precision in microseconds."""
OFFSETS = {"Z": 0, "z": 0} | {
    f"{sign}{hours:02}{minutes}": (1 if sign == "+" else -1) * (60 * hours + int(minutes.strip(":") or 0))
    for sign, hours, minutes in product("+-", (0, 3, 9, 11, 14), ("", "00", ":00", "30", ":30", ":45"))
    if hours < 14 or not int(minutes.strip(":") or 0)
}
"""By offset, the minutes by which its clock is ahead of UTC."""
FORMS = [
    (f"{WALL:%Y-%m-%d}{separator}{WALL.strftime(clock)}{space}{offset}", clock, offset)
    for separator, clock, space, offset in product(("T", " ", "t"), CLOCKS, ("", " ", "  "), OFFSETS)
]


def instant(clock: str, offset: str) -> datetime:
    """WALL in the precision of `clock`, as UTC."""
    cut = timedelta(microseconds=(WALL.hour * 3600 + WALL.minute * 60 + WALL.second) * 1_000_000 + WALL.microsecond)
    return (WALL - cut % timedelta(microseconds=CLOCKS[clock]) - timedelta(minutes=OFFSETS[offset])).replace(tzinfo=UTC)


@pytest.mark.parametrize("reader", READERS)
def test_every_way_of_writing_an_offset_gives_its_instant(reader: Reader) -> None:
    for cell, clock, offset in FORMS:
        assert read(reader, cell) == (instant(clock, offset), []), cell
        assert has_offset(cell), cell


def test_verification_reads_every_way_of_writing_an_offset() -> None:
    for cell, clock, offset in FORMS:
        at = instant(clock, offset)
        assert is_readable(Comparison.MOMENT, cell), cell
        assert compare_cell(Comparison.MOMENT, cell, at) is True, cell
        assert compare_cell(Comparison.MOMENT, cell, at + timedelta(minutes=30)) is False, cell
        later, earlier = at + timedelta(hours=1), at - timedelta(hours=1)
        assert ends_after_it_starts.calculate(cell, later.isoformat()), cell
        assert not ends_after_it_starts.calculate(cell, earlier.isoformat()), cell


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("clock", ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"])
@pytest.mark.parametrize("space", ["", " "])
@pytest.mark.parametrize("offset", ["+10:75", "+1075", "+2400", "+24:00", "+1", "+110", "+10:30:15", "+11:", "ZZ"])
def test_an_impossible_offset_leaves_the_moment_empty(reader: Reader, clock: str, space: str, offset: str) -> None:
    cell = f"{WALL:%Y-%m-%d} {WALL.strftime(clock)}{space}{offset}"
    assert read(reader, cell) == (None, ["bad_date"]), cell
    assert compare_cell(Comparison.MOMENT, cell, WALL.replace(tzinfo=UTC)) is None, cell
