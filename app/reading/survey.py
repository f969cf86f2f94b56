"""The first walk over a file's rows: is it damaged, and what does the whole of it prove about its dates and amounts?"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from app.mapping.cells import is_error, plain
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
from app.reading.rows import Raw

# Whether a column of days is one of numbers, as a spreadsheet stores them: only then is a low number a day.

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


_SCIENTIFIC = re.compile(r"[=\"']*\d(\.\d+)?[Ee]\+?\d+[\"']*")
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d")
_APART = re.compile(r"[,;|\s]+")
_DATES = (birth, day, local_timestamp, timestamp, visit_time)
_DAYS = (birth, day)  # of which old ones may be long before any software
_RAGGED_FROM = 20
_MOJIBAKE_FROM = 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a file once all its rows were seen."""

    rows: int
    dates: DateOrder
    dates_guessed: bool
    has_rounded: bool
    is_mojibake: bool
    not_records: frozenset[int] = frozenset()  # lines of repeated headers and totals
    short_end: int = 0  # the line of the last row, where it ends early; 0 where it does not
    serials: frozenset[str] = frozenset()  # columns of days that are all written as numbers
    usual_width: int = 0  # how many cells most rows have
    decimal_commas: bool = False  # some amount has a comma before its cents


def is_rounded(cell: str) -> bool:
    """An id of which a spreadsheet may have kept 15 digits only."""
    bare = cell.strip("=\"' ")
    return len(bare) > 15 and bare.isdigit() and not bare[15:].strip("0")


def survey(header: Header, rows: Iterator[Raw], *, may_be_mojibake: bool) -> Survey:
    """Walks over all rows. Raises `Refused` for ids that a spreadsheet damaged, or columns that do not line up."""
    walk = _Walk(header)
    cells_twice = count = 0
    line = 0
    try:
        for line, cells, codes in rows:
            count += 1
            walk.look(line, cells, codes)
            if may_be_mojibake and cells_twice <= _MOJIBAKE_FROM and not all(map(str.isascii, cells)):
                cells_twice += sum(1 for cell in cells if MOJIBAKE.search(cell))
            del cells  # the next row may be as large
    except Refused as refused:
        scientific = refused.code == "ids_scientific"
        refused.rows = count if scientific else count + 1
        raise
    except UnicodeDecodeError:
        raise Refused("file_not_text", rows=count, line=line) from None
    walk.judge(count)
    is_mojibake = cells_twice > _MOJIBAKE_FROM
    return Survey(
        count,
        walk.order,
        walk.order is DateOrder.MONTH_FIRST,
        walk.has_rounded,
        is_mojibake,
        walk.not_records.lines,
        line if walk.is_short else 0,
        proven(walk.serials.items()),
        walk.usual_width(count),
        walk.decimal_commas,
    )


class _Walk:
    def __init__(self, header: Header) -> None:
        columns = {p.name: p.column for p in header.kind.columns}
        known = [(n, columns[c], header.headers[n]) for n, c in enumerate(header.columns) if c in columns]
        self._width = len(header.columns)
        self._least = header.least
        is_table = header.dialect != DOCUMENT  # what stands in the names of folders, no spreadsheet has changed
        self._ids = [(n, h.strip()) for n, c, h in known if is_table and (c.is_key or c.links_to)]
        self.serials = {p.name: SerialColumn() for p in header.kind.columns if p.column.read in _DAYS}
        self._dates = [(n, self.serials.get(header.columns[n])) for n, c, _ in known if c.read in _DATES]
        self._long = dict.fromkeys((n for n, _ in self._ids), 0)
        self._rounded = dict(self._long)
        self._ragged = 0
        self._widths: dict[int, int] = {}  # how many rows have so many cells, where it is not as many as the header
        self.is_short = False  # whether the last row ends early
        self.not_records = NotRecords(header)
        self._day_first = self._month_first = False
        amounts = amounts_of(header.kind.row)
        self._amounts = [n for n, name in enumerate(header.columns) if name in amounts]
        self.decimal_commas = False

    def look(self, line: int, cells: list[str], codes: tuple[str, ...]) -> None:
        width = len(cells)
        if width != self._width:
            self._widths[width] = self._widths.get(width, 0) + 1
        self.is_short = width < self._least and CUT_IN_QUOTE not in codes  # a row that says so itself
        self.not_records.add(line, cells)
        if width != self._width and "cell_too_large" not in codes and is_ragged(cells, self._width, self._least):
            self._ragged += 1
        for at, header in self._ids:
            if at < width and len(cells[at]) > 2:
                self._id(at, header, cells[at], line)
        if not self.decimal_commas:
            self.decimal_commas = any(
                at < width and "," in cells[at] and has_decimal_comma(cells[at]) for at in self._amounts
            )
        for at, serials in self._dates:
            if at < width and (cell := cells[at]):
                if cell[4:8:3] != "--":
                    self._date(cell, serials)
                elif serials is not None:
                    serials.iso += 1

    def _date(self, cell: str, serials: SerialColumn | None) -> None:
        """A date that is not written year first, as most are."""
        if len(cell) > 5 and not cell[:4].isdigit() and (found := _NUMBERS.match(cell.strip())):
            self._day_first = self._day_first or int(found[1]) > 12
            self._month_first = self._month_first or int(found[2]) > 12
            if serials is not None:
                serials.others += 1
        elif serials is not None:
            serials.add(cell)

    def _id(self, at: int, header: str, cell: str, line: int) -> None:
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

    def judge(self, rows: int) -> None:
        if rows >= _RAGGED_FROM and self._ragged > rows * 0.05:
            raise Refused("csv_misaligned", rows=rows)
        for at, header in self._ids:
            if self._rounded[at] >= 2 and self._rounded[at] > self._long[at] * 0.01:
                raise Refused("ids_rounded", rows=rows, column=header)

    def usual_width(self, rows: int) -> int:
        """How many cells most rows have; what a whole row has at least, where too few rows say so."""
        widths = {**self._widths, self._width: rows - sum(self._widths.values())}
        most = max(widths, key=lambda width: widths[width])
        return most if rows >= _RAGGED_FROM and widths[most] * 2 > rows else self._least

    @property
    def has_rounded(self) -> bool:
        return any(self._rounded.values())

    @property
    def order(self) -> DateOrder:
        if self._day_first and self._month_first:
            return DateOrder.UNDECIDABLE
        return DateOrder.MONTH_FIRST if self._month_first else DateOrder.DAY_FIRST


def amounts_of(row: Any) -> frozenset[str]:
    """The attributes of a kind's row that are amounts of money."""
    return frozenset(name for name, hint in get_type_hints(row).items() if Decimal in (hint, *get_args(hint)))


def is_ragged(cells: list[str], width: int, least: int) -> bool:
    """More cells than headers with something in them, or fewer."""
    return len(cells) < least or any(cell.strip() for cell in cells[width:])
