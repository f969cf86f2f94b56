"""Rows of a CSV file: an open quotation mark is damage, a stray one is its row's own, a cell without end costs no
memory."""

import csv
import re
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import TextIO

from app.reading.limits import Limits, is_over, size_of
from app.reading.open_mark import LAST, OpenMarks, Swallowed
from app.reading.refusal import CUT, Refused
from app.reading.rows import Raw

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 1 << 18
STRAY_QUOTE = "stray_quotation_mark"
"""A quoted cell goes on behind its closing quotation mark: its row has as many cells as the one before, and is read."""
CUT_IN_QUOTE = CUT
"""The text ends inside a quoted cell that its last line opens: rows before it are certain, and the file may be cut."""
ROWS_IN_CELL = "rows_in_one_cell"
"""Lines of a cell look like rows of the file, and nobody knows whether they are: the row waits, with all of them."""
MOST_MARKS = 1000  # marks that no row closes, of one file
_ROWS_AGAIN = 16  # rows of the most bytes: as much of a file may be read a second time, because of such marks
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
csv.field_size_limit(1 << 26)  # our own limits are lower, and end a row instead of a file


class _TooLarge(Exception):
    """The row that is being read is over the limit, or may have more cells than are worth holding."""


class _Lines:
    """The physical lines of a text, with what belongs to the row that is being read."""

    def __init__(self, text: TextIO, delimiter: str, limits: Limits) -> None:
        self._read: Callable[[int], str] = text.readline
        self._read_on: Callable[[int], str] = text.read
        self._ahead = ""  # what was read and stands behind the place
        self._delimiter = delimiter
        self._limit = limits.row_bytes
        self._most_cells = limits.row_cells
        self._at_once = max(1, min(limits.cell_bytes, limits.row_bytes) // 4)  # so many signs are never too many bytes
        self._light = min(self._at_once, limits.row_cells)
        self.number = 0
        self.row: list[str] = []
        self._text = text
        self._again: list[str] = []  # lines that were given back, the next one last
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

    def give_back(self, begun: int) -> int:
        """Gives back all lines of the row but the first `begun`, which end it; says how many signs these are."""
        back = self.row[begun:]
        if self._ahead:
            back += _LINE.findall(self._ahead)[:-1]  # what it finds last is empty
            self._ahead = ""
        self.number -= len(self.row) - begun
        self._again += reversed(back)
        self._read, self._read_on = self._line_again, self._signs_again
        self.begin()
        return sum(map(len, back))

    def _line_again(self, size: int) -> str:
        line = self._again.pop()
        if not self._again:
            self._read, self._read_on = self._text.readline, self._text.read
        return line

    def _signs_again(self, size: int) -> str:
        line = self._line_again(size)
        if len(line) > size:
            self._again.append(line[size:])
            self._read, self._read_on = self._line_again, self._signs_again
        return line[:size]

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
        self.open_marks: list[tuple[int, int]] = []
        """Of the last reading: the line of each mark that no row closes, from 1, and where in the line it stands."""

    def rows(self, marks: OpenMarks | None = None, *, header: int = 0) -> Iterator[Raw]:
        """Rows in order, blank ones left out. Raises `Refused` at a quotation mark after which nobody knows where rows
        begin. Below the line of the `header`, `marks` tells rows that lie in a cell of another."""
        self.open_marks = []
        with self._open() as text:
            yield from self._rows(text, marks, header)

    def _rows(self, text: TextIO, marks: OpenMarks | None, header: int) -> Iterator[Raw]:
        lines = _Lines(text, self.delimiter, self._limits)
        row = lines.row
        width = 0  # of the row before, in cells; lines above the header are narrower
        again = 0  # signs that are read a second time
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
                if marks and len(row) > 1 and begins > header and not is_open and (found := marks.look(row, None)):
                    cells, again = self._parted(lines, begins, found, again, begins + below)
                    read, width = self._reader(lines), len(cells)
                    yield begins, *self._kept(cells, STRAY_QUOTE)
                    continue
                cells = self._leniently(row, ends=not is_open)
                in_last_line = below == len(row) - 1 and row[-1][-1:] not in ("\r", "\n")
                if not in_last_line if is_open else len(cells) != width:
                    raise Refused("csv_unclosed_quote", line=begins + below) from None
                read = self._reader(lines)
                lines.begin()
                yield begins, *self._kept(cells, CUT_IN_QUOTE if is_open else STRAY_QUOTE)
                continue
            except _TooLarge:
                read = self._reader(lines)
                found = marks.look(row[:-1], None) if marks and len(row) > 2 and begins > header else None
                _, cells, codes = self._endless(lines, begins)
                if found is not None:
                    if found.cells is not None:
                        raise Refused("csv_unclosed_quote", line=begins + found.head - 1) from None
                    codes = (*codes, ROWS_IN_CELL)
                yield begins, cells, codes
                lines.begin()
                continue
            codes = ()
            if len(row) > 1 and marks and begins > header and (found := marks.look(row, cells)):
                if found.cells is not None:
                    cells, again = self._parted(lines, begins, found, again)
                    read, width = self._reader(lines), len(cells)
                    yield begins, *self._kept(cells, STRAY_QUOTE)
                    continue
                codes = (ROWS_IN_CELL,)
            if lines.weighed:
                cells, codes = self._kept(cells, *codes)
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

    def _kept(self, cells: list[str], *codes: str) -> tuple[list[str], tuple[str, ...]]:
        """Cells without those that are over the limit, and the codes of the row."""
        most = self._limits.cell_bytes
        if not any(is_over(cell, most) for cell in cells):
            return cells, codes
        return ["" if is_over(cell, most) else cell for cell in cells], ("cell_too_large", *codes)

    def _parted(self, lines: _Lines, begins: int, found: Swallowed, again: int, line: int = 0) -> tuple[list[str], int]:
        """The cells of a row that ends before the rows that lie in its cell; those are read next.

        Raises `Refused` where the row's own end is not certain, and where marks would have a file read without end.
        """
        opened = begins + found.head - 1
        if found.cells is None:
            raise Refused("csv_unclosed_quote", line=line or opened)
        self.open_marks.append((opened, found.at))
        again += lines.give_back(found.head)
        if len(self.open_marks) > MOST_MARKS or again > _ROWS_AGAIN * self._limits.row_bytes:
            raise Refused("csv_unclosed_quote", line=opened)
        return found.cells, again

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


# The slow way through a row that is too large to hold: its state is kept, its oversized cells are not.


class _State(Enum):
    START = auto()  # of a cell
    PLAIN = auto()
    QUOTED = auto()
    AFTER_QUOTE = auto()


class Endless:
    """Takes a row piece by piece. What goes over a limit becomes an empty cell.

    Of cells that no header could have, one is kept: the first with something in it tells that the row is too long.
    """

    def __init__(self, delimiter: str, limits: Limits) -> None:
        self._delimiter = delimiter
        self._plain_end = re.compile(f"[{re.escape(delimiter)}\r\n]")
        self._rest_end = re.compile(f'{re.escape(delimiter)}"|[\r\n]')
        self._limits = limits
        self._state = _State.START
        self._cell: list[str] = []
        self._cell_size = 0
        self._row_size = 0  # of what is kept
        self._drops = False  # whether the cell is over a limit
        self._is_full = False  # whether no further cell is kept
        self._taken = 0  # of the row, in bytes
        self._counted = 0  # how far into the piece line ends are counted
        self.lines = 0  # line ends that were taken
        self.cells: list[str] = []
        self.quote_line = 0  # where the last quoted cell begins, in lines after the row's first
        self.is_broken = False
        self.is_too_large = False

    @property
    def is_open_quoted(self) -> bool:
        return self._state is _State.QUOTED

    def take(self, piece: str) -> int | None:
        """Takes the next piece, of one line or many, no line end torn; says where in it the row ends, if it does."""
        end = self._take(piece)
        if not self.is_too_large:
            self._taken += size_of(piece if end is None else piece[:end])
            self.is_too_large = self._taken >= self._limits.row_bytes
        return end

    def _take(self, piece: str) -> int | None:
        at = self._counted = 0
        while at < len(piece) and not self.is_broken:
            if self._state is _State.QUOTED:
                at = self._quoted(piece, at)
                continue
            if self._state is _State.PLAIN:
                at = self._plain(piece, at)
                if at == len(piece):
                    break
            elif self._begins_plain(piece[at]):
                continue
            elif piece[at] == '"' and self._state is _State.START:
                self._count(piece, at)
                self.quote_line = self.lines
            ends = self._between(piece[at])
            at += 2 if ends and piece[at : at + 2] == "\r\n" else 1
            if ends:
                self._count(piece, at)
                return at
        self._count(piece, len(piece))
        return len(piece) if self.is_broken else None

    def finish(self) -> None:
        """The file has ended: so has the row, unless a quotation mark is open."""
        if not self.is_open_quoted:
            self._boundary("\n")

    def _plain(self, piece: str, at: int) -> int:
        """Where a cell ends that no quotation mark holds. Those that are not kept are passed over together."""
        found = (self._rest_end if self._is_full else self._plain_end).search(piece, at)
        torn = self._is_full and piece[-1] == self._delimiter  # a quotation mark may begin the next piece
        end = found.start() if found else len(piece) - torn
        self._keep(piece[at:end])
        return end

    def _quoted(self, piece: str, at: int) -> int:
        end = piece.find('"', at)
        self._keep(piece[at : end if end >= 0 else len(piece)])
        if end < 0:
            return len(piece)
        self._state = _State.AFTER_QUOTE
        return end + 1

    def _between(self, sign: str) -> bool:
        """A sign at the beginning of a cell, behind one, or after a quotation mark; says whether it ends the row."""
        if sign == '"':
            if self._state is _State.AFTER_QUOTE:
                self._keep('"')
            self._state = _State.QUOTED
        elif sign in (self._delimiter, "\r", "\n"):
            return self._boundary(sign)
        else:
            self.is_broken = True
        return False

    def _begins_plain(self, sign: str) -> bool:
        if self._state is not _State.START or sign in ('"', "\r", "\n"):
            return False
        if sign == self._delimiter and not self._is_full:
            return False
        self._state = _State.PLAIN
        return True

    def _boundary(self, sign: str) -> bool:
        cell = "".join(self._cell)
        if len(self.cells) <= self._limits.columns:
            self.cells.append(cell)
        elif not self._is_full:
            self.cells[-1] = cell
        self._is_full = len(self.cells) > self._limits.columns and not self.cells[-1].isspace() and self.cells[-1] != ""
        self._cell.clear()
        self._row_size += self._cell_size
        self._cell_size = 0
        self._drops = False
        self._state = _State.START
        return sign != self._delimiter

    def _count(self, piece: str, to: int) -> None:
        ends = piece.count("\n", self._counted, to)
        lone = piece.count("\r", self._counted, to)
        self.lines += ends + (lone - piece.count("\r\n", self._counted, to) if lone else 0)
        self._counted = to

    def _keep(self, text: str) -> None:
        if self._drops or self._is_full:
            return
        self._cell.append(text)
        self._cell_size += size_of(text)
        if self._cell_size > self._limits.cell_bytes or self._row_size + self._cell_size > self._limits.row_bytes:
            self._drops = self.is_too_large = True
            self._cell.clear()
            self._cell_size = 0
