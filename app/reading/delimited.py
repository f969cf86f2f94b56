"""Rows of CSV files (RFC 4180, with any of four delimiters).

An unclosed quotation mark refuses the file; a stray one costs only its row; an endless cell costs no memory.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import TextIO

from app.reading.limits import Limits, is_over, size_of
from app.reading.refusal import CUT, Refused
from app.reading.text_rows import TextRow
from app.reading.unclosed_quotes import LAST, SwallowedRows, UnclosedQuotes

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 1 << 18
_SMALL_TEXT = 1 << 16  # characters
_BLANK = ("\n", "\r\n")
_BLANK_LINES = 64  # blank lines that are read one by one, before blocks of them
_BLANK_BLOCK = 1 << 14
STRAY_QUOTE = "stray_quotation_mark"
"""Code of a row with text behind a closing quotation mark. The row is read: its cell count matches the row before."""
CUT_IN_QUOTE = CUT
"""Code of a last row whose quoted cell does not end: earlier rows are certain, and the file may be truncated."""
ROWS_IN_CELL = "rows_in_one_cell"
"""Code of a row with a cell whose lines may be rows of the file. The row is held, with all of them."""
MOST_MARKS = 1000  # unclosed quotation marks in a file
MOST_LINES = 500_000
"""Lines of a row that are read one by one: the lines of 8 MiB of line ends take a minute, and 500 MB."""
MOST_LINES_AGAIN = 200  # lines of such a row: it is read from its beginning for each of them
_ROWS_AGAIN = 16  # times the largest row: bytes that may be read a second time because of such marks
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
csv.field_size_limit(1 << 26)  # our own limits are lower, and refuse a row instead of the file


class _TooLarge(Exception):
    """The current row is over the byte limit or the cell limit, or has so many lines that they are read in blocks."""


class _PhysicalLines:
    """The physical lines of a text, and the lines of the current row. Iterated by csv.reader."""

    def __init__(self, text: TextIO, delimiter: str, limits: Limits) -> None:
        self._read: Callable[[int], str] = text.readline
        self._read_on: Callable[[int], str] = text.read
        self._ahead = ""  # text that was read but not yet returned
        self._delimiter = delimiter
        self._limit = limits.row_bytes
        self._most_cells = limits.row_cells
        self._at_once = max(
            1, min(limits.cell_bytes, limits.row_bytes) // 4
        )  # characters that never exceed the byte limit (UTF-8: 4 bytes each)
        self._light = min(self._at_once, limits.row_cells)
        self.number = 0
        self.begins = 1
        self.row: list[str] = []
        self._text = text
        self._again: list[str] = []  # lines to read again, the next line last
        self.begin()

    def __iter__(self) -> "_PhysicalLines":
        return self

    def begin(self) -> None:
        """Starts the next row."""
        self.row.clear()
        self.signs = 0
        self.weighed = 0  # pieces of the row that are measured; 0 for a small row
        self._bytes = self._cells = 0  # of the measured pieces
        self._weigh_beyond = self._light  # signs of the row at which it is measured again

    def __next__(self) -> str:
        line = "" if self._ahead else self._read(self._at_once)
        if len(line) <= 2 and line in _BLANK and not self.row:
            line = self._line_behind_blank_ones()
        if line[-1:] != "\n":
            line = self._piece(line)
            if not line:
                raise StopIteration
            if line[-1] not in "\r\n":
                return self._whole(line)
        if not self.row:
            self.begins = self.number + 1
        self.number += 1
        self.row.append(line)
        self.signs += len(line)
        if self.signs > self._weigh_beyond:
            self.weigh()
        return line

    def _line_behind_blank_ones(self) -> str:
        """Skips the blank lines between two rows. The first of them was read already.

        Returns the next line, or "" if the next line is in the text that was read ahead. A file can unpack to millions
        of blank lines, so they are skipped in blocks.
        """
        self.number += 1
        for _ in range(_BLANK_LINES):
            line = "" if self._ahead else self._read(self._at_once)
            if line not in _BLANK:
                return line
            self.number += 1
        while block := self.block(_BLANK_BLOCK):
            text = block.lstrip("\r\n")
            blank = block[: len(block) - len(text)]
            self.number += blank.count("\n") + blank.count("\r") - blank.count("\r\n")
            if text:
                self.put_back(text)
                break
        return ""

    def _whole(self, piece: str) -> str:
        """Joins the pieces of a line that is longer than a single read. Raises _TooLarge over the limit."""
        begins = len(self.row)
        if not begins:
            self.begins = self.number + 1
        while piece:
            self.row.append(piece)
            self.signs += len(piece)
            self.weigh()
            piece = "" if piece[-1] in "\r\n" else self._piece()
        self.number += 1
        line = "".join(self.row[begins:])
        self.row[begins:] = [line]
        self.weighed = len(self.row)
        return line

    def weigh(self) -> None:
        """Adds the bytes and delimiters of unmeasured pieces. Raises _TooLarge over a limit.

        Short pieces are measured together, each time that the row has grown by as much as a row may be unmeasured.
        """
        pieces = "".join(self.row[self.weighed :])
        self._bytes += size_of(pieces)
        self._cells += pieces.count(self._delimiter)
        self.weighed = len(self.row)
        self._weigh_beyond = self.signs + self._light
        if self._bytes >= self._limit or self._cells >= self._most_cells or self.weighed > MOST_LINES:
            raise _TooLarge

    def block(self, most: int = BLOCK) -> str:
        """Returns the next block of text, regardless of lines, for text that is skipped."""
        held, self._ahead = self._ahead, ""
        block = held if len(held) > 1 else held + self._read_on(min(self._limit, most))  # one sign behind a lone CR
        return block + self._rest_of_end() if block[-1:] == "\r" else block

    def put_back(self, text: str) -> None:
        """Returns text behind a skipped row to the front of the stream."""
        self._ahead = text + self._ahead

    def give_back(self, begun: int) -> int:
        """Ends the row after its first `begun` lines. The rest is read again; returns its length in characters."""
        back = self.row[begun:]
        if self._ahead:
            back += _LINE.findall(self._ahead)[:-1]  # the last match is empty
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
        """Returns a line or its next piece, never torn between CR and LF. `begun` is text that was already read."""
        held = bool(self._ahead)
        line = begun or self._line()
        if line[-1:] == "\r" and not self._ahead and (held or len(line) == self._at_once):
            return line + self._rest_of_end()
        return line

    def _line(self) -> str:
        if not self._ahead:
            return self._read(self._at_once)
        line = _LINE.match(self._ahead)[0]  # type: ignore[index]  # the pattern matches everywhere
        self._ahead = self._ahead[len(line) :]
        return line if line[-1] in "\r\n" else line + self._read(max(self._at_once - len(line), 0))

    def _rest_of_end(self) -> str:
        """Returns the LF that follows a CR at the end of a piece; other text is kept for the next read."""
        after = self._read_on(1)
        if after != "\n":
            self._ahead, after = after, ""
        return after


class Delimited:
    """A delimited text. Each call of `rows` reads the text anew."""

    def __init__(self, open_: Callable[[], TextIO], delimiter: str, limits: Limits) -> None:
        self._open = open_
        self.delimiter = delimiter
        self._limits = limits
        self.open_marks: list[tuple[int, int]] = []
        """Unclosed quotation marks of the last pass: line, counted from 1, and character offset within the line."""

    def rows(self, marks: UnclosedQuotes | None = None, *, header: int = 0) -> Iterator[TextRow]:
        """Yields the rows in order, without blank rows.

        `marks` finds rows that lie inside a quoted cell, below the line of the `header`. Raises Refused
        `csv_unclosed_quote` at a quotation mark behind which the row boundaries are unknown.
        """
        self.open_marks = []
        with self._open() as text:
            yield from self._rows(text, marks, header)

    def _rows(self, text: TextIO, marks: UnclosedQuotes | None, header: int) -> Iterator[TextRow]:
        lines = _PhysicalLines(text, self.delimiter, self._limits)
        row = lines.row
        width = 0  # cells of the row before; lines above the header are narrower
        again = 0  # characters that were read a second time
        codes: tuple[str, ...]
        read = self._reader(lines)
        while True:
            try:
                cells = read()
                if lines.weighed:
                    lines.weigh()
            except StopIteration:
                return
            except csv.Error:
                begins = lines.begins
                below, is_open = _quote(row, self.delimiter)
                if (
                    marks
                    and len(row) > 1
                    and begins > header
                    and not is_open
                    and (swallowed := marks.find_swallowed(row, None))
                ):
                    cells, again = self._parted(lines, begins, swallowed, again, begins + below)
                    read, width = self._reader(lines), len(cells)
                    yield begins, *self._kept(cells, STRAY_QUOTE)
                    continue
                cells = self._leniently(row, ends=not is_open)
                if not cells and not is_open:
                    cells = self._goes_on(lines)
                    if cells and marks and begins > header and marks.find_swallowed(row, cells):
                        raise Refused("csv_unclosed_quote", line=begins + below) from None
                in_last_line = below == len(row) - 1 and row[-1][-1:] not in ("\r", "\n")
                if not in_last_line if is_open else len(cells) != width:
                    raise Refused("csv_unclosed_quote", line=begins + below) from None
                read = self._reader(lines)
                lines.begin()
                yield begins, *self._kept(cells, CUT_IN_QUOTE if is_open else STRAY_QUOTE)
                continue
            except _TooLarge:
                begins = lines.begins
                read = self._reader(lines)
                swallowed = marks.find_swallowed(row[:-1], None) if marks and len(row) > 2 and begins > header else None
                _, cells, codes = self._endless(lines, begins)
                if swallowed is not None:
                    if swallowed.cells is not None:
                        raise Refused("csv_unclosed_quote", line=begins + swallowed.head - 1) from None
                    codes = (*codes, ROWS_IN_CELL)
                yield begins, cells, codes
                lines.begin()
                continue
            codes, begins = (), lines.begins
            if len(row) > 1 and marks and begins > header and (swallowed := marks.find_swallowed(row, cells)):
                if swallowed.cells is not None:
                    cells, again = self._parted(lines, begins, swallowed, again)
                    read, width = self._reader(lines), len(cells)
                    yield begins, *self._kept(cells, STRAY_QUOTE)
                    continue
                codes = (ROWS_IN_CELL,)
            if lines.weighed:
                cells, codes = self._kept(cells, *codes)
                if lines.signs > BLOCK:  # csv.reader keeps the memory of its largest row
                    read = self._reader(lines)
            width = len(cells) or width
            is_row = cells and not (begins == 1 and len(cells) <= 2 and _declares(row[0]))
            lines.begin()
            if is_row:
                yield begins, cells, codes
            del cells  # the next row may be as large

    def _reader(self, lines: _PhysicalLines) -> Callable[[], list[str]]:
        return csv.reader(lines, delimiter=self.delimiter, strict=True).__next__

    def _kept(self, cells: list[str], *codes: str) -> tuple[list[str], tuple[str, ...]]:
        """Returns the cells, those over the limit emptied, and the row's codes."""
        most = self._limits.cell_bytes
        if not any(is_over(cell, most) for cell in cells):
            return cells, codes
        return ["" if is_over(cell, most) else cell for cell in cells], ("cell_too_large", *codes)

    def _parted(
        self, lines: _PhysicalLines, begins: int, swallowed: SwallowedRows, again: int, line: int = 0
    ) -> tuple[list[str], int]:
        """Returns the cells of a row that ends before the rows in its cell, and the characters read again so far; those
        rows are read next.

        Raises Refused if the row's end is uncertain, or if marks would make a file be read endlessly.
        """
        opened = begins + swallowed.head - 1
        if swallowed.cells is None:
            raise Refused("csv_unclosed_quote", line=line or opened)
        self.open_marks.append((opened, swallowed.at))
        again += lines.give_back(swallowed.head)
        if len(self.open_marks) > MOST_MARKS or again > _ROWS_AGAIN * self._limits.row_bytes:
            raise Refused("csv_unclosed_quote", line=opened)
        return swallowed.cells, again

    def _leniently(self, row: list[str], *, ends: bool) -> list[str]:
        """Returns the cells of a row with misplaced quotation marks: text behind a closing mark belongs to the cell.

        With `ends`, the row must end with its last line; empty if a cell is still open there.
        """
        records = list(csv.reader([*row, LAST] if ends else row, delimiter=self.delimiter))
        return records[0] if not ends or records[1:] == [[LAST]] else []

    def _goes_on(self, lines: _PhysicalLines) -> list[str]:
        """Returns the cells of a row with misplaced quotation marks that ends in a later line; takes those lines.

        Empty if the row does not end within MOST_LINES_AGAIN lines, within its limits, or in the file.
        """
        for _ in range(MOST_LINES_AGAIN):
            try:
                next(lines)
            except (StopIteration, _TooLarge):
                return []
            if cells := self._leniently(lines.row, ends=True):
                return cells
        return []

    def _endless(self, lines: _PhysicalLines, begins: int) -> TextRow:
        """Skips a row that is too large to hold, block by block, and keeps its small cells."""
        endless = OversizedRow(self.delimiter, self._limits)
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


def _chained(lines: _PhysicalLines) -> Iterator[str]:
    """Yields the text of the current row so far, then the text behind it."""
    so_far = "".join(lines.row)
    lines.begin()
    yield so_far
    del so_far
    yield from iter(lines.block, "")


def _declares(line: str) -> bool:
    return declared_delimiter(line) is not None


def declared_delimiter(line: str) -> str | None:
    """Returns the delimiter of a first line `sep=;`, as Excel writes it; None for any other line."""
    line = line.lstrip("\ufeff").strip("\r\n").strip('"')
    if line[:4].lower() == "sep=" and line[4:5] in DELIMITERS:
        return line[4:5]
    return None


def delimiters_to_try(text: TextIO) -> tuple[Sequence[str], bool]:
    """Returns the delimiters that may split a text, and whether the text names its delimiter. Reads its beginning.

    Of the delimiters that a small text does not hold only the first is returned: each of them gives the same rows.
    """
    line = text.readline(64)
    if declared := declared_delimiter(line):
        return (declared,), True
    begins = line + text.read(_SMALL_TEXT)
    absent = [sign for sign in DELIMITERS if sign not in begins] if len(begins) < _SMALL_TEXT else []
    return [sign for sign in DELIMITERS if sign not in absent[1:]], False


def _quote(row: list[str], delimiter: str) -> tuple[int, bool]:
    """Returns the line offset of a row's last opening quotation mark, and whether that mark is unclosed."""
    endless = OversizedRow(delimiter, Limits(cell_bytes=1, row_bytes=1))
    for piece in row:
        endless.take(piece)
    return endless.quote_line, endless.is_open_quoted


# The slow pass over a row that is too large to hold: a state machine that drops oversized cells.


class _State(Enum):
    START = auto()  # at the beginning of a cell
    PLAIN = auto()
    QUOTED = auto()
    AFTER_QUOTE = auto()


class OversizedRow:
    """Takes a row piece by piece. A cell over a limit becomes empty.

    Of the cells beyond the column limit only the first filled one is kept: it proves that the row is too long.
    """

    def __init__(self, delimiter: str, limits: Limits) -> None:
        self._delimiter = delimiter
        self._plain_end = re.compile(f"[{re.escape(delimiter)}\r\n]")
        self._rest_end = re.compile(f'{re.escape(delimiter)}"|[\r\n]')
        self._limits = limits
        self._state = _State.START
        self._cell: list[str] = []
        self._cell_size = 0
        self._row_size = 0  # bytes of kept cells
        self._drops = False  # the current cell is over a limit
        self._is_full = False  # no further cell is kept
        self._taken = 0  # bytes of the row so far
        self._counted = 0  # offset in the piece up to which line ends are counted
        self.lines = 0  # line ends so far
        self.cells: list[str] = []
        self.quote_line = 0  # line of the last quoted cell, counted from the row's first line
        self.is_broken = False
        self.is_too_large = False

    @property
    def is_open_quoted(self) -> bool:
        """Whether the text so far ends inside a quoted cell."""
        return self._state is _State.QUOTED

    def take(self, piece: str) -> int | None:
        """Takes the next piece: any number of lines, no line end torn. Returns the offset at which the row ends, None
        if the row goes on."""
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
        """Ends the row at the end of the file. Does nothing inside a quoted cell."""
        if not self.is_open_quoted:
            self._boundary("\n")

    def _plain(self, piece: str, at: int) -> int:
        """Returns the offset at which an unquoted cell ends. Cells that are not kept are skipped together."""
        match = (self._rest_end if self._is_full else self._plain_end).search(piece, at)
        torn = self._is_full and piece[-1] == self._delimiter  # a quotation mark may begin the next piece
        end = match.start() if match else len(piece) - torn
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
        """Handles a character at the start of a cell, behind a cell or behind a quotation mark. Returns whether the row
        ends."""
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
