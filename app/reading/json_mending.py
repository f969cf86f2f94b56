"""Reads lists of JSON with damaged elements: a damaged element costs no other.

Behind damage, reading continues at the next object that is certainly a record: it has the first name and most names of
the list's whole records, and nothing inside a whole record has. Text inside quotation marks cannot look so, since JSON
escapes quotation marks. Without certainty the file is refused.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.json_values import JsonObject, JsonValue
from app.reading.json_damage import (
    LOOK_BACK,
    OBJECT_START,
    MemberNames,
    RecordShape,
    ends_a_record,
    ends_in_words,
    has_swallowed_neighbours,
    inner_objects,
    is_member_value,
    records_in,
)
from app.reading.json_lines import BAD_LINE, BadLine
from app.reading.json_stream import (
    CHUNK,
    FORGIVING,
    LONGEST,
    SMALL,
    JsonStream,
    OversizedObject,
    TextSource,
    ValueTooLarge,
    after_space,
)
from app.reading.refusal import Refused

MOST_DAMAGES = 1_000  # damaged places in a file; more are no accident
MOST_SHAPES = 10_000  # distinct sets of member names
_OBJECT = re.compile(r'\{[ \t\r\n]*"')
_OBJECTS = re.compile(r"\[[^\[\]{]*\{")
_BEGINS = re.compile(r'[\[{](?=\s*["\[{])')
_MEMBER = re.compile(r'"[^"\\]*"\s*:')
LOOK_AHEAD = 4_096  # characters behind a bracket by which the end of a list is recognised
_ENDS = 200  # last brackets that are tried as the end of a damaged list
_VAIN = 16  # times the largest row: characters that may be parsed in vain


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged place: start and end in characters of the text, and the number of damaged records; 0 for stray brackets
    and words."""

    start: int
    end: int
    rows: int


class MendingStream(JsonStream):
    """A JSON text that continues behind damage. `damages` are the damaged places so far."""

    _decoder = FORGIVING

    def __init__(self, text: TextSource, limit: int, records: RecordShape | None = None) -> None:
        super().__init__(text, limit)
        self._records = records
        self._mark: int | None = None  # text from here on is held
        self._left = _VAIN * limit
        self.frames: list[str] = []  # beginnings of the open lists and pages
        self.lists: frozenset[str] = frozenset()  # list names of the pages so far
        self.damages: list[Damage] = []

    def learn_records(self, is_page: Callable[[Mapping[str, JsonValue]], bool]) -> RecordShape | None:
        """Returns what the whole records have in common; None if that does not tell records from other objects."""
        shapes: Counter[tuple[str, ...]] = Counter()
        inner: set[MemberNames] = set()
        inner_firsts: set[str] = set()
        at = 0
        while (at := self._object_from(at)) >= 0:
            value, end = self._whole_from(at)
            if not value or is_page(value):
                at += 1
                continue
            if has_swallowed_neighbours(value):
                if not self._ends_a_page(end, next(iter(value))):
                    return None
                at += 1
                continue
            shapes[tuple(value)] += 1
            for each in filter(None, inner_objects(value)):
                inner.add(frozenset(each))
                inner_firsts.add(next(iter(each)))
            if len(shapes) + len(inner) > MOST_SHAPES:
                return None
            at = end
        outer = {shape: number for shape, number in shapes.items() if frozenset(shape) not in inner}
        names: Counter[str] = Counter()
        firsts: Counter[str] = Counter()
        for shape, number in outer.items():
            names.update(dict.fromkeys(shape, number))
            firsts[shape[0]] += number
        common = frozenset(name for name, number in names.items() if 2 * number > sum(outer.values()))
        if not common:
            return None
        records = RecordShape(firsts.most_common(1)[0][0], common, frozenset(inner), frozenset(inner_firsts))
        return records if records.is_distinct else None

    def holds_object(self) -> bool:
        """Returns whether anything in the text begins like a record."""
        return self._object_from(0) >= 0

    def _ends_a_page(self, end: int, first: str) -> bool:
        """Returns whether nothing or the next page follows an object that contains objects like itself: then it only
        lacks a bracket. `first` is the records' first member, which may have caused the mix-up."""
        while len(self._buffer) + self._before - end < LOOK_BACK and self._more(CHUNK):
            pass
        behind_it = self._buffer[end - self._before :].lstrip()
        if not behind_it:
            return True
        match = OBJECT_START.match(behind_it[1:].lstrip())
        return behind_it[0] == "," and match is not None and match[1] != first

    def opens_objects(self) -> bool:
        """Returns whether an array of objects begins here, possibly behind damage."""
        if len(self._buffer) - self._at < CHUNK:
            self._more(CHUNK)
        return self.peek() == "[" and _OBJECTS.match(self._buffer, self._at) is not None

    def begins_page(self, is_list: Callable[[str, bool, Mapping[str, JsonValue]], bool]) -> bool:
        """Returns whether an object with a list of rows begins here. `is_list` gets the list's name, whether it begins
        with an object, and the members before it. The position does not change."""
        if len(self._buffer) - self._at < CHUNK:
            self._more(CHUNK)
        members: JsonObject = {}
        text, at = self._buffer, self._at + 1
        try:
            while len(members) < SMALL:
                name, at = self._decoder.raw_decode(text, after_space(text, at))
                at = after_space(text, after_space(text, at) + 1)
                if text[at] == "[" and is_list(name, text[after_space(text, at + 1)] == "{", members):
                    return True
                members[name], at = self._decoder.raw_decode(text, at)
                at = after_space(text, at) + 1
        except (ValueError, IndexError, TypeError, RecursionError):
            pass  # damaged, or not in memory
        return False

    def elements(self, inside: Callable[[], Iterator[Any] | None]) -> Iterator[Any]:
        """Yields the elements of the list that begins here, and a `BadLine` for each damaged element.

        `inside` yields the rows of an element that is a page or a list, None for a record. An element is certain once
        the next begins.
        """
        assert self._records is not None  # noqa: S101 - learnt before
        self.sign("[")
        self.frames.append("[")
        held: tuple[int, Any] | None = None
        stray: list[Damage] = []
        while True:
            sign = self.peek()
            if not sign and stray and len(self.frames) == 1:  # the stray bracket was the end of the list
                self.damages.remove(stray[-1])
                break
            if not sign:
                raise Refused(BAD_LINE, is_cut=True)
            if sign == "]" and not self._is_stray():
                self._at += 1
                break
            if sign == "]":
                stray.append(Damage(self._place, self._place + 1, 0))
                self._damaged(stray[-1])
                self._at += 1
                self._at += self.peek() == ","
                continue
            if sign in "{[" and (rows := inside()) is not None:
                if held is not None:
                    yield held[1]
                held = self._mark = None
                yield from rows
                if self.sign(",]") == "]":
                    self._at -= 1
                continue
            start = self._place
            self._mark = self._at if held is None else held[0] - self._before
            value, is_cut, has_swallowed_neighbours = self._element()
            is_inner = isinstance(value, dict) and self._is_inner(value)
            after = self.peek() if value is not None else ""
            if isinstance(value, dict) and not is_inner and (after in tuple(",]{") or not after):
                if held is not None:
                    yield held[1]
                held = (start, value)
                if isinstance(value, OversizedObject):  # the object is not held
                    held = self._mark = None
                    yield value
                del value  # the next value may be as large
                self._at += after == ","
                continue
            end = self._next_record(start)
            behind_one = start
            while end is not None and ends_in_words(self._text_of(behind_one, end)):
                behind_one = self._whole_from(end)[1]
                end = self._next_record(end)
            if end is None:
                end = self._end_of_list(start, is_cut=is_cut)
            gap = self._text_of(start, end)
            has_swallowed_neighbours = (
                has_swallowed_neighbours and f'"{self._records.first}"' not in gap
            )  # a page inside the list of another page
            is_end = sign != "{" and ends_a_record(gap, self._records, self.lists)
            if is_inner or has_swallowed_neighbours or is_end:
                start, gap = (held[0], self._text_of(held[0], end)) if held is not None else (start, gap)
            elif held is not None:
                yield held[1]
            held = None
            number = records_in(gap, self._records, self.lists)
            self._damaged(Damage(start, end, number))
            self._at, self._mark = end - self._before, None
            yield from [BadLine(is_cut=is_cut and self.peek() == "]")] * number
        self.frames.pop()
        self._mark = None
        if held is not None:
            yield held[1]

    def noise(self) -> Iterator[BadLine]:
        """Skips words between pages on lines. Each line of words is damaged; words next to a page are not."""
        start = self._place
        match = _BEGINS.search(self._buffer, self._at)
        if match is None:
            raise Refused(BAD_LINE)
        is_behind = start > 0 and not re.search(r"\n[ \t\r]*\Z", self._buffer[: self._at])
        lines = self._buffer[self._at : match.start()].split("\n")[is_behind:-1]
        number = len([line for line in lines if line.strip()])
        self._at = match.start()
        self._damaged(Damage(start, self._place, number))
        yield from [BadLine(is_cut=False)] * number

    def _damaged(self, damage: Damage) -> None:
        self.damages.append(damage)
        if len(self.damages) > MOST_DAMAGES:
            raise Refused(BAD_LINE)

    def _is_stray(self) -> bool:
        """Returns whether the bracket at the position ends no list, because the list goes on behind it."""
        assert self._records is not None  # noqa: S101 - they are learnt before
        if len(self._buffer) - self._at < CHUNK:
            self._more(CHUNK)
        rest = self._buffer[self._at + 1 : self._at + 1 + LOOK_AHEAD].lstrip()
        is_record = re.compile(rf'(?:\{{\s*)?"{re.escape(self._records.first)}"\s*:').match
        behind_it = rest[1:].lstrip() if rest.startswith(",") else rest
        if is_record(behind_it):
            return True
        if self.frames[-2:-1] == ['{"":']:
            return rest.startswith("]") or (rest.startswith(",") and _MEMBER.match(behind_it) is None)
        if len(self.frames) == 1:
            return rest.startswith("]") or (rest.startswith(",") and behind_it[:1] not in ("", "["))
        brackets = rest.replace(" ", "").replace("\n", "").replace("\r", "").replace("\t", "")
        further = brackets.lstrip("]")
        return len(brackets) > len(further) and (
            further.startswith(",") or (not further and len(brackets) >= len(self.frames))
        )

    def _element(self) -> tuple[Any, bool, bool]:
        """Returns the next value, None if damaged; whether only the end of the text is missing; whether it contains its
        neighbours."""
        assert self._records is not None  # noqa: S101 - they are learnt before
        start = self._place
        try:
            value = self.value()
        except ValueTooLarge as large:
            return OversizedObject(large.begins), False, False
        except Refused as refused:
            if refused.code != BAD_LINE or self._place != start:
                raise
            return None, refused.is_cut, False
        if value is None or self._records.matches_inside(value):  # the value contains its neighbours
            is_record = value is not None and self._records.first in value
            if is_record and not self._ends_a_page(self._place, self._records.first):
                raise Refused(BAD_LINE)
            self._at = start - self._before
            return None, False, value is not None
        return value, False, False

    def _is_inner(self, value: JsonObject) -> bool:
        records = self._records
        return records is not None and frozenset(value) in records.inner and not records.matches(value)

    def _next_record(self, start: int) -> int | None:
        """Returns where the next record begins, None if none does. Raises Refused if that is uncertain."""
        records = self._records
        assert records is not None  # noqa: S101 - they are learnt before
        at = start + 1
        while (at := self._object_from(at)) >= 0:
            value, end = self._whole_from(at)
            if value is None or (not records.matches(value) and records.matches_inside(value)):
                at += 1
            elif records.matches(value) and not records.matches_inside(value):
                return at
            elif records.first in value and frozenset(value) not in records.inner and not self._goes_on(end):
                raise Refused(BAD_LINE)
            else:
                at = end
        return None

    def _goes_on(self, at: int) -> bool:
        """Returns whether another member follows an object: its closing bracket came too early."""
        while len(self._buffer) + self._before - at < LOOK_AHEAD and self._more(CHUNK):
            pass
        rest = self._buffer[at - self._before : at - self._before + LOOK_AHEAD].lstrip()
        match = _MEMBER.match(rest[1:].lstrip())
        return rest.startswith(",") and match is not None

    def _end_of_list(self, start: int, *, is_cut: bool) -> int:
        """Returns where a list with a damaged last element ends. Raises Refused if that is uncertain."""
        text = self._text_of(start, self._before + len(self._buffer))
        if is_cut and not _has_open_text(text):
            raise Refused(BAD_LINE, is_cut=True)
        begins = "".join(self.frames)
        ends = [match.start() for match in re.finditer(r"\]", text)][-_ENDS:]
        whole = [end for end in ends if _is_whole(begins + text[end:])]
        if len(whole) != 1:
            raise Refused(BAD_LINE, is_cut=is_cut)
        return start + whole[0]

    @property
    def _place(self) -> int:
        return self._before + self._at

    def _text_of(self, start: int, end: int) -> str:
        return self._buffer[start - self._before : end - self._before]

    def _object_from(self, at: int) -> int:
        """Returns where the next object begins that is not a member's value; -1 if none does."""
        while True:
            match = _OBJECT.search(self._buffer, max(0, at - self._before))
            if match is not None:
                if not is_member_value(self._buffer, match.start()):
                    return self._before + match.start()
                at = self._before + match.start() + 1
                continue
            at = max(at, self._before + len(self._buffer) - LONGEST)
            if self._mark is None:
                self._at = max(0, at - LOOK_BACK - self._before)
            elif len(self._buffer) - self._mark > 2 * self._limit:
                raise Refused(BAD_LINE)
            if not self._more(CHUNK):
                return -1

    def _whole_from(self, at: int) -> tuple[JsonObject | None, int]:
        """Returns the object that begins there and its end; None if it is damaged."""
        wanted = CHUNK
        while True:
            begins = at - self._before
            try:
                value, end = self._decoder.raw_decode(self._buffer, begins)
            except RecursionError:
                raise Refused(BAD_LINE) from None
            except json.JSONDecodeError as error:
                self._left -= error.pos - begins
                if self._left < 0:
                    raise Refused(BAD_LINE) from None
                is_open = error.msg.startswith("Unterminated") or error.pos >= len(self._buffer) - LONGEST
                if not is_open or len(self._buffer) - begins > self._limit:
                    return None, -1
            else:
                return value, self._before + end
            if self._mark is None:
                self._at = max(0, begins - LOOK_BACK)
            if not self._more(wanted):
                return None, -1
            wanted *= 2

    def _pass_over(self) -> None:
        """Skips a large value. Raises Refused if the value contains a record: then it is damaged, not large."""
        at = self._at + 1
        while self._records is not None and (match := _OBJECT.search(self._buffer, at)) is not None:
            try:
                value, end = self._decoder.raw_decode(self._buffer, match.start())
            except (ValueError, RecursionError):
                value, end = None, match.start() + 1
            if self._records.matches(value) and not is_member_value(self._buffer, match.start()):
                raise Refused(BAD_LINE)
            at = end
        self._mark = None
        super()._pass_over()

    def _drop(self) -> None:
        """Drops the text before the mark."""
        cut = self._at if self._mark is None else self._mark
        self._before += cut
        self._buffer, self._at = self._buffer[cut:], self._at - cut
        if self._mark is not None:
            self._mark = 0


def _has_open_text(text: str) -> bool:
    try:
        FORGIVING.raw_decode(text)
    except json.JSONDecodeError as error:
        return error.msg.startswith("Unterminated")
    except RecursionError:
        pass
    return False


def _is_whole(text: str) -> bool:
    try:
        FORGIVING.decode(text.strip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return False
    return True
