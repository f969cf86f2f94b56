"""Whether a cell of a raw file is what is stored.

The mapping and this module share one rule: which signs of a text open a tag. They share nothing else.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from typing import Any, NamedTuple

from app.mapping.html_limits import bounded
from app.mapping.verified_kinds import Comparison
from app.trial.verification.numbers import Spelled

# The texts of a note or form that must be found in the trial, read apart from the mapping.

_TOLD_OTHERWISE = frozenset({"date", "signature", "bodycharts"})  # written out in words, drawn, or said not to come
_CHOICES = frozenset({"radiobuttons", "checkboxes"})
_ANSWERS = frozenset({"answer", "value", "response", "checked", "selected"})  # templates ask, and keep none of these
_BY_PROGRAMS = re.compile(
    r"(?:.*_)?(?:ids?|at)|.*[a-z](?:Ids?|At)|[Ii][Dd]s?|[Tt]ype|links?|self|(?i:index|order|position|version"
    r"|archived|deleted|draft|enabled|final|pinned|required|selected)"
)  # members that say how a program keeps something


class Said(NamedTuple):
    """A text that must be found. `is_unexpected`: it stands where the format has no text."""

    text: str
    is_unexpected: bool = False


def form_texts(cell: str, *, is_template: bool) -> list[Said] | None:
    """The texts of a form; None for what is no form, or is nested endlessly."""
    form = _form(cell)
    return (
        None
        if form is None
        else [*_of_sections(form["sections"], is_template=is_template), *_unexpected(form, ("sections",))]
    )


def is_form(cell: str) -> bool:
    """Whether a cell is a form whose sections and questions are all objects."""
    form = _form(cell)
    if form is None or not all(isinstance(section, dict) for section in form["sections"]):
        return False
    lists = [section.get("questions") or [] for section in form["sections"]]
    return all(isinstance(each, list) and all(isinstance(question, dict) for question in each) for each in lists)


def _form(cell: str) -> dict[str, Any] | None:
    try:
        form = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return form if isinstance(form, dict) and isinstance(form.get("sections"), list) else None


def _of_sections(sections: Iterable[Any], *, is_template: bool) -> Iterator[Said]:
    for section in sections:
        if not isinstance(section, dict):
            yield from _all_in(section)
            continue
        yield from _plain(section, "name", "description")
        questions = section.get("questions")
        known = ("name", "description", "questions") if isinstance(questions, list) else ("name", "description")
        yield from _unexpected(section, known)
        for question in questions if isinstance(questions, list) else ():
            if isinstance(question, dict):
                yield from _of_question(question, is_template=is_template)
            else:
                yield from _all_in(question)


def _of_question(question: Mapping[str, Any], *, is_template: bool) -> Iterator[Said]:
    kind = question.get("type")
    is_kept = not is_template or kind == "paragraph"
    yield from _plain(question, "name", *(("answer",) if is_kept and kind not in _TOLD_OTHERWISE else ()))
    known = {"name", "type", "answer"} | (frozenset() if is_kept else _ANSWERS)
    if kind in _CHOICES:
        options, other = question.get("answers"), question.get("other")
        for option in options if isinstance(options, list) else ():
            if isinstance(option, dict):
                yield from _plain(option, "value")
                yield from _unexpected(option, ("value", "selected"))
            elif isinstance(option, str):
                yield Said(option)
        known |= {"answers"} if isinstance(options, list) else set()
        if isinstance(other, dict):
            yield from _plain(other, *(() if is_template else ("value",)))
            yield from _unexpected(other, ("value", "selected", "enabled"))
            known |= {"other"}
    yield from _unexpected(question, known)


def _plain(members: Mapping[str, Any], *names: str) -> Iterator[Said]:
    """The texts of members that the format has."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str):
            yield Said(value)
        elif name == "answer":
            yield from _all_in(value)


def _unexpected(members: Mapping[str, Any], known: Iterable[str]) -> Iterator[Said]:
    """The texts of members that the format does not have."""
    further = members.keys() - set(known)
    for name in (name for name in members if name in further and not _BY_PROGRAMS.fullmatch(name)):
        yield from _all_in(members[name])


def _all_in(value: Any) -> Iterator[Said]:
    """Every text, number, yes and no in a value."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, list):
            left += each
        elif isinstance(each, dict):
            left += [item for name, item in each.items() if not _BY_PROGRAMS.fullmatch(name)]
        elif each is not None and not (isinstance(each, str) and each.startswith("data:")):
            yield Said(str(each), is_unexpected=True)


_TAG = re.compile(r"<[a-zA-Z/][^>]*>")  # in a text whose other signs are escaped
_STORED_TAG = re.compile(
    r"""</?(?:p|div|br|ul|ol|li|blockquote|h1|h2|b|i|u|s|sub|sup|a)>|<a href="[^"<>]*"(?: rel="noopener")?>"""
)  # the only tags that rich text in Caspen has
_MARK = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>]*)?(/?)>")
_NESTED = frozenset({"p", "div", "span", "b", "strong", "i", "em", "u", "s", "a", "ul", "ol", "li", "blockquote"})
_PLAIN = _NESTED | {"h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "td", "th"}
_ALONE = frozenset({"br", "hr"})
_LOOSE = re.compile(r"&#?\w+(?![\w;])")  # an entity that does not end
_BOUND = "\0"  # where a mark stood, which may part two words or none
_WORD = re.compile(r"\w+")
_RUN = re.compile(rf"[\w{_BOUND}]+")  # words with nothing but marks between them
MOST_JOINED = 8  # parts of one word
MOST_ESCAPED = 4  # times that a text is escaped
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # other ways of ISO 8601, such as a week's number, are not plain
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s*(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)", re.ASCII
)
_HIDDEN = frozenset({"Cf", "Cc", "Cs", "Co"})
_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.){1,4}[a-z]{2,20}", re.IGNORECASE | re.ASCII
)  # an address that nobody doubts: no two signs in a row, and a sign neither first nor last
MOST_PLAIN = 100  # signs of such an address
_BIRTHS = date(1900, 1, 1)
_NUMBER = re.compile(r"[0-9]{1,5}(\.[0-9]+)?")


def alike(how: Comparison, cell: str, stored: Any) -> bool | None:
    """None where the cell is not one that can be compared plainly. A number is stored in any way to write it."""
    if isinstance(cell, Spelled):
        verdicts = {alike(how, way, stored) for way in (str(cell), *cell.others)}
        return True if True in verdicts else False if False in verdicts else None
    if how is Comparison.MOMENT:
        return _instant(cell, stored)
    if how is Comparison.DAY:
        return _day(cell, stored)
    if how is Comparison.EMAIL:
        return cell.casefold() == str(stored).casefold() if _is_plain_address(cell) else None
    if how is Comparison.SAME:
        return letters(cell) == letters(stored)
    wanted = _texts(how, cell)
    return None if wanted is None else not _absent(wanted, "" if stored is None else str(stored))


def _is_plain_address(cell: str) -> bool:
    return len(cell) <= MOST_PLAIN and _ADDRESS.fullmatch(cell) is not None


def in_doubt(how: Comparison, cell: str, stored: Any) -> bool:
    """Whether a cell that was not found may have been read in another way: each text that lacks words is in a place
    of a form where nobody expects it, or its marks are not plainly nested and most of it is there."""
    wanted = _texts(how, cell) if how in (Comparison.WORDS, Comparison.CONTENT, Comparison.TEMPLATE) else None
    there = "" if stored is None else str(stored)
    for text in wanted or ():
        absent = 0 if text.is_unexpected else _absent([text], there)
        if absent and (_is_plainly_marked(text.text) or 2 * absent > len(words(text.text))):
            return False
    return wanted is not None


def _texts(how: Comparison, cell: str) -> list[Said] | None:
    """The texts of a cell that must be found; None for what is neither a form nor prose."""
    if how is not Comparison.WORDS and cell == "null":
        return []  # JSON for an empty cell
    found = None if how is Comparison.WORDS else form_texts(cell, is_template=how is Comparison.TEMPLATE)
    if found is None and (how is Comparison.WORDS or cell.lstrip()[:1] not in ("{", "[")):
        return [Said(cell)]  # prose has to be there word for word
    return found


def _absent(wanted: list[Said], stored: str) -> int:
    """How many words of some texts are not in what is stored. Two words with a mark between them may also be one."""
    shown = _without_marks(stored)
    there = frozenset(_WORD.findall(shown))
    missing = [each.text for each in wanted if not words(each.text) <= there]
    if not missing:
        return 0
    there |= frozenset(_WORD.findall(shown.replace(_BOUND, "")))
    runs = (run for text in missing for run in _RUN.findall(_shown(text)))
    return sum(_fewest_absent([part for part in run.split(_BOUND) if part], there) for run in runs)


def _fewest_absent(parts: list[str], there: frozenset[str]) -> int:
    """How many of the parts are in no word, where neighbours may be one word."""
    fewest = [0]
    for end in range(1, len(parts) + 1):
        found = fewest[-1] + (parts[end - 1] not in there)
        for begin in range(max(0, end - MOST_JOINED), end - 1):
            if fewest[begin] < found and "".join(parts[begin:end]) in there:
                found = fewest[begin]
        fewest.append(found)
    return fewest[-1]


def _is_plainly_marked(text: str) -> bool:
    """Whether every mark of a text is well known and ends where it should, so that there is one way to read it."""
    opened: list[str] = []
    for mark in _MARK.finditer(text):
        tag = mark[2].lower()
        if tag in _ALONE:
            continue
        if tag not in _PLAIN or mark[3] or (mark[1] and (not opened or opened.pop() != tag)):
            return False
        opened += [] if mark[1] else [tag]
    rest = _MARK.sub("", text)
    return not (opened or "<" in rest or _LOOSE.search(rest))


def readable(how: Comparison, cell: str) -> bool:
    """Whether a cell plainly is what it is meant to be."""
    if how is Comparison.CONTENT:
        return is_form(cell)
    if how is Comparison.MOMENT:
        return _moment(cell) is not None
    return how is Comparison.WORDS and bool(words(cell))


def letters(value: Any) -> str:
    """Letters and digits alone; yes is 1 and no is 0, as they are stored."""
    text = str(int(value)) if isinstance(value, bool) else "" if value is None else str(value)
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return plain.replace("client", "patient")


def words(text: str) -> frozenset[str]:
    """The words of a text, whatever its case, accents' spelling, line breaks and marks of HTML."""
    return frozenset(_WORD.findall(_shown(text)))


def _shown(text: str) -> str:
    """A cell's text as people see it, in lower case, with a bound in place of each tag."""
    return _folded(_TAG.sub(_BOUND, bounded(_visible(text))))


def _without_marks(stored: str) -> str:
    """The same for a stored value. A `<` of literal text is no tag: only tags that rich text has are left out.

    Of stored JSON, every text is read by itself as well.
    """
    texts = [stored, *_texts_of_json(stored)]
    return "\n".join(_folded(_STORED_TAG.sub(_BOUND, _visible(text))) for text in texts)


def _texts_of_json(stored: str) -> list[str]:
    """The texts of stored JSON; nothing for any other value."""
    if stored[:1] not in ("{", "["):
        return []
    found: list[str] = []
    try:
        left = [json.loads(stored)]
    except (ValueError, RecursionError):
        return []
    while left:
        value = left.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list | dict):
            left += value.values() if isinstance(value, dict) else value
    return found


def _visible(text: str) -> str:
    """A text without its hidden signs."""
    if not text.isprintable():
        text = "".join(sign for sign in text if sign in "\n\r\t" or unicodedata.category(sign) not in _HIDDEN)
    return text.replace('\\"', '"').replace("\\n", " ")


def _folded(text: str) -> str:
    """A text with its entities resolved, in lower case. Text that Caspen escapes once more is resolved once more."""
    for _ in range(MOST_ESCAPED):
        if "&" not in text:
            break
        text = html.unescape(text)
    return unicodedata.normalize("NFKC", text).casefold()


def said(cell: str, *, template: bool = False) -> frozenset[str] | None:
    """The words of a form; None for what is no such form. Templates keep answers to paragraphs."""
    texts = form_texts(cell, is_template=template)
    return None if texts is None else frozenset(word for each in texts for word in words(each.text))


def _instant(cell: str, stored: Any) -> bool | None:
    moment = _moment(cell)
    if moment is None:
        return None
    return stored is not None and datetime.fromisoformat(str(stored)).astimezone(UTC) == moment


def _moment(cell: str) -> datetime | None:
    if not _MOMENT.fullmatch(cell):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"\s+(?=Z$|[+-]\d\d:?\d\d$)", "", cell)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if moment.year in (MINYEAR, MAXYEAR) else moment  # some zones have no date for these


def _day(cell: str, stored: Any) -> bool | None:
    """A day that nobody doubts: of what lies ahead or long ago, a birth is not taken. A number is one of days, counted
    from 1900 or 1904, where it was read as a day."""
    if _NUMBER.fullmatch(cell):
        return None if stored is None else str(stored)[:10] in _counted(int(float(cell)))
    try:
        wanted = date.fromisoformat(cell if _DAY.fullmatch(cell) else "")
    except ValueError:
        return None
    if stored is None and not _BIRTHS <= wanted < datetime.now(UTC).date():
        return None
    return stored is not None and str(stored)[:10] == wanted.isoformat()


def _counted(days: int) -> tuple[str, str]:
    """The day of that number in both ways of counting. The first way has a 29 February 1900, which is number 60."""
    first = date(1899, 12, 31).toordinal() + days - (days > 60)
    return date.fromordinal(first).isoformat(), date.fromordinal(date(1904, 1, 1).toordinal() + days).isoformat()
