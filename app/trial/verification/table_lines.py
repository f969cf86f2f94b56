"""The lines of a text file, none of them longer than a row may be."""

import io
from collections.abc import Iterable, Iterator, Mapping

ROW = 8 << 20  # signs
MARK = '"'
_PIECE = 1 << 20
_NO_JSON = "?\n"


class NotPlain(Exception):
    """The file cannot be verified. The exception carries nothing of the file's content."""


def whole_lines(text: io.TextIOWrapper, first: str) -> Iterator[str]:
    """The lines of a text of JSON on each line, of which `first` was read before; no JSON in the place of one that is
    too long."""
    line = first
    while line:
        is_cut = _is_cut(line)
        if is_cut:
            while (piece := text.readline(_PIECE)) and not piece.endswith(("\n", "\r")):
                pass
        yield _NO_JSON if is_cut else line
        line = text.readline(ROW)


def _is_cut(line: str) -> bool:
    return len(line) >= ROW and not line.endswith(("\n", "\r"))


class TableLines:
    """The lines of a table, of which `number` have been read.

    `is_cut`: the row was longer than a row may be. Its end is passed over by its quotation marks.
    """

    def __init__(
        self, text: io.TextIOWrapper, begun: Iterable[str], number: int, open_marks: Mapping[int, int]
    ) -> None:
        self._text = text
        self._begun = iter(begun)
        self._marks = open_marks
        self._signs = 0
        self.number = number
        self.is_cut = False

    def __iter__(self) -> "TableLines":
        return self

    def __next__(self) -> str:
        line = next(self._begun, None) or self._text.readline(ROW)
        if not line:
            raise StopIteration
        is_first = not self._signs
        self._signs += len(line)
        if self._signs > ROW or _is_cut(line):
            return self._passed(line, is_open=not is_first)
        self.number += 1
        return line if self.number not in self._marks else _without(line, self._marks[self.number])

    def end_row(self) -> None:
        """The next line begins a row."""
        self._signs, self.is_cut = 0, False

    def _passed(self, line: str, *, is_open: bool) -> str:
        """Passes the rest of a row. Returns what ends it for a reader of rows: its open cell, or a cell of its own."""
        end = f"{MARK}\n" if is_open else "?\n"
        while line:
            is_open ^= line.count(MARK) % 2 == 1
            is_ended = line.endswith(("\n", "\r"))
            self.number += is_ended
            if is_ended and not is_open:
                break
            line = next(self._begun, None) or self._text.readline(_PIECE)
        self.is_cut = True
        return end


def _without(line: str, at: int) -> str:
    """A line without the quotation mark that stands there."""
    if line[at : at + 1] != MARK:
        raise NotPlain
    return line[:at] + line[at + 1 :]
