"""Rows of a CSV file: an open quotation mark is damage, a stray one is its row's own, a cell without end costs no
memory."""

import csv
import re
from collections.abc import Callable, Iterator
from typing import TextIO

from app.engine.reading.endless import Endless
from app.engine.reading.limits import Limits, is_over, size_of
from app.engine.reading.refusal import CUT, Refused
from app.engine.reading.rows import Raw

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 1 << 18
STRAY_QUOTE = "stray_quotation_mark"
"""A quoted cell goes on behind its closing quotation mark: its row has as many cells as the one before, and is read."""
CUT_IN_QUOTE = CUT
"""The text ends inside a quoted cell that its last line opens: rows before it are certain, and the file may be cut."""
LAST = "end"  # a line of our own behind a row: it is a row by itself where the row has ended
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
csv.field_size_limit(1 << 26)  # our own limits are lower, and end a row instead of a file


class _TooLarge(Exception):
    """The row that is being read is over the limit, or may have more cells than are worth holding."""


class _Lines:
    """The physical lines of a text, with what belongs to the row that is being read."""

    def __init__(self, text: TextIO, delimiter: str, limits: Limits) -> None:
        self._read = text.readline
        self._read_on = text.read
        self._ahead = ""  # what was read and stands behind the place
        self._delimiter = delimiter
        self._limit = limits.row_bytes
        self._most_cells = limits.row_cells
        self._at_once = max(1, min(limits.cell_bytes, limits.row_bytes) // 4)  # so many signs are never too many bytes
        self._light = min(self._at_once, limits.row_cells)
        self.number = 0
        self.row: list[str] = []
        self.begin()

    def __iter__(self) -> "_Lines":
        return self

    def begin(self) -> None:
        self.row.clear()
        self.signs = 0
        self.weighed = 0  # how many pieces of the row are; none of a row that is small
        self._bytes = self._cells = 0  # of those

    def __next__(self) -> str:
        line = "" if self._ahead else self._read(self._at_once)
        if line[-1:] != "\n":
            line = self._piece(line)
            if not line:
                raise StopIteration
            if line[-1] not in "\r\n":
                return self._whole(line)
        self.number += 1
        self.row.append(line)
        self.signs += len(line)
        if self.signs > self._light:
            self._weigh()
        return line

    def _whole(self, piece: str) -> str:
        """A line that is longer than what is read at once, or has no end: put together unless it is too large."""
        begins = len(self.row)
        while piece:
            self.row.append(piece)
            self.signs += len(piece)
            self._weigh()
            piece = "" if piece[-1] in "\r\n" else self._piece()
        self.number += 1
        line = "".join(self.row[begins:])
        self.row[begins:] = [line]
        self.weighed = len(self.row)
        return line

    def _weigh(self) -> None:
        """What a row that is not small has to answer for: its bytes, and how many cells it can have."""
        for piece in self.row[self.weighed :]:
            self._bytes += size_of(piece)
            self._cells += piece.count(self._delimiter)
        self.weighed = len(self.row)
        if self._bytes >= self._limit or self._cells >= self._most_cells:
            raise _TooLarge

    def block(self) -> str:
        """What stands next, however many lines it is: for a row that is passed over."""
        held, self._ahead = self._ahead, ""
        block = held or self._read_on(min(self._limit, BLOCK))
        return block + self._rest_of_end() if block[-1:] == "\r" else block

    def put_back(self, text: str) -> None:
        """Gives back what stands behind the row that was passed over."""
        self._ahead = text + self._ahead

    def _piece(self, begun: str = "") -> str:
        """A line, or as much of it as is read at once, with its line end never torn apart; `begun` was read of it."""
        held = bool(self._ahead)
        line = begun or self._line()
        if line[-1:] == "\r" and not self._ahead and (held or len(line) == self._at_once):
            return line + self._rest_of_end()
        return line

    def _line(self) -> str:
        if not self._ahead:
            return self._read(self._at_once)
        line = _LINE.match(self._ahead)[0]  # type: ignore[index]  # it matches everywhere
        self._ahead = self._ahead[len(line) :]
        return line if line[-1] in "\r\n" else line + self._read(max(self._at_once - len(line), 0))

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
        """Rows in order, blank ones left out. Raises `Refused` at a quotation mark after which nobody knows where rows
        begin."""
        with self._open() as text:
            yield from self._rows(text)

    def _rows(self, text: TextIO) -> Iterator[Raw]:
        lines = _Lines(text, self.delimiter, self._limits)
        cell_limit = self._limits.cell_bytes
        row = lines.row
        width = 0  # of the row before, in cells; lines above the header are narrower
        codes: tuple[str, ...]
        read = self._reader(lines)
        while True:
            begins = lines.number + 1
            try:
                cells = read()
            except StopIteration:
                return
            except csv.Error:
                below, is_open = _quote(row, self.delimiter)
                cells = self._leniently(row, ends=not is_open)
                in_last_line = below == len(row) - 1 and row[-1][-1:] not in ("\r", "\n")
                if not in_last_line if is_open else len(cells) != width:
                    raise Refused("csv_unclosed_quote", line=begins + below) from None
                codes = (CUT_IN_QUOTE if is_open else STRAY_QUOTE,)
                if any(is_over(cell, cell_limit) for cell in cells):
                    cells, codes = ["" if is_over(c, cell_limit) else c for c in cells], ("cell_too_large", *codes)
                read = self._reader(lines)
                lines.begin()
                yield begins, cells, codes
                continue
            except _TooLarge:
                read = self._reader(lines)
                yield self._endless(lines, begins)
                lines.begin()
                continue
            codes = ()
            if lines.weighed:
                if any(is_over(cell, cell_limit) for cell in cells):
                    cells, codes = ["" if is_over(c, cell_limit) else c for c in cells], ("cell_too_large",)
                if lines.signs > BLOCK:  # what a reader needed for the row, it keeps
                    read = self._reader(lines)
            width = len(cells) or width
            is_row = cells and not (begins == 1 and len(cells) <= 2 and _declares(row[0]))
            lines.begin()
            if is_row:
                yield begins, cells, codes
            del cells  # the next row may be as large

    def _reader(self, lines: _Lines) -> Callable[[], list[str]]:
        return csv.reader(lines, delimiter=self.delimiter, strict=True).__next__

    def _leniently(self, row: list[str], *, ends: bool) -> list[str]:
        """The cells of a row whose quotation marks are not as they should be: what is behind a closing one belongs to
        the cell. `ends`: the row has to end with its last line; none are returned where one more cell is open there."""
        records = list(csv.reader([*row, LAST] if ends else row, delimiter=self.delimiter))
        return records[0] if not ends or records[1:] == [[LAST]] else []

    def _endless(self, lines: _Lines, begins: int) -> Raw:
        """A row that is not held: passed over block by block, its small cells kept."""
        endless = Endless(self.delimiter, self._limits)
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
        return begins, endless.cells, ("cell_too_large",) if endless.is_too_large else ()


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


def _quote(row: list[str], delimiter: str) -> tuple[int, bool]:
    """How many lines below its beginning a row opens its last quotation mark, and whether nothing closes that."""
    endless = Endless(delimiter, Limits(cell_bytes=1, row_bytes=1))
    for piece in row:
        endless.take(piece)
    return endless.quote_line, endless.is_open_quoted
