"""The first pass over a file's rows: finds damage, and what the whole file proves about its dates and amounts."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from app.mapping.cells import is_error_word, plain
from app.mapping.context import DateOrder
from app.mapping.days import LAST, SERIAL, SURE
from app.mapping.ids import NOTHING
from app.mapping.moments import birth, day, local_timestamp, timestamp, visit_time
from app.mapping.numbers import has_decimal_comma
from app.reading.delimited import CUT_IN_QUOTE
from app.reading.encoding import MOJIBAKE
from app.reading.not_records import NotRecords
from app.reading.recognise import DOCUMENT, Header
from app.reading.refusal import Refused
from app.reading.text_rows import TextRow

# Columns of dates that are stored as serial numbers, as spreadsheets do: only then is a small number a date.

FEW = 10  # per so many filled cells, a single cell may be no date
_FIVE_DIGITS = 10_000  # 18 May 1927


class SerialColumn:
    """Counts the filled cells of a date column, over all of its positions.

    Five-digit numbers prove the column, at least one of them from 3 October 1954 on: ages, years and other small
    numbers have fewer digits. A cell in `FEW` may be something else, and in a short column a single cell.
    """

    __slots__ = ("iso", "others", "proof", "sure")

    def __init__(self) -> None:
        self.iso = 0  # dates written year first
        self.others = 0  # other dates, words, and numbers of fewer digits
        self.proof = self.sure = 0

    def add(self, cell: str) -> None:
        """Adds a cell that is not a date written year first. Empty-value words and error words do not count."""
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
        """Whether the column holds serial numbers."""
        others = self.iso + self.others
        return self.sure > 0 and self.proof > others and others <= max(1, (self.proof + others) // FEW)


def _number(cell: str) -> int | None:
    """Returns the whole number of days in a cell, 0 for anything else; None for an empty cell."""
    value = plain(cell.strip())
    if not value or value.lower() in NOTHING or is_error_word(value):
        return None
    serial = SERIAL.fullmatch(value) if value.isascii() else None
    return int(serial[1]) if serial else 0


def proven_columns(columns: Iterable[tuple[str, SerialColumn]]) -> frozenset[str]:
    """Returns the names of the columns that are proven."""
    return frozenset(name for name, column in columns if column.is_proven)


_SCIENTIFIC = re.compile(r"[=\"']*\d(\.\d+)?[Ee]\+?\d+[\"']*")
LAST_YEAR = 2100
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d+)")
_APART = re.compile(r"[,;|\s]+")
_DATES = (birth, day, local_timestamp, timestamp, visit_time)
_DAYS = (birth, day)  # dates that may be far in the past
_RAGGED_FROM = 20
_MOJIBAKE_FROM = 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a file after a pass over all its rows."""

    rows: int
    dates: DateOrder
    dates_guessed: bool
    has_rounded: bool
    is_mojibake: bool
    not_records: frozenset[int] = frozenset()  # lines of repeated headers and totals
    short_end: int = 0  # line of the last row if it ends too early, else 0
    serials: frozenset[str] = frozenset()  # date columns stored as serial numbers
    usual_width: int = 0  # cell count of most rows
    decimal_commas: bool = False  # an amount has a decimal comma


def is_rounded(cell: str) -> bool:
    """Returns whether a spreadsheet may have rounded the id to 15 digits."""
    bare = cell.strip("=\"' ")
    return len(bare) > 15 and bare.isdigit() and not bare[15:].strip("0")


def survey(header: Header, rows: Iterator[TextRow], *, may_be_mojibake: bool) -> Survey:
    """Walks over all rows. Raises Refused `ids_scientific` and `ids_rounded` for ids that a spreadsheet damaged,
    `csv_misaligned` for ragged rows, `file_not_text` for undecodable bytes."""
    walk = _SurveyWalk(header)
    cells_twice = count = 0
    line = 0
    try:
        for line, cells, codes in rows:
            count += 1
            walk.add(line, cells, codes)
            if may_be_mojibake and cells_twice <= _MOJIBAKE_FROM and not all(map(str.isascii, cells)):
                cells_twice += sum(1 for cell in cells if MOJIBAKE.search(cell))
            del cells  # the next row may be as large
    except Refused as refused:
        scientific = refused.code == "ids_scientific"
        refused.rows = count if scientific else count + 1
        raise
    except UnicodeDecodeError:
        raise Refused("file_not_text", rows=count, line=line) from None
    walk.require_sound(count)
    is_mojibake = cells_twice > _MOJIBAKE_FROM
    return Survey(
        count,
        walk.order,
        walk.order is DateOrder.MONTH_FIRST,
        walk.has_rounded,
        is_mojibake,
        walk.not_records.lines,
        line if walk.is_short else 0,
        proven_columns(walk.serials.items()),
        walk.usual_width(count),
        walk.decimal_commas,
    )


class _SurveyWalk:
    """Collects what the survey needs, row by row."""

    def __init__(self, header: Header) -> None:
        columns = {p.name: p.column for p in header.kind.columns}
        known = [(n, columns[c], header.headers[n]) for n, c in enumerate(header.columns) if c in columns]
        self._width = len(header.columns)
        self._least = header.least
        is_table = header.dialect != DOCUMENT  # no spreadsheet has changed the names of folders
        self._ids = [(n, h.strip()) for n, c, h in known if is_table and (c.is_key or c.links_to)]
        self.serials = {p.name: SerialColumn() for p in header.kind.columns if p.column.read in _DAYS}
        self._dates = [(n, self.serials.get(header.columns[n])) for n, c, _ in known if c.read in _DATES]
        self._long = dict.fromkeys((n for n, _ in self._ids), 0)
        self._rounded = dict(self._long)
        self._ragged = 0
        self._widths: dict[int, int] = {}  # rows per cell count, other than the header's
        self.is_short = False  # the last row ends too early
        self.not_records = NotRecords(header)
        self._day_first = self._month_first = False
        amounts = amount_columns(header.kind.row)
        self._amounts = [n for n, name in enumerate(header.columns) if name in amounts]
        self.decimal_commas = False

    def add(self, line: int, cells: list[str], codes: tuple[str, ...]) -> None:
        """Adds a row. Raises Refused for an id in scientific notation."""
        width = len(cells)
        if width != self._width:
            self._widths[width] = self._widths.get(width, 0) + 1
        self.is_short = width < self._least and CUT_IN_QUOTE not in codes  # such a row already has its code
        self.not_records.add(line, cells)
        if width != self._width and "cell_too_large" not in codes and is_ragged(cells, self._width, self._least):
            self._ragged += 1
        for at, header in self._ids:
            if at < width and len(cells[at]) > 2:
                self._add_id(at, header, cells[at], line)
        if not self.decimal_commas:
            self.decimal_commas = any(
                at < width and "," in cells[at] and has_decimal_comma(cells[at]) for at in self._amounts
            )
        for at, serials in self._dates:
            if at < width and (cell := cells[at]):
                if cell[4:8:3] != "--":
                    self._add_date(cell, serials)
                elif serials is not None:
                    serials.iso += 1

    def _add_date(self, cell: str, serials: SerialColumn | None) -> None:
        """Adds a date that is not written year first, as most are."""
        if len(cell) > 5 and not cell[:4].isdigit() and (match := _NUMBERS.match(cell.strip())):
            first, second, year = int(match[1]), int(match[2]), int(match[3])
            self._day_first = self._day_first or (first > 12 and _is_date(first, second, year))
            self._month_first = self._month_first or (second > 12 and _is_date(second, first, year))
            if serials is not None:
                serials.others += 1
        elif serials is not None:
            serials.add(cell)

    def _add_id(self, at: int, header: str, cell: str, line: int) -> None:
        if len(cell) > 15:
            pieces = _APART.split(cell) if not cell.isdigit() else (cell,)
            for piece in pieces:
                if len(piece) > 15:
                    self._long[at] += 1
                    self._rounded[at] += is_rounded(piece)
        if "E" in cell or "e" in cell:
            for piece in _APART.split(cell):
                if _SCIENTIFIC.fullmatch(piece):
                    raise Refused("ids_scientific", line=line, column=header)

    def require_sound(self, rows: int) -> None:
        """Raises Refused if too many rows are ragged or too many ids are rounded."""
        if rows >= _RAGGED_FROM and self._ragged > rows * 0.05:
            raise Refused("csv_misaligned", rows=rows)
        for at, header in self._ids:
            if self._rounded[at] >= 2 and self._rounded[at] > self._long[at] * 0.01:
                raise Refused("ids_rounded", rows=rows, column=header)

    def usual_width(self, rows: int) -> int:
        """Returns the cell count of most rows; the header's minimum if too few rows agree."""
        widths = {**self._widths, self._width: rows - sum(self._widths.values())}
        most = max(widths, key=lambda width: widths[width])
        return most if rows >= _RAGGED_FROM and widths[most] * 2 > rows else self._least

    @property
    def has_rounded(self) -> bool:
        """Whether any id may be rounded."""
        return any(self._rounded.values())

    @property
    def order(self) -> DateOrder:
        """The order of day and month that the dates prove."""
        if self._day_first and self._month_first:
            return DateOrder.UNDECIDABLE
        return DateOrder.MONTH_FIRST if self._month_first else DateOrder.DAY_FIRST


def _is_date(day: int, month: int, year: int) -> bool:
    """Whether a calendar has this day. `1/99/1980` and a placeholder such as `12/31/9999` prove no order of dates."""
    if year > LAST_YEAR or not 1 <= month <= 12:
        return False
    return 1 <= day <= monthrange(year or 2000, month)[1]


def amount_columns(row: Any) -> frozenset[str]:
    """Returns the attributes of a kind's row that are amounts of money."""
    return frozenset(name for name, hint in get_type_hints(row).items() if Decimal in (hint, *get_args(hint)))


def is_ragged(cells: list[str], width: int, least: int) -> bool:
    """Returns whether a row has too few cells, or filled cells behind the last header."""
    return len(cells) < least or any(cell.strip() for cell in cells[width:])
