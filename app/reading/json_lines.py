"""JSON Lines (jsonlines.org): each line is a text of its own, so that a damaged line costs no other line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from app.reading.padding import SIGNS
from app.reading.refusal import CUT

BAD_LINE = "bad_json"
FIRST_LINES = 8  # lines by which a file with an object per line is recognised
_SPACE = f" \t\r\n\ufeff{SIGNS}"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not JSON. `is_cut` for the last line of the file without a line end."""

    is_cut: bool

    @property
    def codes(self) -> tuple[str, ...]:
        """The problem codes of the line."""
        return (BAD_LINE, CUT) if self.is_cut else (BAD_LINE,)


class JsonLine:
    """A line as a text to read from. `is_held` if the whole line is in memory."""

    def __init__(self, text: TextIO, number: int, begun: str, most: int) -> None:
        self._text = text
        self._ahead = begun
        self._most = most
        self.number = number
        self.last_sign = begun[-1]
        self.has_end = begun[-1] in "\r\n"
        self.is_held = self.has_end or len(begun) < most
        self._is_over = self.is_held

    @property
    def is_blank(self) -> bool:
        """Whether the line has only space and padding."""
        return self.is_held and not self._ahead.strip(_SPACE)

    @property
    def goes_on(self) -> bool:
        """Whether a comma follows the line's value, as between the items of an array."""
        return self.is_held and self._ahead.rstrip(_SPACE).endswith(",")

    @property
    def opens_list(self) -> bool:
        """Whether the line begins with a list, or more lists open on it than end, by counting brackets."""
        return self._ahead.lstrip(_SPACE).startswith("[") or self._ahead.count("[") > self._ahead.count("]")

    def read(self, size: int) -> str:
        """Returns the next piece of the line; empty at its end."""
        if self._ahead:
            piece, self._ahead = self._ahead, ""
        elif self._is_over:
            piece = ""
        else:
            piece = self._text.readline(size)
            self.last_sign = piece[-1:] or self.last_sign
            self.has_end = piece[-1:] in ("\r", "\n")
            self._is_over = self.has_end or len(piece) < size
        return piece

    def pass_over(self) -> None:
        """Skips the rest of the line."""
        while self.read(self._most):
            pass


def lines_of(text: TextIO, most: int) -> Iterator[JsonLine]:
    """Yields the lines that are not blank, with numbers from 1. At most `most` characters of a line are held; asking
    for the next line skips the rest of the current line."""
    number = 0
    after = ""  # last sign of the line before
    while begun := text.readline(most):
        number += not (after == "\r" and begun == "\n")  # CR and LF torn apart are a single line end
        line = JsonLine(text, number, begun, most)
        if not line.is_blank:
            yield line
        line.pass_over()
        after = line.last_sign
