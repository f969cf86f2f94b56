"""The lines of a JSON Lines file, each a text of its own: a damaged one decides for itself and for no other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from app.reading.padding import SIGNS
from app.reading.refusal import CUT

BAD_LINE = "bad_json"
FIRST = 8  # lines that tell whether a file has one object on each line
_SPACE = f" \t\r\n\ufeff{SIGNS}"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no JSON. `is_cut`: it is the last one, and has no line end."""

    is_cut: bool

    @property
    def codes(self) -> tuple[str, ...]:
        return (BAD_LINE, CUT) if self.is_cut else (BAD_LINE,)


class Line:
    """One line, read like a text that ends with it. `is_held`: it lies in memory whole."""

    def __init__(self, text: TextIO, number: int, begun: str, most: int) -> None:
        self._text = text
        self._ahead = begun
        self._most = most
        self.number = number
        self.has_end = begun[-1] in "\r\n"
        self.is_held = self.has_end or len(begun) < most
        self._is_over = self.is_held

    @property
    def is_blank(self) -> bool:
        return self.is_held and not self._ahead.strip(_SPACE)

    @property
    def goes_on(self) -> bool:
        """Whether a comma stands behind the line's value, as between the items of an array."""
        return self.is_held and self._ahead.rstrip(_SPACE).endswith(",")

    @property
    def opens_list(self) -> bool:
        """Whether the line begins with a list, or a list begins that does not end on it, as far as brackets tell."""
        return self._ahead.lstrip(_SPACE).startswith("[") or self._ahead.count("[") > self._ahead.count("]")

    def read(self, size: int) -> str:
        """The next piece of the line; empty at its end."""
        if self._ahead:
            piece, self._ahead = self._ahead, ""
        elif self._is_over:
            piece = ""
        else:
            piece = self._text.readline(size)
            self.has_end = piece[-1:] in ("\r", "\n")
            self._is_over = self.has_end or len(piece) < size
        return piece

    def pass_over(self) -> None:
        """Leaves the text behind the line."""
        while self.read(self._most):
            pass


def lines_of(text: TextIO, most: int) -> Iterator[Line]:
    """The lines that are not blank, from the first. At most `most` signs of one are held; what is left of a line when
    the next one is asked for is passed over."""
    number = 0
    after = ""  # the last sign of the line before
    while begun := text.readline(most):
        number += not (after == "\r" and begun == "\n")  # whose two signs were torn apart
        line = Line(text, number, begun, most)
        if not line.is_blank:
            yield line
        line.pass_over()
        after = "\r" if begun[-1] == "\r" else ""
