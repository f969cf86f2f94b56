"""Reads JSON value by value, however long the file is, without loss in numbers."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from app.json_values import JsonObject
from app.mapping.repeated_members import as_written
from app.reading.limits import has_too_many_parts, size_of
from app.reading.refusal import Refused

CHUNK = 1 << 18
MOST = 1 << 20  # characters read at once for an unfinished value
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_BRACKETS = re.compile(r'["{}\[\]]')
LONGEST = 16  # characters of a word or escape that may be torn at the end of the text
_WORDS = ("true", "false", "null", "NaN", "-Infinity")
_BEGUN = "|".join(word[:signs] for word in _WORDS for signs in range(1, len(word)))
_TORN = re.compile(rf"\s*(?:[.eE][+-]?|u[0-9a-fA-F]{{0,4}}|{_BEGUN})?\s*")
NULL = "null"
_NULL = re.compile(rf"{NULL}(?![a-zA-Z])")
_NULLS = re.compile(rf"(?:[ \t\r\n\ufeff]*{NULL}[ \t\r\n\ufeff]*,)*[ \t\r\n\ufeff]*")
_STRING_END = re.compile(r'["\\]')


class ExactNumber(float):
    """A number with a fraction that keeps its original text."""

    text: str

    @classmethod
    def read(cls, text: str) -> "ExactNumber":
        """Parses a number and keeps its text."""
        value = cls(text)
        value.text = text
        return value


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= 400 else text


def _no_value(_: str) -> None:
    """NaN and Infinity are not JSON, though some programs write them: they count as null."""


def _decoder(*, strict: bool) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=ExactNumber.read,
        parse_int=_whole,
        parse_constant=_no_value,
        object_pairs_hook=as_written,
        strict=strict,
    )


_DECODER = _decoder(strict=True)
FORGIVING = _decoder(strict=False)  # accepts control characters in texts, which RFC 8259 forbids


class OversizedObject(JsonObject):
    """The small members of an object that was too large to hold."""


class ValueTooLarge(Exception):
    """The next value was over the limit and was skipped. `begins` are its first small members."""

    def __init__(self, begins: JsonObject | None = None) -> None:
        super().__init__()
        self.begins = begins or {}


SMALL = 64  # members that are kept of an oversized object, and characters of their names


def small_members(value: Any) -> JsonObject:
    """Returns the ids and other short members of an oversized object, so that its owner is known."""
    if not isinstance(value, dict):
        return {}
    short = ((name, cell) for name, cell in value.items() if len(name) <= SMALL and _is_short(cell))
    return dict(islice(short, SMALL))


def _is_short(value: Any) -> bool:
    try:
        return len(str(value)) <= 4 * SMALL
    except RecursionError:  # nested too deep
        return False


def after_space(text: str, at: int) -> int:
    """Returns the offset behind white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _is_torn(rest: str) -> bool:
    """Returns whether the end of a text is empty, or the beginning of a word, a number or an escape."""
    return len(rest) < LONGEST and _TORN.fullmatch(rest) is not None


class TextSource(Protocol):
    """A text to read from; an empty piece is its end."""

    def read(self, size: int, /) -> str: ...


class JsonStream:
    """A JSON text with a position. Each method moves the position behind what it returns."""

    _decoder = _DECODER

    def __init__(self, text: TextSource, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._before = 0  # characters before the buffer
        self.size = 0  # bytes of the last value

    def peek(self) -> str:
        """Returns the next character that is not white space; empty at the end. The character is not taken."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more(CHUNK):
                return ""

    def opens_objects(self) -> bool:
        """Returns whether an array begins here whose first element other than null is an object. The position does not
        change."""
        if self.peek() != "[":
            return False
        ahead = 1
        while True:
            match = _NULLS.match(self._buffer, self._at + ahead)
            at = match.end() if match else self._at + ahead
            if at + len(NULL) < len(self._buffer) or self._buffer[at : at + 1] == "{":
                return self._buffer[at] == "{"
            ahead = at - self._at
            if not self._more(CHUNK):
                return False

    def null(self) -> bool:
        """Takes the next value if it is null, and returns whether it was."""
        if self.peek() != NULL[0]:
            return False
        while len(self._buffer) - self._at <= len(NULL) and self._more(CHUNK):
            pass
        match = _NULL.match(self._buffer, self._at)
        self._at = match.end() if match else self._at
        return match is not None

    def sign(self, allowed: str) -> str:
        """Takes the next character. Raises Refused `bad_json` unless it is one of `allowed`."""
        sign = self.peek()
        if not sign or sign not in allowed:
            raise Refused("bad_json", is_cut=_is_torn(self._rest()))
        self._at += 1
        return sign

    def value(self) -> Any:
        """Returns the next value. Raises ValueTooLarge for a skipped value over the limit, nested too deep or with too
        many parts, Refused `bad_json` for damage."""
        self.peek()
        wanted = CHUNK
        while True:
            is_cut = True
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except RecursionError:
                kept = self._begins()
                self._pass_over()
                raise ValueTooLarge(kept) from None
            except ValueError as error:
                value, end = None, -1
                is_cut = self._must_be_unfinished(error)
            if end >= 0 and (end < len(self._buffer) or self._ended or self._buffer[end - 1] in '"]}'):
                begins, self._at, self.size = self._at, end, end - self._at
                if self.size * 4 > self._limit:
                    self.size = size_of(self._buffer, begins, end)
                    self._drop()  # the text is not held next to its value
                if self.size > self._limit:
                    raise ValueTooLarge(small_members(value))
                return value
            if len(self._buffer) - self._at > self._limit or has_too_many_parts(self._buffer, self._at):
                kept = self._begins()
                self._pass_over()
                raise ValueTooLarge(kept)
            if not self._more(wanted):
                raise Refused("bad_json", is_cut=is_cut)
            wanted = min(wanted * 2, MOST)

    def _begins(self) -> JsonObject:
        """Returns the first members of an unfinished object, most likely with its id."""
        members: JsonObject = {}
        text, at = self._buffer, self._at + 1
        try:
            while text[self._at] == "{" and len(members) < SMALL:
                name, at = _DECODER.raw_decode(text, after_space(text, at))
                value, at = _DECODER.raw_decode(text, after_space(text, after_space(text, at) + 1))
                if not isinstance(name, str) or at >= len(text):
                    break
                members[name] = value
                at = after_space(text, at) + 1
        except (ValueError, RecursionError):
            pass  # the large member, or damage that is met again
        return small_members(members)

    def _rest(self) -> str:
        """Returns the text behind the position, as much as shows whether the text is truncated there."""
        while len(self._buffer) - self._at < LONGEST and self._more(CHUNK):
            pass
        return self._buffer[self._at : self._at + LONGEST]

    def _must_be_unfinished(self, error: ValueError) -> bool:
        """Returns whether the only error is that the text ends. Raises Refused for an error that no further text
        repairs: one well before the end of what was read."""
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
        """Drops the text before the position."""
        self._before += self._at
        self._buffer, self._at = self._buffer[self._at :], 0

    def _pass_over(self) -> None:
        """Moves behind a value without keeping it."""
        depth = 0
        quoted = False
        while True:
            pattern = _STRING_END if quoted else _BRACKETS
            match = pattern.search(self._buffer, self._at)
            if match is None:
                self._at = len(self._buffer)
                if not self._more(CHUNK):
                    raise Refused("bad_json", is_cut=True)
                continue
            self._at = match.end()
            sign = match.group()
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
    """Yields the values of the array that begins here; an `OversizedObject` for a skipped value."""
    stream.sign("[")
    if stream.peek() == "]":
        stream.sign("]")
        return
    while True:
        try:
            yield stream.value()
        except ValueTooLarge as large:
            yield OversizedObject(large.begins)
        if stream.sign(",]") == "]":
            return
