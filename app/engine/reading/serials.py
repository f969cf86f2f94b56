"""Whether a column of days is one of numbers, as a spreadsheet stores them: only then is a low number a day."""

from collections.abc import Iterable

from app.mapping.cells import is_error, plain
from app.mapping.days import LAST, SERIAL, SURE
from app.mapping.ids import NOTHING

FEW = 10  # of so many filled cells, one may be no day
_FIVE_DIGITS = 10_000  # 18 May 1927


class SerialColumn:
    """Counts the filled cells of one column of days, all of its places together.

    The column is proven by numbers of five digits, one of them at least from 3 October 1954 on: ages, years and other
    small numbers have fewer digits. Among `FEW` cells one may be something else, and in a short column one in all.
    """

    __slots__ = ("iso", "others", "proof", "sure")

    def __init__(self) -> None:
        self.iso = 0  # days that are written year first
        self.others = 0  # other dates, words, and numbers of fewer digits
        self.proof = self.sure = 0

    def add(self, cell: str) -> None:
        """A cell that is no day written year first. Words for nothing and error words count as empty."""
        is_bare = len(cell) < 6 and cell.isascii() and cell.isdigit()
        number = int(cell) if is_bare else _number(cell)
        if number is None:
            return
        if _FIVE_DIGITS <= number <= LAST:
            self.proof += 1
            self.sure += number >= SURE
        else:
            self.others += 1

    @property
    def is_proven(self) -> bool:
        others = self.iso + self.others
        return self.sure > 0 and self.proof > others and others <= max(1, (self.proof + others) // FEW)


def _number(cell: str) -> int | None:
    """The whole number of days in a cell, 0 for anything else; None for a cell that says nothing."""
    value = plain(cell.strip())
    if not value or value.lower() in NOTHING or is_error(value):
        return None
    serial = SERIAL.fullmatch(value) if value.isascii() else None
    return int(serial[1]) if serial else 0


def proven(columns: Iterable[tuple[str, SerialColumn]]) -> frozenset[str]:
    """The names of the columns that are proven."""
    return frozenset(name for name, column in columns if column.is_proven)
