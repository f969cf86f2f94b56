"""Rows of a CSV file, read strictly: an open quotation mark is damage, a cell without end costs no memory."""

import csv
import re
from collections.abc import Callable, Iterator
from typing import TextIO

from app.engine.reading.endless import Endless
from app.engine.reading.limits import Limits
from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 1 << 18
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
csv.field_size_limit(1 << 26)  # our own limits are lower, and end a row instead of a file


class _TooLong(Exception):
    """The row that is being read is over the limit."""


class _Lines:
    """The physical lines of a text, with what belongs to the row that is being read."""

    def __init__(self, text: TextIO, limits: Limits) -> None:
        self._read = text.readline
        self._read_on = text.read
        self._ahead = ""  # what was read and stands behind the place
        self._limit = limits.row_bytes
        self.number = 0
        self.row: list[str] = []
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def begin(self) -> None:
        self.row.clear()
        self._size = 0

    def __next__(self) -> str:
        line = "" if self._ahead else self._read(self._limit)
        if line[-1:] != "\n":
            line = self.piece(self._limit, line)
            if not line:
                raise StopIteration
        self.number += 1
        self.row.append(line)
        self._size += len(line)
        if self._size >= self._limit:
            raise _TooLong
        return line

    def piece(self, limit: int, begun: str = "") -> str:
        """A line, or as much of it as the limit allows, with its line end never torn apart; `begun` was read of it."""
        held = bool(self._ahead)
        line = begun or self._line(limit)
        if line[-1:] == "\r" and not self._ahead and (held or len(line) == limit):
            return line + self._rest_of_end()
        return line

    def block(self) -> str:
        """What stands next, however many lines it is: for a row that is passed over."""
        held, self._ahead = self._ahead, ""
        block = held or self._read_on(min(self._limit, BLOCK))
        return block + self._rest_of_end() if block[-1:] == "\r" else block

    def put_back(self, text: str) -> None:
        """Gives back what stands behind the row that was passed over."""
        self._ahead = text + self._ahead

    def _line(self, limit: int) -> str:
        if not self._ahead:
            return self._read(limit)
        line = _LINE.match(self._ahead)[0]  # type: ignore[index]  # it matches everywhere
        self._ahead = self._ahead[len(line) :]
        return line if line[-1] in "\r\n" else line + self._read(max(limit - len(line), 0))

    def _rest_of_end(self) -> str:
        """The second sign of a line end whose first was read; what else stands there is kept."""
        after = self._read_on(1)
        if after != "\n":
            self._ahead, after = after, ""
        return after


class Delimited:
    """One delimited text. `rows` may be asked for again; each time it is read anew."""

    def __init__(self, open_: Callable[[], TextIO], delimiter: str, limits: Limits) -> None:
        self._open = open_
        self.delimiter = delimiter
        self._limits = limits

    def rows(self) -> Iterator[Raw]:
        """Rows in order, blank ones left out. Raises `Refused` at a quotation mark that is not closed."""
        with self._open() as text:
            yield from self._rows(text)

    def _rows(self, text: TextIO) -> Iterator[Raw]:
        lines = _Lines(text, self._limits)
        cell_limit = self._limits.cell_bytes
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        row = lines.row
        read = reader.__next__
        while True:
            begins = lines.number + 1
            try:
                cells = read()
            except StopIteration:
                return
            except csv.Error:
                raise Refused("csv_unclosed_quote", line=begins + _open_quote(row, self.delimiter)) from None
            except _TooLong:
                yield self._endless(lines, begins)
                reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
                read = reader.__next__
                lines.begin()
                continue
            if lines._size > cell_limit and any(len(c) > cell_limit for c in cells):
                yield begins, ["" if len(c) > cell_limit else c for c in cells], ("cell_too_large",)
            elif cells and not (begins == 1 and len(cells) <= 2 and _declares(row[0])):
                yield begins, cells, ()
            lines.begin()

    def _endless(self, lines: _Lines, begins: int) -> Raw:
        """A row over the limit: passed over block by block, its small cells kept."""
        endless = Endless(self.delimiter, self._limits.cell_bytes, self._limits.row_bytes)
        for piece in _chained(lines):
            end = endless.take(piece)
            if end is not None:
                lines.put_back(piece[end:])
                break
        else:
            endless.finish()
        if endless.is_open_quoted or endless.is_broken:
            raise Refused("csv_unclosed_quote", line=begins + endless.quote_line)
        lines.begin()
        lines.number = begins - 1 + endless.lines
        return begins, endless.cells, ("cell_too_large",)


def _chained(lines: _Lines) -> Iterator[str]:
    """What was read of a row, then what follows it."""
    yield from lines.row
    lines.begin()
    yield from iter(lines.block, "")


def _declares(line: str) -> bool:
    return declared(line) is not None


def declared(line: str) -> str | None:
    """The delimiter that a first line `sep=;` names."""
    line = line.lstrip("\ufeff").strip("\r\n").strip('"')
    if line[:4].lower() == "sep=" and line[4:5] in DELIMITERS:
        return line[4:5]
    return None


def _open_quote(row: list[str], delimiter: str) -> int:
    """How many lines below its beginning a row opens the quotation mark that it never closes."""
    endless = Endless(delimiter, 1, 1)
    for piece in row:
        endless.take(piece)
    return endless.quote_line
