"""JSON read piece by piece: one value at a time, however long the file is, numbers without loss."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from app.reading.limits import size_of
from app.reading.refusal import Refused

CHUNK = 1 << 18
MOST = 1 << 20  # that is read on at once, of a value that is not whole
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_BRACKETS = re.compile(r'["{}\[\]]')
LONGEST = 16  # signs of a word, or of an escape, that may be torn where the text ends
_WORDS = ("true", "false", "null", "NaN", "-Infinity")
_BEGUN = "|".join(word[:signs] for word in _WORDS for signs in range(1, len(word)))
_TORN = re.compile(rf"\s*(?:[.eE][+-]?|u[0-9a-fA-F]{{0,4}}|{_BEGUN})?\s*")
_STRING_END = re.compile(r'["\\]')


class Exact(float):
    """A number with a fraction that remembers how it was written."""

    text: str

    @classmethod
    def read(cls, text: str) -> "Exact":
        value = cls(text)
        value.text = text
        return value


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= 400 else text


def _no_value(_: str) -> None:
    """NaN and Infinity, which some programs write though JSON has none: no value, like null."""


_DECODER = json.JSONDecoder(parse_float=Exact.read, parse_int=_whole, parse_constant=_no_value)
# Line ends and the like inside a text, which JSON forbids, are part of it.
FORGIVING = json.JSONDecoder(parse_float=Exact.read, parse_int=_whole, parse_constant=_no_value, strict=False)


class Passed(dict[str, Any]):
    """What is kept of an object that is too large."""


class TooLarge(Exception):
    """The next value is over the limit; it has been passed over. `begins` are the small cells that it begins with."""

    def __init__(self, begins: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.begins = begins or {}


SMALL = 64  # cells that are kept of an object that is too large, and signs of each


def small_of(value: Any) -> dict[str, Any]:
    """What of an object that is too large is kept, so that it is known whose it is: its ids and other short words."""
    if not isinstance(value, dict):
        return {}
    short = ((name, cell) for name, cell in value.items() if len(name) <= SMALL and len(str(cell)) <= 4 * SMALL)
    return dict(islice(short, SMALL))


def behind(text: str, at: int) -> int:
    """The place behind the space that stands here."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _is_torn(rest: str) -> bool:
    """Whether the end of a text is nothing, or the beginning of a word, a number or an escape."""
    return len(rest) < LONGEST and _TORN.fullmatch(rest) is not None


class Text(Protocol):
    """What is read from; an empty piece is its end."""

    def read(self, size: int, /) -> str: ...


class JsonStream:
    """A text with a place in it. Every method leaves the place behind what it took."""

    _decoder = _DECODER

    def __init__(self, text: Text, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._before = 0  # signs of the text that are held no longer
        self.size = 0  # of the value that was taken last, in bytes

    def peek(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more(CHUNK):
                return ""

    def opens_objects(self) -> bool:
        """Whether an array begins here of which the first value is an object. Nothing is taken."""
        if self.peek() != "[":
            return False
        ahead = 1
        while True:
            at = behind(self._buffer, self._at + ahead)
            if at < len(self._buffer):
                return self._buffer[at] == "{"
            ahead = at - self._at
            if not self._more(CHUNK):
                return False

    def sign(self, allowed: str) -> str:
        """Takes one of the signs that may stand here."""
        found = self.peek()
        if not found or found not in allowed:
            raise Refused("bad_json", is_cut=_is_torn(self._rest()))
        self._at += 1
        return found

    def value(self) -> Any:
        """The next whole value. One over the limit, or nested deeper than any record, is passed over and raises
        `TooLarge`."""
        self.peek()
        wanted = CHUNK
        while True:
            is_cut = True
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except RecursionError:
                kept = self._begins()
                self._pass_over()
                raise TooLarge(kept) from None
            except ValueError as error:
                value, end = None, -1
                is_cut = self._must_be_unfinished(error)
            if end >= 0 and (end < len(self._buffer) or self._ended or self._buffer[end - 1] in '"]}'):
                begins, self._at, self.size = self._at, end, end - self._at
                if self.size * 4 > self._limit:
                    self.size = size_of(self._buffer, begins, end)
                    self._drop()  # not held beside what is made of it
                if self.size > self._limit:
                    raise TooLarge(small_of(value))
                return value
            if len(self._buffer) - self._at > self._limit:
                kept = self._begins()
                self._pass_over()
                raise TooLarge(kept)
            if not self._more(wanted):
                raise Refused("bad_json", is_cut=is_cut)
            wanted = min(wanted * 2, MOST)

    def _begins(self) -> dict[str, Any]:
        """The first members of an object that is not whole, its id most likely among them."""
        found: dict[str, Any] = {}
        text, at = self._buffer, self._at + 1
        try:
            while text[self._at] == "{" and len(found) < SMALL:
                name, at = _DECODER.raw_decode(text, behind(text, at))
                value, at = _DECODER.raw_decode(text, behind(text, behind(text, at) + 1))
                if not isinstance(name, str) or at >= len(text):
                    break
                found[name] = value
                at = behind(text, at) + 1
        except (ValueError, RecursionError):
            pass  # here is what is too large, or what is no JSON and is met again
        return small_of(found)

    def _rest(self) -> str:
        """What stands behind the place, as far as it must be known to tell whether the text is cut there."""
        while len(self._buffer) - self._at < LONGEST and self._more(CHUNK):
            pass
        return self._buffer[self._at : self._at + LONGEST]

    def _must_be_unfinished(self, error: ValueError) -> bool:
        """Whether nothing is wrong but that the text ends here.

        An error well before the end of what was read so far is one that no further text mends.
        """
        if not isinstance(error, json.JSONDecodeError):
            raise Refused("bad_json") from None
        is_open = error.msg.startswith("Unterminated string")
        if error.pos < len(self._buffer) - LONGEST and not is_open:
            raise Refused("bad_json") from None
        return is_open or _is_torn(self._buffer[error.pos : error.pos + LONGEST])

    def _more(self, size: int) -> bool:
        if self._ended:
            return False
        piece = self._text.read(size)
        self._ended = not piece
        self._drop()
        self._buffer += piece
        return bool(piece)

    def _drop(self) -> None:
        """Holds what stands before the place no longer."""
        self._before += self._at
        self._buffer, self._at = self._buffer[self._at :], 0

    def _pass_over(self) -> None:
        """Moves behind a value without keeping it."""
        depth = 0
        quoted = False
        while True:
            pattern = _STRING_END if quoted else _BRACKETS
            found = pattern.search(self._buffer, self._at)
            if found is None:
                self._at = len(self._buffer)
                if not self._more(CHUNK):
                    raise Refused("bad_json", is_cut=True)
                continue
            self._at = found.end()
            sign = found.group()
            if sign == "\\":
                if self._at >= len(self._buffer):
                    self._more(CHUNK)
                self._at += 1
                continue
            if sign == '"':
                quoted = not quoted
            else:
                depth += 1 if sign in "{[" else -1
            if depth == 0 and not quoted:
                return


def values_in(stream: JsonStream) -> Iterator[Any]:
    """The values of an array that begins here; a `Passed` for one that was passed over."""
    stream.sign("[")
    if stream.peek() == "]":
        stream.sign("]")
        return
    while True:
        try:
            yield stream.value()
        except TooLarge as large:
            yield Passed(large.begins)
        if stream.sign(",]") == "]":
            return
