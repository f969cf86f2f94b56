"""The slow way through a row that is too large to hold: its state is kept, its oversized cells are not."""

import re
from enum import Enum, auto

from app.engine.reading.limits import Limits, size_of


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
