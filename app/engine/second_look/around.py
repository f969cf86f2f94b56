"""A text of JSON with an empty object in the place of each that is damaged."""

from collections.abc import Sequence
from typing import Protocol

Damaged = tuple[int, int, int]  # the signs of the text from which and up to which it goes, and how many objects it is
CHUNK = 1 << 18


class Text(Protocol):
    """What is read from."""

    def read(self, size: int, /) -> str: ...


class Around:
    """Reads a text around its damage."""

    def __init__(self, text: Text, damages: Sequence[Damaged]) -> None:
        self._text = text
        self._left = sorted(damages)
        self._at = 0

    def read(self, size: int, /) -> str:
        """The next piece; empty at the end."""
        while self._left and (piece := self._next(size)) is not None:
            if piece:
                return piece
        return self._text.read(size)

    def _next(self, size: int) -> str | None:
        """What stands before the next damage, or in its place. None where the text ends before it."""
        start, end, number = self._left[0]
        if self._at < start:
            piece = self._text.read(min(size, start - self._at))
            self._at += len(piece)
            return piece or None
        while self._at < end and (passed := self._text.read(min(CHUNK, end - self._at))):
            self._at += len(passed)
        del self._left[0]
        return "{}," * number
