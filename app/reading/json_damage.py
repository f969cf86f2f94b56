"""Damaged lists of JSON: what their whole records have in common, and how many records a damaged piece has."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.json_values import JsonObject
from app.reading.json_stream import FORGIVING

OBJECT_START = re.compile(r'\{[ \t\r\n]*"([^"\\]{1,64})"')
LOOK_BACK = 200  # characters before an object by which a member's value is recognised
MemberNames = frozenset[str]


@dataclass(frozen=True, slots=True)
class RecordShape:
    """What the whole records of a list have in common: their first member and the members of most. `inner` are the
    member names of objects in lists inside records, `inner_firsts` the first of each."""

    first: str
    common: MemberNames
    inner: frozenset[MemberNames]
    inner_firsts: MemberNames

    def matches(self, value: Any) -> bool:
        """Returns whether a value is a record: it has the first member and three quarters of the common members."""
        return isinstance(value, dict) and self._has_names_of(value.keys())

    def _has_names_of(self, names: Any) -> bool:
        return self.first in names and 4 * len(self.common & names) >= 3 * len(self.common)

    @property
    def is_distinct(self) -> bool:
        """Whether no object inside a record can be mistaken for a record."""
        return len(self.common) > 1 and not any(map(self._has_names_of, self.inner))

    def matches_inside(self, value: Any) -> bool:
        """Returns whether a value contains a record in a list."""
        return any(map(self.matches, inner_objects(value)))


def inner_objects(value: Any) -> Iterator[JsonObject]:
    """Yields the objects in lists inside a value, at any depth."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            yield from (item for item in each if isinstance(item, dict))
            left.extend(each)


def is_member_value(text: str, at: int) -> bool:
    """Returns whether the text at the offset is the value of a member."""
    return text[max(0, at - LOOK_BACK) : at].rstrip().endswith(":")


def has_swallowed_neighbours(value: JsonObject) -> bool:
    """Returns whether an object contains similar objects in a list: it lacks a closing bracket."""
    first = next(iter(value))
    alike = (value.keys() & each.keys() for each in inner_objects(value) if first in each)
    return any(len(names) > 2 and 2 * len(names) >= len(value) for names in alike)


# Counts the records in a damaged piece of a list.
#
# A comma between two records separates them, and the beginning of a record always begins a record. Where a bracket or
# a quotation mark is missing, no comma is certain: the most plausible reading counts.

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_SINGLE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{}\[\],]""", re.DOTALL)
_NAME = re.compile(r"""\s*(?P<mark>["'])(?P<name>[^"'\\]{1,64})(?P=mark)\s*:""")
_OPENS = re.compile(r"""\{\s*(?:["'}]|$)""")
_BRACKET = re.compile(r"[{}\[\]]")
_BEFORE_WORDS = re.compile(r"[,\[]")
_NOTHING = re.compile(r"[\s,}\]]*")
_LISTS = re.compile(r'\]\s*(?:,\s*)?\[(?=\s*(?:[^\s\[\]"\d.-]|"[^"\\]*"\s*:|\Z))')  # between two lists of records


def records_in(text: str, records: RecordShape, lists: frozenset[str]) -> int:
    """Returns the number of records in a damaged piece, at least 1. `lists` are the list names of its pages."""
    return max(1, sum(_Piece(part, records).count() for part in _parts(text, lists)))


def ends_a_record(text: str, records: RecordShape, lists: frozenset[str]) -> bool:
    """Returns whether a damaged piece closes an object that it does not open: it is the rest of the record before it.

    A piece that begins with the first member of a record is a record without its opening bracket.
    """
    if text.startswith(f'"{records.first}"'):
        return False
    part = next(_parts(text, lists))
    depth = 0
    for match in _BRACKET.finditer(part):
        if match.group() in "{[":
            depth += match.group() == "[" or _OPENS.match(part, match.start()) is not None
        else:
            depth -= 1
        if depth < 0:
            return match.group() == "}"
    return False


def ends_in_words(text: str) -> bool:
    """Returns whether only words without a comma precede the next record: they belong to the damage."""
    words = _BEFORE_WORDS.split(text)[-1].strip()
    return bool(words) and not any(sign in words for sign in "\"'}]")


def _parts(text: str, lists: frozenset[str]) -> Iterator[str]:
    """Yields the text of each list in a piece that spans several lists."""
    if not lists:
        yield from _LISTS.split(text)
        return
    names = "|".join(map(re.escape, sorted(lists)))
    begins = re.compile(rf'\{{(?:[^{{}}\[\]]|\{{[^{{}}\[\]]*\}})*?"(?:{names})"\s*:\s*\[')
    at = 0
    for match in begins.finditer(text):
        yield from _LISTS.split(text[at : _end_of_page(text, at, match.start())])
        at = match.end()
    yield from _LISTS.split(text[at:])


def _end_of_page(text: str, at: int, end: int) -> int:
    """Returns where the list of a page ends before the next page at `end`; `end` itself if the page is damaged."""
    close = end
    while (close := text.rfind("]", at, close)) >= 0:
        page = '{"":[' + text[close:end]
        try:
            _, read = FORGIVING.raw_decode(page)
        except (json.JSONDecodeError, RecursionError):
            continue
        if not page[read:].strip(", \t\r\n"):
            return close
    return end


class _Piece:
    """A damaged piece of a single list."""

    def __init__(self, text: str, records: RecordShape) -> None:
        self._text = text
        self._records = records
        self._begins = self._sure_beginnings()

    def count(self) -> int:
        """Returns the number of records."""
        number = at = 0
        while (at := self._behind_nothing(at)) < len(self._text):
            number += 1
            at = self._end_of(at)
        return number

    def _behind_nothing(self, at: int) -> int:
        match = _NOTHING.match(self._text, at)
        return match.end() if match else at

    def _sure_beginnings(self) -> list[int]:
        """Returns where records certainly begin: at their first member, unless inner objects begin with it too."""
        first = self._records.first
        if first in self._records.inner_firsts:
            return []
        name = re.escape(first)
        opened = re.compile(rf"""\{{\s*(?:"{name}"|'{name}')""")
        bare = re.compile(rf"""\}}\s*,\s*(?=["']{name}["']\s*:)""")
        begins = [each.start() for each in opened.finditer(self._text) if not is_member_value(self._text, each.start())]
        return sorted([*begins, *(each.end() for each in bare.finditer(self._text))])

    def _end_of(self, at: int) -> int:
        """Returns where the record that begins at the offset ends."""
        text = self._text
        end = next((each for each in self._begins if each > at and not self._is_noise(at, each)), len(text))
        tokens = _SINGLE if re.match(r"\{\s*'", text[at : at + 64]) else _TOKEN
        is_object = _OPENS.match(text, at) is not None or _NAME.match(text, at) is not None
        depth = 0
        for match in tokens.finditer(text, at, end):
            sign = match.group()
            if sign == "[" or (sign == "{" and _OPENS.match(text, match.start())):
                depth += 1
                is_object = True
            elif sign in "}]":
                depth = max(0, depth - 1)
            elif sign == "," and depth == 0:
                is_over = not is_object or text[at : match.start()].rstrip().endswith("}")
                if is_over and self._may_begin(match.end()):
                    return match.end()
        return end

    def _is_noise(self, at: int, begins: int) -> bool:
        """Returns whether only words without a comma precede the next record: they belong to that record."""
        before = self._text[at:begins]
        return not any(sign in before for sign in ',"}]') and not before.lstrip("{ \t\r\n").startswith("'")

    def _may_begin(self, at: int) -> bool:
        """Returns whether another record may begin behind a comma, instead of a further member."""
        at = self._behind_nothing(at)
        if self._text[at : at + 1] != "{":
            match = _NAME.match(self._text, at)
            return match is None or match["name"] == self._records.first
        if self._text[at + 1 :].lstrip()[:1] not in ('"', "'"):
            return True
        match = _NAME.match(self._text, at + 1)
        return match is not None and match["name"] not in self._records.inner_firsts - {self._records.first}
