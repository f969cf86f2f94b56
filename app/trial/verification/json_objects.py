"""Yields the objects of a JSON text: an array, JSON Lines, a single object, or pages with a list of objects."""

import io
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Protocol

from app.json_values import JsonObject, JsonValue
from app.mapping.verified_kinds import bare_header
from app.trial.verification.unread import UNREAD

NULL = "null"
CHUNK = 1 << 18
LARGEST = 8 << 20  # characters of an object
MOST_PARTS = 100_000  # objects and lists in an object: each takes hundreds of bytes
LONGEST_NUMBER = 4_000  # characters
_SPACE = re.compile(r"[\s,\ufeff]*")
_ROW_SIGNS = ("{", "[", NULL[0])  # first characters of an object, a list of objects and a null
_PART = re.compile(r'\\.|["\[\]{}]', re.DOTALL)


class Number(str):
    """A number as text, as written."""

    __slots__ = ()


class Doubled(JsonObject):
    """An object with several members of one name: by name it has the last, `every` has all in their order."""

    every: tuple[tuple[str, JsonValue], ...] = ()


def _object_of(members: list[tuple[str, JsonValue]]) -> JsonObject:
    value = dict(members)
    if len(value) < len(members):
        value = Doubled(value)
        value.every = tuple(members)
    return value


_DECODE = json.JSONDecoder(
    parse_int=Number,
    parse_float=Number,
    parse_constant=lambda _: None,  # NaN and Infinity
    object_pairs_hook=_object_of,
    strict=False,
).raw_decode
PAGE = frozenset({"total_entries", "links"})  # members of a page other than its list
ROWS = frozenset(
    {"data", "entries", "items", "records", "results", "rows"}
)  # names of lists of rows in files of scripts


class NotObjects(Exception):
    """The text has values other than objects and lists of objects."""


class Text(Protocol):
    """A readable text."""

    def read(self, size: int, /) -> str: ...


def objects_in(
    text: Text, lists: Collection[str], *, begun: str = "", known: Collection[str] = (), only: str | None = None
) -> Iterator[JsonObject | None]:
    """Yields the objects that are rows, None for a null in place of a row, and an empty object for a number or a text.

    A list under a name in `lists` has rows, in pages of any depth.

    `begun` is the start of the text, which was read before. `known` are bare headers of rows: an object with a member
    of this name before the list is a row instead of a page. `only` names the list to read of a text with several lists.
    Raises NotObjects, at any row.
    """
    reader = _Reader(text, begun)
    while reader.peek():
        if only is None:
            yield from _rows(reader, frozenset(lists), frozenset(known))
        else:
            yield from _rows_under(reader, only)


def objects_by_line(
    lines: Iterable[str], lists: Collection[str], known: Collection[str] = ()
) -> Iterator[JsonObject | None]:
    """Yields the rows of JSON Lines as `objects_in`, and an empty object for a line of invalid JSON."""
    for line in lines:
        try:
            objects = list(_in_line(line, frozenset(lists), frozenset(known)))
        except (NotObjects, ValueError, RecursionError):
            objects = [{}]
        yield from objects


def _in_line(line: str, lists: frozenset[str], known: frozenset[str]) -> Iterator[JsonObject | None]:
    at = _behind(line, 0)
    while at < len(line):
        try:
            value, end = _DECODE(line, at)
        except RecursionError:
            yield from _rows(_Reader(io.StringIO(), line[at:]), lists, known)
            return
        yield from _rows_of(value, lists, known)
        at = _behind(line, end)


def _behind(line: str, at: int) -> int:
    space = _SPACE.match(line, at)
    return space.end() if space else at


def _rows_of(value: Any, lists: frozenset[str], known: frozenset[str]) -> Iterator[JsonObject | None]:
    """The rows of a value: an object itself, or the rows in a page's list."""
    if isinstance(value, list):
        for each in value:
            yield from _rows_of(each, lists, known)
    elif isinstance(value, dict):
        names = list(value)
        held = [
            name
            for at, name in enumerate(names)
            if _is_list(value[name], name, lists) and _are_a_page_s(names[:at], known)
        ]
        for name in held:
            yield from _rows_of(value[name], lists, known)
        if not held and not _is_page_of_nothing(value, lists, known):
            yield value
    elif value is None:
        yield None
    else:
        raise NotObjects


def _is_list(value: Any, name: str, lists: frozenset[str]) -> bool:
    return isinstance(value, list) and (name in lists or (name in ROWS and _begins_with_object(value)))


def _begins_with_object(value: list[Any]) -> bool:
    return isinstance(next((each for each in value if each is not None), None), dict)


def _is_page_of_nothing(members: JsonObject, lists: frozenset[str], known: frozenset[str]) -> bool:
    """Whether an object is a page whose list is null."""
    named = {name for name, value in members.items() if value is None and (name in lists or name in ROWS)}
    return bool(named) and _are_a_page_s(members.keys() - named, known)


def _are_a_page_s(members: Iterable[str], known: frozenset[str]) -> bool:
    """Whether an object with these members before its list is a page. Without known headers, only PAGE are a page's."""
    further = [name for name in members if name not in PAGE]
    return not further or (bool(known) and known.isdisjoint(map(bare_header, further)))


def worded(value: Any) -> str:
    """A JSON value as the text of a cell: a nested value as JSON, or as an empty text if it has no content, or as
    `UNREAD` if it is nested too deeply."""
    if isinstance(value, str):
        return value
    try:
        return "" if _is_empty(value) else json.dumps(_with_numbers(value), ensure_ascii=False)
    except RecursionError:
        return UNREAD


def _is_empty(value: Any) -> bool:
    """Whether a value has no content at any depth. The addresses of an object are no content."""
    left = [value]
    for each in left:
        if isinstance(each, dict):
            left += [member for name, member in each.items() if name != "links" or not isinstance(member, dict)]
        elif isinstance(each, list):
            left += each
        elif each is not None and each != "":
            return False
    return True


def _with_numbers(value: Any) -> Any:
    """A value with its number texts as numbers, except numbers longer than LONGEST_NUMBER."""
    if isinstance(value, list):
        return [_with_numbers(each) for each in value]
    if isinstance(value, dict):
        return {name: _with_numbers(each) for name, each in value.items()}
    if not isinstance(value, Number) or len(value) > LONGEST_NUMBER:
        return value
    return float(value) if not value.lstrip("-").isdecimal() else int(value)


def _rows(reader: "_Reader", lists: frozenset[str], known: frozenset[str]) -> Iterator[JsonObject | None]:
    sign = reader.peek()
    if sign == "[":
        reader.take()
        while (begins := reader.peek()) != "]":
            if begins in _ROW_SIGNS:
                yield from _rows(reader, lists, known)
            else:
                yield None if reader.value() is None else {}
        reader.take()
    elif sign == "{":
        yield from _object(reader, lists, known)
    elif sign == NULL[0] and reader.value() is None:
        yield None
    else:
        raise NotObjects


def _object(reader: "_Reader", lists: frozenset[str], known: frozenset[str]) -> Iterator[JsonObject | None]:
    reader.take()
    members: list[tuple[str, JsonValue]] = []
    is_page = False
    while reader.peek() != "}":
        name = reader.value()
        if not isinstance(name, str) or reader.peek() != ":":
            raise NotObjects
        reader.take()
        is_list = reader.peek() == "[" and (name in lists or name in ROWS)
        if is_list and _are_a_page_s((before for before, _ in members), known):
            is_page = True
            yield from _rows(reader, lists, known)
        else:
            members.append((name, reader.value()))
    reader.take()
    row = _object_of(members)
    if not is_page and not _is_page_of_nothing(row, lists, known):
        yield row


def _rows_under(reader: "_Reader", only: str) -> Iterator[JsonObject | None]:
    """The rows of the list `only` in the next page or list of pages, whatever other members the pages have."""
    sign = reader.peek()
    if sign == NULL[0] and reader.value() is None:
        yield None
        return
    reader.take()
    if sign == "[":
        while reader.peek() != "]":
            yield from _rows_under(reader, only)
    elif sign == "{":
        while reader.peek() != "}":
            name = reader.value()
            if not isinstance(name, str) or reader.peek() != ":":
                raise NotObjects
            reader.take()
            if reader.peek() != "[":
                value = reader.value()
                if name == only and isinstance(value, dict):
                    record: JsonObject = {name: value}
                    yield record
                continue
            reader.take()
            while reader.peek() != "]":
                row = reader.value()
                if name == only:
                    if isinstance(row, list):
                        raise NotObjects
                    yield row if isinstance(row, dict | None) else {}
            reader.take()
    else:
        raise NotObjects
    reader.take()


class _Reader:
    """A position in a text. Commas count as space: reading has checked the grammar before."""

    def __init__(self, text: Text, begun: str) -> None:
        self._text = text
        self._held = begun
        self._at = 0

    def peek(self) -> str:
        """The next character other than space, without moving past it; empty at the end of the text."""
        while True:
            space = _SPACE.match(self._held, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more(CHUNK):
                return ""

    def take(self) -> None:
        """Moves past the character that `peek` returned."""
        self._at += 1

    def value(self) -> Any:
        """The next value; `UNREAD` for a value that is nested too deeply, larger than LARGEST or has too many parts."""
        self.peek()
        wanted = CHUNK
        while True:
            try:
                value, end = _DECODE(self._held, self._at)
            except ValueError:
                value, end = None, -1
            except RecursionError:
                return self._passed()
            if end >= 0 and (end < len(self._held) or self._held[end - 1] in '"]}'):
                self._at = end
                return value
            if end < 0 and (len(self._held) - self._at > LARGEST or self._has_too_many_parts()):
                return self._passed()
            if not self._more(wanted):
                if end >= 0:
                    self._at = end
                    return value
                raise NotObjects
            wanted = min(wanted * 2, LARGEST)

    def _has_too_many_parts(self) -> bool:
        """Whether the unfinished value has more than MOST_PARTS objects and lists."""
        return self._held.count("{", self._at) + self._held.count("[", self._at) > MOST_PARTS

    def _passed(self) -> Any:
        """Moves past a value without keeping it."""
        depth, is_text = 0, False
        while True:
            for token in _PART.finditer(self._held, self._at):
                sign = token[0]
                is_text = is_text ^ (sign == '"')
                depth += 0 if is_text else (sign in "[{") - (sign in "]}")
                if not (depth or is_text or sign[0] == "\\"):
                    self._at = token.end()
                    return UNREAD
            self._at = len(self._held) - (len(self._held) - len(self._held.rstrip("\\"))) % 2  # half of an escape
            if not self._more(CHUNK):
                raise NotObjects

    def _more(self, size: int) -> bool:
        piece = self._text.read(size)
        self._held, self._at = self._held[self._at :] + piece, 0
        return bool(piece)
