"""The lines of a text file, with rows of at most ROW characters."""

import io
from collections.abc import Iterable, Iterator, Mapping

ROW = 8 << 20  # characters
MARK = '"'
_PIECE = 1 << 20
_NO_JSON = "?\n"


class NotPlain(Exception):
    """The file cannot be verified. The exception carries nothing of the file's content."""


def whole_lines(text: io.TextIOWrapper, first: str) -> Iterator[str]:
    """The lines of JSON Lines, of which `first` was read before. A line that is too long becomes invalid JSON."""
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
    """The lines of a table. `number` is the number of lines read.

    `is_cut`: the current row is longer than ROW. The rest of the row is skipped; its quotation marks show the end.
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
        """Notes that the next line begins a row."""
        self._signs, self.is_cut = 0, False

    def _passed(self, line: str, *, is_open: bool) -> str:
        """Skips the rest of a row. Returns a line that ends the row for a CSV reader."""
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
    """A line without the quotation mark at a position. Raises NotPlain for another character."""
    if line[at : at + 1] != MARK:
        raise NotPlain
    return line[:at] + line[at + 1 :]
