"""How many records a damaged piece of a list of JSON is.

Each comma between two records parts them, and each beginning of a record begins one, whatever stands before it. Where a
bracket or a quotation mark lacks, nothing tells a comma between records for certain: the most plausible reading counts.
"""

import json
import re
from collections.abc import Iterator

from app.engine.reading.json_records import Records, is_a_value
from app.engine.reading.json_stream import FORGIVING

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_SINGLE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{}\[\],]""", re.DOTALL)
_NAME = re.compile(r"""\s*(?P<mark>["'])(?P<name>[^"'\\]{1,64})(?P=mark)\s*:""")
_OPENS = re.compile(r"""\{\s*(?:["'}]|$)""")
_BRACKET = re.compile(r"[{}\[\]]")
_BEFORE_WORDS = re.compile(r"[,\[]")
_NOTHING = re.compile(r"[\s,}\]]*")
_LISTS = re.compile(r'\]\s*,?\s*\[(?=\s*(?:[^\s\[\]"\d.-]|"[^"\\]*"\s*:|\Z))')  # between two lists of records


def records_in(text: str, records: Records, lists: frozenset[str]) -> int:
    """How many records a damaged piece is, at least one. `lists` are names under which its pages have their rows."""
    return max(1, sum(_Piece(part, records).count() for part in _parts(text, lists)))


def ends_a_record(text: str, records: Records, lists: frozenset[str]) -> bool:
    """Whether a damaged piece closes an object that it does not open: it is the rest of the record before it.

    A piece with the first member of a record is a record that lacks its bracket.
    """
    if text.startswith(f'"{records.first}"'):
        return False
    part = next(_parts(text, lists))
    depth = 0
    for found in _BRACKET.finditer(part):
        if found.group() in "{[":
            depth += found.group() == "[" or _OPENS.match(part, found.start()) is not None
        else:
            depth -= 1
        if depth < 0:
            return found.group() == "}"
    return False


def ends_in_words(text: str) -> bool:
    """Whether words alone, without a comma, stand between what is damaged and the record behind it: a part of that."""
    words = _BEFORE_WORDS.split(text)[-1].strip()
    return bool(words) and not any(sign in words for sign in "\"'}]")


def _parts(text: str, lists: frozenset[str]) -> Iterator[str]:
    """What stands in each list, where the piece goes on behind the end of one."""
    if not lists:
        yield from _LISTS.split(text)
        return
    names = "|".join(map(re.escape, sorted(lists)))
    begins = re.compile(rf'\{{(?:[^{{}}\[\]]|\{{[^{{}}\[\]]*\}})*?"(?:{names})"\s*:\s*\[')
    at = 0
    for found in begins.finditer(text):
        yield from _LISTS.split(text[at : _end_of_page(text, at, found.start())])
        at = found.end()
    yield from _LISTS.split(text[at:])


def _end_of_page(text: str, at: int, end: int) -> int:
    """Where the list of a page ends behind which the next page begins at `end`; there, where that is damaged."""
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
    """A damaged piece of one list."""

    def __init__(self, text: str, records: Records) -> None:
        self._text = text
        self._records = records
        self._begins = self._sure_beginnings()

    def count(self) -> int:
        number = at = 0
        while (at := self._behind_nothing(at)) < len(self._text):
            number += 1
            at = self._end_of(at)
        return number

    def _behind_nothing(self, at: int) -> int:
        found = _NOTHING.match(self._text, at)
        return found.end() if found else at

    def _sure_beginnings(self) -> list[int]:
        """Where the first member of a record stands, which nothing inside one begins with."""
        first = self._records.first
        if first in self._records.inner_firsts:
            return []
        name = re.escape(first)
        opened = re.compile(rf"""\{{\s*(?:"{name}"|'{name}')""")
        bare = re.compile(rf"""\}}\s*,\s*(?=["']{name}["']\s*:)""")
        begins = [each.start() for each in opened.finditer(self._text) if not is_a_value(self._text, each.start())]
        return sorted([*begins, *(each.end() for each in bare.finditer(self._text))])

    def _end_of(self, at: int) -> int:
        """Where the record ends that begins here."""
        text = self._text
        end = next((each for each in self._begins if each > at and not self._is_noise(at, each)), len(text))
        tokens = _SINGLE if re.match(r"\{\s*'", text[at : at + 64]) else _TOKEN
        is_object = _OPENS.match(text, at) is not None or _NAME.match(text, at) is not None
        depth = 0
        for found in tokens.finditer(text, at, end):
            sign = found.group()
            if sign == "[" or (sign == "{" and _OPENS.match(text, found.start())):
                depth += 1
                is_object = True
            elif sign in "}]":
                depth = max(0, depth - 1)
            elif sign == "," and depth == 0:
                is_over = not is_object or text[at : found.start()].rstrip().endswith("}")
                if is_over and self._may_begin(found.end()):
                    return found.end()
        return end

    def _is_noise(self, at: int, begins: int) -> bool:
        """Whether words alone stand between, without a comma: they are part of the record that begins there."""
        before = self._text[at:begins]
        return not any(sign in before for sign in ',"}]') and not before.lstrip("{ \t\r\n").startswith("'")

    def _may_begin(self, at: int) -> bool:
        """Whether what stands behind a comma may be another record, and is no further member of this one."""
        at = self._behind_nothing(at)
        if self._text[at : at + 1] != "{":
            found = _NAME.match(self._text, at)
            return found is None or found["name"] == self._records.first
        if self._text[at + 1 :].lstrip()[:1] not in ('"', "'"):
            return True
        found = _NAME.match(self._text, at + 1)
        return found is not None and found["name"] not in self._records.inner_firsts - {self._records.first}
