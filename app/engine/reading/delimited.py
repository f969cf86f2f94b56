"""Rows of a CSV file, read strictly: an open quotation mark is damage, a cell without end costs no memory."""

import csv
from collections.abc import Callable, Iterator
from typing import TextIO

from app.engine.reading.endless import Endless
from app.engine.reading.limits import Limits
from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw

DELIMITERS = (",", ";", "\t", "|")
csv.field_size_limit(1 << 26)  # our own limits are lower, and end a row instead of a file


class _TooLong(Exception):
    """The row that is being read is over the limit."""


class _Lines:
    """The physical lines of a text, with what belongs to the row that is being read."""

    def __init__(self, text: TextIO, limits: Limits) -> None:
        self._read = text.readline
        self._ahead = ""  # a sign that was read to see whether a line end goes on
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
        ahead, self._ahead = self._ahead, ""
        line = ahead if ahead == "\r" else begun or ahead + self._read(limit)
        if line[-1:] == "\r" and (ahead or len(line) == limit):
            after = self._read(1)
            if after == "\n":
                return line + after
            self._ahead = after
        return line


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
        """A row over the limit: passed over piece by piece, its small cells kept."""
        endless = Endless(self.delimiter, self._limits.cell_bytes, self._limits.row_bytes)
        pieces = list(lines.row)
        lines.begin()
        rest = iter(lambda: lines.piece(self._limits.row_bytes), "")
        number = begins
        for piece in _chained(pieces, rest):
            number += piece.endswith(("\n", "\r"))
            if endless.take(piece):
                break
        else:
            endless.finish()
        if endless.is_open_quoted or endless.is_broken:
            raise Refused("csv_unclosed_quote", line=begins + endless.quote_line)
        lines.number = number - 1
        return begins, endless.cells, ("cell_too_large",)


def _chained(pieces: list[str], rest: Iterator[str]) -> Iterator[str]:
    while pieces:
        yield pieces.pop(0)
    yield from rest


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
