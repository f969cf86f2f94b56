"""Unclosed quotation marks: a mark in a later row closes them, and the rows between become a single cell.

Each cell with several lines is checked when its row is read. Its lines are rows of the file if they have as many cells
as the header, and an id that resembles the row's own but differs. Lines of prose, addresses and lists are not.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.mapping.emails import email_alone
from app.mapping.flags import boolean
from app.mapping.moments import birth, day, local_timestamp, timestamp, visit_time
from app.mapping.numbers import money, whole
from app.reading.recognise import Header

LAST = "end"  # a line that is added behind a row: it is a row of its own if the row has ended
_ONE_LINE = frozenset({birth, day, local_timestamp, timestamp, visit_time, boolean, whole, money, email_alone})
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DIGIT = re.compile(r"[0-9]")
_LONG = 7  # digits of a long id; ids of a file may have two lengths
_NARROW = 3  # columns below which a short id proves nothing


@dataclass(frozen=True, slots=True)
class SwallowedRows:
    """Lines of a row, from `head` on, that are rows by themselves.

    `cells` are those of the row before them if its quotation mark is certainly stray, otherwise None; `at` is the
    mark's offset in the last line of that row.
    """

    head: int
    at: int
    cells: list[str] | None


class UnclosedQuotes:
    """Finds rows in the cells of a table. Keeps no state between rows."""

    def __init__(self, header: Header, delimiter: str) -> None:
        columns = {placed.name: placed.column for placed in header.kind.columns}
        known = [(at, columns[name]) for at, name in enumerate(header.columns) if name in columns]
        self._delimiter = delimiter
        self._width = len(header.columns)
        self._least = max(header.least, 2)
        self._key = next((at for at, column in known if column.is_key), None)
        self._links = [at for at, column in known if column.links_to]
        self._one_line = frozenset(at for at, c in known if c.is_key or c.links_to or c.read in _ONE_LINE)
        self._opens = f'{delimiter}"'

    def find_swallowed(self, lines: Sequence[str], cells: Sequence[str] | None) -> SwallowedRows | None:
        """Returns the rows among the lines of a row; None if the row has a single line or none of its lines is a row.

        `cells` are the row's cells, None if its quotation marks do not match.
        """
        sign, fewest, opens = self._delimiter, self._least - 1, self._opens
        likely = [n for n, line in enumerate(lines) if n and (line.count(sign) >= fewest or opens in line)]
        if not likely:
            return None
        own = self._own(lines[0])
        spaced = self._is_spaced(lines[0])
        head = next((n for n in likely if self._begins_row(lines[n], own, spaced=spaced)), 0)
        if not head:
            return None
        at, row = self._head(lines[:head])
        fits = cells is not None and self._is_wide(cells)
        is_whole = row is not None and len(row) >= self._least
        if row and fits:
            is_whole = is_whole and self._is_certain(lines[head - 1][at:], row)
        if is_whole and (cells is None or self._are_rows(lines[head:], own, spaced=spaced)):
            return SwallowedRows(head, at, row)
        return SwallowedRows(head, at, None)

    def _is_certain(self, tail: str, row: list[str]) -> bool:
        """Returns whether a row is complete without the lines behind its mark, as a note's first line rarely is.

        `tail` is the text behind the mark in the row's last line. If the last column is a note, any line would do.
        """
        if not self._is_wide(row) or self._is_spaced(tail):
            return False
        return self._delimiter in tail or self._width - 1 in self._one_line

    def _are_rows(self, lines: Sequence[str], own: str, *, spaced: bool) -> bool:
        """Returns whether all lines form rows, several lines a row if need be; the last may continue behind them."""
        begins = 0
        reader = csv.reader(lines, delimiter=self._delimiter)
        for cells in reader:
            line, begins = lines[begins], reader.line_num
            if self._is_wide(cells) and self._is_other(cells, own) and (spaced or not self._is_spaced(line)):
                continue
            if begins < len(lines) or not self._begins_row(line, own, spaced=spaced):
                return False
        return True

    def _begins_row(self, line: str, own: str, *, spaced: bool) -> bool:
        """Returns whether a line is a row, or begins a row with a cell of several lines."""
        if self._delimiter not in line:
            return False
        if self._key == 0 and not self._is_another(line.partition(self._delimiter)[0], own):
            return False
        if self._is_spaced(line) and not spaced:
            return False
        cells, is_open = self._alone(line)
        if is_open:
            return 2 < len(cells) <= self._width and self._is_other(cells[:-1], own)
        return self._is_wide(cells) and self._is_other(cells, own)

    def _alone(self, line: str) -> tuple[list[str], bool]:
        """Returns the cells of a line, and whether the last cell goes on behind the line."""
        records = list(csv.reader([line, LAST], delimiter=self._delimiter))
        return (records[0], len(records) == 1) if records else ([], False)

    def _head(self, lines: Sequence[str]) -> tuple[int, list[str] | None]:
        """Returns the offset of the mark in the row's last line, and the row's cells without it, if the row then ends
        there."""
        text = "".join(lines)
        begins = len(text) - len(lines[-1])
        at = find_unclosed_quote(text, self._delimiter) - begins
        if at < 0:
            return 0, None
        without = [*lines[:-1], lines[-1][:at] + lines[-1][at + 1 :], LAST]
        records = list(csv.reader(without, delimiter=self._delimiter))
        return at, records[0] if records[1:] == [[LAST]] else None

    def _own(self, line: str) -> str:
        """Returns the id in a row's first line."""
        if self._key is None:
            return ""
        cells = self._alone(line)[0]
        cell = cells[self._key] if self._key < len(cells) else ""
        return _bare(cell.partition(self._delimiter)[0])

    def _is_other(self, cells: Sequence[str], own: str) -> bool:
        if self._key is not None:
            return self._key < len(cells) and self._is_another(cells[self._key], own)
        links = [_bare(cells[at]) for at in self._links if at < len(cells)]
        return self._width > _NARROW and all(not link or _ID.fullmatch(link) for link in links)

    def _is_another(self, cell: str, own: str) -> bool:
        """Returns whether a cell is an id of the same form as the row's own, with another value."""
        bare = _bare(cell)
        if bare == own or not _ID.fullmatch(bare) or not _DIGIT.search(bare):
            return False
        if not _DIGIT.search(own):
            return bare.isdigit() and len(bare) > _NARROW
        short = min(len(bare), len(own))
        if bare.isdigit() != own.isdigit() or (self._width < _NARROW and short <= _NARROW):
            return False
        return abs(len(bare) - len(own)) <= 1 or short >= _LONG

    def _is_wide(self, cells: Sequence[str]) -> bool:
        """Returns whether a row has a cell for each header, and no filled cell behind them."""
        return len(cells) >= self._least and not any(cell.strip() for cell in cells[self._width :])

    def _is_spaced(self, line: str) -> bool:
        """Returns whether a blank follows most delimiters, as in prose and addresses."""
        return line.count(self._delimiter + " ") * 2 > line.count(self._delimiter)


def find_unclosed_quote(text: str, delimiter: str) -> int:
    """Returns the offset of the quotation mark that a text opens and does not close; -1 if there is none."""
    end = re.compile(f"[{re.escape(delimiter)}\r\n]")
    at = 0
    while at < len(text):
        if text[at] == '"':
            closes = _closing(text, at + 1)
            if closes < 0:
                return at
            at = closes + 1
        match = end.search(text, at)
        if match is None:
            return -1
        at = match.end()
    return -1


def _closing(text: str, at: int) -> int:
    at = text.find('"', at)
    while at >= 0 and text[at + 1 : at + 2] == '"':
        at = text.find('"', at + 2)
    return at


def _bare(cell: str) -> str:
    return cell.strip("=\"' \t\r\n")


def inner_lines(cell: str) -> Iterator[str]:
    """Returns the lines of a cell after the first."""
    lines = iter(cell.splitlines())
    next(lines, None)
    return lines
