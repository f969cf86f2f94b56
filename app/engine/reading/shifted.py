"""A row in which a comma that nobody quoted moved every later cell one column on, and whose last cell was empty.

Such a row is longer than the others by cells that are empty, so that its length alone says nothing: a trailing comma
looks the same. What its cells say is certain where cells of an exact kind do not fit the columns that they stand in,
and all of them fit once two neighbouring cells are put together again.
"""

from dataclasses import replace
from itertools import accumulate

from app.engine.reading.recognise import Header
from app.mapping.cells import is_error, plain
from app.mapping.columns import Placed, Reader
from app.mapping.context import Context
from app.mapping.emails import email_alone, email_or_text, is_email
from app.mapping.flags import boolean, whole
from app.mapping.ids import NOTHING
from app.mapping.moments import birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time
from app.mapping.money import money
from app.mapping.text import string, text

_EXACT = frozenset({birth, day, local_timestamp, mark, time_of_day, timestamp, visit_time, boolean, whole, money})
_WORDS = frozenset({text, string, email_alone, email_or_text})
_BAD = frozenset({"bad_date", "bad_date_of_birth", "bad_boolean"})
_FITS, _SAYS_NOTHING, _MISFITS = 1, 0, -1
_MOST = 4  # commas in one cell
_LONGEST = 1000  # signs of a cell that may be exact


class Shifted:
    """Judges the rows of one file that are longer than usual."""

    def __init__(self, header: Header, context: Context, delimiter: str) -> None:
        placed = {each.name: each for each in header.kind.columns}
        in_serials = replace(context, in_serials=True)
        self._columns = [placed.get(name) for name in header.columns]
        self._contexts = [in_serials if name in context.serials.columns else context for name in header.columns]
        self._delimiter = delimiter

    def is_shifted(self, row: list[str], usual: int) -> bool:
        """Whether it is certain that cells of the row stand behind their columns. `usual` is how long rows are."""
        as_it_is = [self._fit(at, cell) for at, cell in enumerate(row[: len(self._columns)])]
        if _MISFITS not in as_it_is:
            return False
        return any(self._fits_moved_back(row, as_it_is, by) for by in range(1, min(len(row) - usual, _MOST) + 1))

    def _fits_moved_back(self, row: list[str], as_it_is: list[int], by: int) -> bool:
        """Whether a place is found behind which everything fits, and more does, once the cells are moved back."""
        width = len(self._columns)
        back = [self._fit(at, row[at + by]) if at + by < len(row) else _SAYS_NOTHING for at in range(width)]
        misfits, fits = _counted(as_it_is, width)
        misfits_back, fits_back = _counted(back, width)
        for at in range(width - 1):
            if misfits_back[at + 1] or not misfits[at]:
                continue
            joined = self._fit(at, self._delimiter.join(row[at : at + by + 1]))
            if joined != _MISFITS and fits_back[at + 1] + (joined == _FITS) > fits[at]:
                return True
        return False

    def _fit(self, at: int, cell: str) -> int:
        """Whether a cell is what its column holds. Empty cells and columns of words say nothing."""
        column, value = self._columns[at], cell.strip()
        if column is None or not value or len(value) > _LONGEST or is_error(value) or plain(value).lower() in NOTHING:
            return _SAYS_NOTHING
        if column.column.is_key or column.column.links_to:
            return _id_fit(column, value)
        read = column.column.read
        if read in _WORDS and column.name.endswith("email"):
            return _FITS if is_email(value) else _SAYS_NOTHING if "@" in value else _MISFITS
        return _exact_fit(read, value, self._contexts[at]) if read in _EXACT else _SAYS_NOTHING


def _id_fit(column: Placed, value: str) -> int:
    """A number is an id. Words with blanks between them are none; a single word may be one."""
    bare = value.strip("=\"' ")
    if bare.replace(",", "").replace(" ", "").isdigit():
        return _FITS
    return _MISFITS if column.column.is_key and (" " in bare or "@" in bare) else _SAYS_NOTHING


def _exact_fit(read: Reader, value: str, context: Context) -> int:
    codes: list[str] = []
    found = read(value, context, codes.append)
    if _BAD.isdisjoint(codes) and found is not None:
        return _FITS
    return _MISFITS if found is None else _SAYS_NOTHING


def _counted(verdicts: list[int], width: int) -> tuple[list[int], list[int]]:
    """From each place to the end, how many cells misfit, and how many fit."""
    whole_row = [*verdicts, *[_SAYS_NOTHING] * (width - len(verdicts))]
    behind = [[each == wanted for each in reversed(whole_row)] for wanted in (_MISFITS, _FITS)]
    misfits, fits = ([*[*accumulate(each)][::-1], 0] for each in behind)
    return misfits, fits
