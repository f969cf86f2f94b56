"""Lists of JSON in which an element is damaged: it decides for itself and for no other.

Behind the damage reading goes on at the next object that is surely a record: it has the first name and most of the
names that the list's whole records have, and nothing inside a whole record is like that. Text inside quotation marks
cannot look so, because marks in a text are written with a backslash. Where nothing is sure, the file is refused.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.reading.json_lines import BAD_LINE, BadLine
from app.reading.json_records import BEFORE, START, Records, Shape, has_swallowed, inner_objects, is_a_value
from app.reading.json_stream import CHUNK, FORGIVING, LONGEST, SMALL, JsonStream, Passed, Text, TooLarge, behind
from app.reading.refusal import Refused

MOST_DAMAGES = 1_000  # of one file; more are no accident of single records
MOST_SHAPES = 10_000  # of objects, by their names
_OBJECT = re.compile(r'\{[ \t\r\n]*"')
_OBJECTS = re.compile(r"\[[^\[\]{]*\{")
_BEGINS = re.compile(r'[\[{](?=\s*["\[{])')
_MEMBER = re.compile(r'"[^"\\]*"\s*:')
SEEN = 4_096  # signs behind a bracket that tell whether it ends a list
_ENDS = 200  # brackets that may end a list whose last element is damaged
_VAIN = 16  # times the largest row: signs that may be looked at in vain


@dataclass(frozen=True, slots=True)
class Damage:
    """Where in the text damaged records stand, in signs, and how many records they are.

    None where a bracket or words stand there that are no record's.
    """

    start: int
    end: int
    rows: int


class Mending(JsonStream):
    """A text of JSON that goes on behind damage. `damages` are those that were met."""

    _decoder = FORGIVING

    def __init__(self, text: Text, limit: int, records: Records | None = None) -> None:
        super().__init__(text, limit)
        self._records = records
        self._mark: int | None = None  # what stands from here on is held
        self._left = _VAIN * limit
        self.frames: list[str] = []  # how the lists and pages that are open begin
        self.lists: frozenset[str] = frozenset()  # names of the lists that pages had so far
        self.damages: list[Damage] = []

    def learnt(self, is_page: Callable[[Mapping[str, Any]], bool]) -> Records | None:
        """What the whole records of the text have in common; None where that tells them from nothing else."""
        shapes: Counter[tuple[str, ...]] = Counter()
        inner: set[Shape] = set()
        inner_firsts: set[str] = set()
        at = 0
        while (at := self._object_from(at)) >= 0:
            value, end = self._whole_from(at)
            if not value or is_page(value):
                at += 1
                continue
            if has_swallowed(value):
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
        found = Records(firsts.most_common(1)[0][0], common, frozenset(inner), frozenset(inner_firsts))
        return found if found.are_sure else None

    def holds_object(self) -> bool:
        """Whether anything in the text begins like a record."""
        return self._object_from(0) >= 0

    def _ends_a_page(self, end: int, first: str) -> bool:
        """Whether nothing or the next page stands behind an object that holds others like itself, so that it is one
        that lacks a bracket. Records whose `first` member is the same may be made like that."""
        while len(self._buffer) + self._before - end < BEFORE and self._more(CHUNK):
            pass
        behind_it = self._buffer[end - self._before :].lstrip()
        if not behind_it:
            return True
        found = START.match(behind_it[1:].lstrip())
        return behind_it[0] == "," and found is not None and found[1] != first

    def opens_objects(self) -> bool:
        """Whether an array begins here that has objects, behind what may be damage."""
        if len(self._buffer) - self._at < CHUNK:
            self._more(CHUNK)
        return self.peek() == "[" and _OBJECTS.match(self._buffer, self._at) is not None

    def begins_page(self, is_list: Callable[[str, bool, Mapping[str, Any]], bool]) -> bool:
        """Whether an object begins here that has a list of rows: by the list's name, whether it begins with an object,
        and the members before it. Nothing is taken."""
        if len(self._buffer) - self._at < CHUNK:
            self._more(CHUNK)
        members: dict[str, Any] = {}
        text, at = self._buffer, self._at + 1
        try:
            while len(members) < SMALL:
                name, at = self._decoder.raw_decode(text, behind(text, at))
                at = behind(text, behind(text, at) + 1)
                if text[at] == "[" and is_list(name, text[behind(text, at + 1)] == "{", members):
                    return True
                members[name], at = self._decoder.raw_decode(text, at)
                at = behind(text, at) + 1
        except (ValueError, IndexError, TypeError, RecursionError):
            pass  # here is what is damaged or not held
        return False

    def elements(self, inside: Callable[[], Iterator[Any] | None]) -> Iterator[Any]:
        """The elements of the list that begins here; a `BadLine` for each that is damaged.

        `inside` gives the rows of an element that is a page or a list. An element is sure when the next one begins.
        """
        assert self._records is not None  # noqa: S101 - they are learnt before
        self.sign("[")
        self.frames.append("[")
        held: tuple[int, Any] | None = None
        stray: list[Damage] = []
        while True:
            found = self.peek()
            if not found and stray and len(self.frames) == 1:  # the bracket before was the end: it stands too early
                self.damages.remove(stray[-1])
                break
            if not found:
                raise Refused(BAD_LINE, is_cut=True)
            if found == "]" and not self._is_stray():
                self._at += 1
                break
            if found == "]":
                stray.append(Damage(self._place, self._place + 1, 0))
                self._damaged(stray[-1])
                self._at += 1
                self._at += self.peek() == ","
                continue
            if found in "{[" and (rows := inside()) is not None:
                if held is not None:
                    yield held[1]
                held = self._mark = None
                yield from rows
                if self.sign(",]") == "]":
                    self._at -= 1
                continue
            start = self._place
            self._mark = self._at if held is None else held[0] - self._before
            value, is_cut, has_swallowed = self._element()
            is_inner = isinstance(value, dict) and self._is_inner(value)
            after = self.peek() if value is not None else ""
            if isinstance(value, dict) and not is_inner and (after in tuple(",]{") or not after):
                if held is not None:
                    yield held[1]
                held = (start, value)
                if isinstance(value, Passed):  # nothing of it is held
                    held = self._mark = None
                    yield value
                del value  # the next one may be as large
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
            has_swallowed = has_swallowed and f'"{self._records.first}"' not in gap  # a page, in the list of another
            is_end = found != "{" and ends_a_record(gap, self._records, self.lists)
            if is_inner or has_swallowed or is_end:
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
        """Passes over words between pages on lines. Each line of words is damaged, and words beside a page are not."""
        start = self._place
        found = _BEGINS.search(self._buffer, self._at)
        if found is None:
            raise Refused(BAD_LINE)
        is_behind = start > 0 and not re.search(r"\n[ \t\r]*\Z", self._buffer[: self._at])
        lines = self._buffer[self._at : found.start()].split("\n")[is_behind:-1]
        number = len([line for line in lines if line.strip()])
        self._at = found.start()
        self._damaged(Damage(start, self._place, number))
        yield from [BadLine(is_cut=False)] * number

    def _damaged(self, damage: Damage) -> None:
        self.damages.append(damage)
        if len(self.damages) > MOST_DAMAGES:
            raise Refused(BAD_LINE)

    def _is_stray(self) -> bool:
        """Whether the bracket here ends no list, because the list goes on behind it."""
        assert self._records is not None  # noqa: S101 - they are learnt before
        if len(self._buffer) - self._at < CHUNK:
            self._more(CHUNK)
        rest = self._buffer[self._at + 1 : self._at + 1 + SEEN].lstrip()
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
        """The next whole value, None where it is damaged; whether only the end of the text lacks, and whether it holds
        what stands behind it."""
        assert self._records is not None  # noqa: S101 - they are learnt before
        start = self._place
        try:
            value = self.value()
        except TooLarge as large:
            return Passed(large.begins), False, False
        except Refused as refused:
            if refused.code != BAD_LINE or self._place != start:
                raise
            return None, refused.is_cut, False
        if value is None or self._records.are_in(value):  # it swallowed its neighbours
            is_record = value is not None and self._records.first in value
            if is_record and not self._ends_a_page(self._place, self._records.first):
                raise Refused(BAD_LINE)
            self._at = start - self._before
            return None, False, value is not None
        return value, False, False

    def _is_inner(self, value: dict[str, Any]) -> bool:
        records = self._records
        return records is not None and frozenset(value) in records.inner and not records.are(value)

    def _next_record(self, start: int) -> int | None:
        """Where the next record begins; None where there is none. Raises `Refused` where that is unsure."""
        records = self._records
        assert records is not None  # noqa: S101 - they are learnt before
        at = start + 1
        while (at := self._object_from(at)) >= 0:
            value, end = self._whole_from(at)
            if value is None or (not records.are(value) and records.are_in(value)):
                at += 1
            elif records.are(value) and not records.are_in(value):
                return at
            elif records.first in value and frozenset(value) not in records.inner and not self._goes_on(end):
                raise Refused(BAD_LINE)
            else:
                at = end
        return None

    def _goes_on(self, at: int) -> bool:
        """Whether a further member stands behind an object: a bracket ends it too early."""
        while len(self._buffer) + self._before - at < SEEN and self._more(CHUNK):
            pass
        rest = self._buffer[at - self._before : at - self._before + SEEN].lstrip()
        found = _MEMBER.match(rest[1:].lstrip())
        return rest.startswith(",") and found is not None

    def _end_of_list(self, start: int, *, is_cut: bool) -> int:
        """Where the list ends whose last element is damaged. Raises `Refused` where that is unsure."""
        text = self._text_of(start, self._before + len(self._buffer))
        if is_cut and not _has_open_text(text):
            raise Refused(BAD_LINE, is_cut=True)
        begins = "".join(self.frames)
        ends = [found.start() for found in re.finditer(r"\]", text)][-_ENDS:]
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
        """Where the next object begins that is no member's value; -1 where there is none."""
        while True:
            found = _OBJECT.search(self._buffer, max(0, at - self._before))
            if found is not None:
                if not is_a_value(self._buffer, found.start()):
                    return self._before + found.start()
                at = self._before + found.start() + 1
                continue
            at = max(at, self._before + len(self._buffer) - LONGEST)
            if self._mark is None:
                self._at = max(0, at - BEFORE - self._before)
            elif len(self._buffer) - self._mark > 2 * self._limit:
                raise Refused(BAD_LINE)
            if not self._more(CHUNK):
                return -1

    def _whole_from(self, at: int) -> tuple[dict[str, Any] | None, int]:
        """The object that begins there and its end; None for one that is damaged."""
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
                self._at = max(0, begins - BEFORE)
            if not self._more(wanted):
                return None, -1
            wanted *= 2

    def _pass_over(self) -> None:
        """Raises `Refused` where what is too large holds a record: then it is damaged and not large."""
        at = self._at + 1
        while self._records is not None and (found := _OBJECT.search(self._buffer, at)) is not None:
            try:
                value, end = self._decoder.raw_decode(self._buffer, found.start())
            except (ValueError, RecursionError):
                value, end = None, found.start() + 1
            if self._records.are(value) and not is_a_value(self._buffer, found.start()):
                raise Refused(BAD_LINE)
            at = end
        self._mark = None
        super()._pass_over()

    def _drop(self) -> None:
        """Holds what stands from the mark on."""
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


# How many records a damaged piece of a list of JSON is.
#
# Each comma between two records parts them, and each beginning of a record begins one, whatever stands before it.
# Where a bracket or a quotation mark lacks, nothing tells a comma between records for certain: the most plausible
# reading counts.

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
