"""Compares a cell of a raw file with a stored value.

This module shares one rule with the mapping: which characters of a text open a tag. Everything else is separate.
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
from app.trial.verification.number_spellings import Spelled

_TOLD_OTHERWISE = frozenset({"date", "signature", "bodycharts"})  # answers stored in another form, or not imported
_CHOICES = frozenset({"radiobuttons", "checkboxes"})
_ANSWERS = frozenset({"answer", "value", "response", "checked", "selected"})  # members that templates do not keep
_NAMES = frozenset({"name", "title", "question", "label", "heading"})
_SECTION = _NAMES | {"description", "questions"}
_QUESTION = _NAMES | _ANSWERS | {"type", "answers"}
_BY_PROGRAMS = re.compile(
    r"(?:.*_)?(?:ids?|at)|.*[a-z](?:Ids?|At)|[Ii][Dd]s?|[Tt]ype|links?|self|(?i:index|order|position|version"
    r"|archived|deleted|draft|enabled|final|pinned|required|selected)"
)  # members with which programs describe their data


class ExpectedText(NamedTuple):
    """A text that must be stored. `is_unexpected`: the format has no text in this place."""

    text: str
    is_unexpected: bool = False


def form_texts(cell: str, *, is_template: bool) -> list[ExpectedText] | None:
    """The texts of a form; None for other content, or for too deep nesting."""
    form = _form(cell)
    return (
        None
        if form is None
        else [*_of_sections(_items(form["sections"]), is_template=is_template), *_unexpected(form, ("sections",))]
    )


def is_form(cell: str) -> bool:
    """Whether a cell is a form whose sections and questions are all objects, or empty."""
    form = _form(cell)
    if form is None or not _are_objects(form["sections"], _SECTION):
        return False
    return all(_are_objects(section.get("questions"), _QUESTION) for section in _items(form["sections"]))


def _form(cell: str) -> dict[str, Any] | None:
    """The object of a form. A list of sections, or of one form, is a form."""
    try:
        form = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if isinstance(form, list):
        items = _items(form)
        if len(items) == 1 and isinstance(items[0], dict) and "sections" in items[0]:
            form = items[0]
        elif all(isinstance(item, dict) and not _SECTION.isdisjoint(item) for item in items):
            form = {"sections": items}
    return form if isinstance(form, dict) and isinstance(form.get("sections"), list | dict) else None


def _items(value: Any) -> list[Any]:
    """The values of a list that are not empty; any other value that is not empty, as a list of one."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if each is not None and each not in ("", [], {})]


def _are_objects(value: Any, members: frozenset[str]) -> bool:
    """Whether all items are objects, or a single object has any of `members`."""
    is_known = isinstance(value, list) or all(not members.isdisjoint(item) for item in _items(value))
    return is_known and all(isinstance(item, dict) for item in _items(value))


def _of_sections(sections: Iterable[Any], *, is_template: bool) -> Iterator[ExpectedText]:
    for section in sections:
        if not isinstance(section, dict):
            yield from _all_in(section)
            continue
        yield from _plain(section, "name", "description")
        yield from _unexpected(section, ("name", "description", "questions"))
        for question in _items(section.get("questions")):
            if isinstance(question, dict):
                yield from _of_question(question, is_template=is_template)
            else:
                yield from _all_in(question)


def _of_question(question: Mapping[str, Any], *, is_template: bool) -> Iterator[ExpectedText]:
    kind = str(question.get("type"))  # a list or an object as a type is an unknown type
    is_kept = not is_template or kind == "paragraph"
    yield from _plain(question, "name", *(("answer",) if is_kept and kind not in _TOLD_OTHERWISE else ()))
    known = {"name", "type", "answer"} | (frozenset() if is_kept else _ANSWERS)
    if kind in _CHOICES:
        other = question.get("other")
        for option in _items(question.get("answers")):
            if isinstance(option, dict):
                yield from _plain(option, "value")
                yield from _unexpected(option, ("value", "selected"))
            elif isinstance(option, str):
                yield ExpectedText(option)
            else:
                yield from _all_in(option)
        known |= {"answers"}
        if isinstance(other, dict):
            yield from _plain(other, *(() if is_template else ("value",)))
            yield from _unexpected(other, ("value", "selected", "enabled"))
            known |= {"other"}
    yield from _unexpected(question, known)


def _plain(members: Mapping[str, Any], *names: str) -> Iterator[ExpectedText]:
    """The texts of members that the format has."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str):
            yield ExpectedText(value)
        elif name in ("answer", "value"):
            yield from _all_in(value)


def _unexpected(members: Mapping[str, Any], known: Iterable[str]) -> Iterator[ExpectedText]:
    """The texts of members that the format does not have."""
    further = members.keys() - set(known)
    for name in (name for name in members if name in further and not _BY_PROGRAMS.fullmatch(name)):
        yield from _all_in(members[name])


def _all_in(value: Any) -> Iterator[ExpectedText]:
    """All texts and numbers in a value, and Yes or No for each boolean."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, list):
            left += each
        elif isinstance(each, dict):
            left += [item for name, item in each.items() if not _BY_PROGRAMS.fullmatch(name)]
        elif each is not None and not (isinstance(each, str) and each.startswith("data:")):
            yield ExpectedText(_word(each), is_unexpected=True)


_TAG = re.compile(r"<[a-zA-Z/][^>]*>")  # in a text whose other `<` are escaped
_STORED_TAG = re.compile(
    r"""</?(?:p|div|br|ul|ol|li|blockquote|h1|h2|b|i|u|s|sub|sup|a)>|<a href="[^"<>]*"(?: rel="noopener")?>"""
)  # the only tags that rich text in Caspen has
_MARK = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>]*)?(/?)>")
_NESTED = frozenset({"p", "div", "span", "b", "strong", "i", "em", "u", "s", "a", "ul", "ol", "li", "blockquote"})
_PLAIN = _NESTED | {"h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "td", "th"}
_ALONE = frozenset({"br", "hr"})
_LOOSE = re.compile(r"&#?\w+(?![\w;])")  # an entity that does not end
_BOUND = "\0"  # in place of markup, which may or may not separate words
_WORD = re.compile(r"\w+")
_RUN = re.compile(rf"[\w{_BOUND}]+")  # words with only tags between them
MOST_JOINED = 8  # parts of one word
MOST_ESCAPED = 4  # times that a text is escaped
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # other ways of ISO 8601, such as a week's number, are not plain
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s*(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)",
    re.ASCII | re.IGNORECASE,
)
_HIDDEN = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.){1,4}[a-z]{2,20}", re.IGNORECASE | re.ASCII
)  # an address without doubt: no two symbols in a row, no symbol at either end
MOST_PLAIN = 100  # characters of such an address
_BIRTHS = date(1900, 1, 1)
_NUMBER = re.compile(r"[0-9]{1,5}(\.[0-9]+)?")


def compare_cell(how: Comparison, cell: str, stored: Any) -> bool | None:
    """Whether the stored value is that of the cell; None for a cell that cannot be compared with certainty.

    A number may be stored in any spelling.
    """
    if isinstance(cell, Spelled):
        verdicts = {compare_cell(how, way, stored) for way in (str(cell), *cell.others)}
        return True if True in verdicts else False if False in verdicts else None
    if how is Comparison.MOMENT:
        return _instant(cell, stored)
    if how is Comparison.DAY:
        return _day(cell, stored)
    if how is Comparison.EMAIL:
        return cell.casefold() == str(stored).casefold() if _is_plain_address(cell) else None
    if how is Comparison.SAME:
        return letters("".join(_words_of_json(cell) or [cell])) == letters(stored)
    wanted = _texts(how, cell)
    return None if wanted is None else not _absent(wanted, "" if stored is None else str(stored))


def _is_plain_address(cell: str) -> bool:
    return len(cell) <= MOST_PLAIN and _ADDRESS.fullmatch(cell) is not None


def is_in_doubt(how: Comparison, cell: str, stored: Any) -> bool:
    """Whether reading may have understood a cell differently, for a cell that is not stored as written.

    True where each text with missing words is in an unexpected place of a form, or has malformed tags while most of its
    words are stored.
    """
    wanted = _texts(how, cell) if how in (Comparison.WORDS, Comparison.CONTENT, Comparison.TEMPLATE) else None
    there = "" if stored is None else str(stored)
    for text in wanted or ():
        absent = 0 if text.is_unexpected else _absent([text], there)
        if absent and (_is_plainly_marked(text.text) or 2 * absent > len(words(text.text))):
            return False
    return wanted is not None


def _texts(how: Comparison, cell: str) -> list[ExpectedText] | None:
    """The texts of a cell that must be stored; None for content that is neither a form nor prose."""
    if how is not Comparison.WORDS and cell == "null":
        return []  # JSON for an empty cell
    texts = None if how is Comparison.WORDS else form_texts(cell, is_template=how is Comparison.TEMPLATE)
    if texts is None and how is Comparison.WORDS and (parts := _words_of_json(cell)) is not None:
        return [ExpectedText(part) for part in parts]
    if texts is None and (how is Comparison.WORDS or cell.lstrip()[:1] not in ("{", "[")):
        return [ExpectedText(cell)]  # prose must be stored word for word
    return texts


def _words_of_json(cell: str) -> list[str] | None:
    """The names, texts, numbers and booleans of a list or an object in a column of words; None for any other text."""
    if cell[:1] not in ("{", "["):
        return None
    try:
        left: list[tuple[str, Any]] = [("", json.loads(cell, parse_int=str, parse_float=str))]
    except (ValueError, RecursionError):
        return None
    parts: list[str] = []
    while left:
        name, value = left.pop()
        if value is None or value in ("", [], {}):
            continue
        parts.append(name)
        if isinstance(value, dict):
            left += reversed(value.items())
        elif isinstance(value, list):
            left += [("", each) for each in reversed(value)]
        else:
            parts.append(_word(value))
    return parts


def _word(value: Any) -> str:
    """A text or a number, or Yes or No for a boolean."""
    return str(value) if not isinstance(value, bool) else "Yes" if value else "No"


def _absent(wanted: list[ExpectedText], stored: str) -> int:
    """The number of words of texts that are not stored. Two words with a tag between them may also be one word."""
    shown = _without_marks(stored)
    there = frozenset(_WORD.findall(shown))
    missing = [each.text for each in wanted if not words(each.text) <= there]
    if not missing:
        return 0
    there |= frozenset(_WORD.findall(shown.replace(_BOUND, "")))
    runs = (run for text in missing for run in _RUN.findall(_shown(text)))
    return sum(_fewest_absent([part for part in run.split(_BOUND) if part], there) for run in runs)


def _fewest_absent(parts: list[str], there: frozenset[str]) -> int:
    """The number of parts that are in no word, where neighbouring parts may be one word."""
    fewest = [0]
    for end in range(1, len(parts) + 1):
        absent = fewest[-1] + (parts[end - 1] not in there)
        for begin in range(max(0, end - MOST_JOINED), end - 1):
            if fewest[begin] < absent and "".join(parts[begin:end]) in there:
                absent = fewest[begin]
        fewest.append(absent)
    return fewest[-1]


def _is_plainly_marked(text: str) -> bool:
    """Whether every tag of a text is known and properly nested, so that the text can be read in one way only."""
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


def is_readable(how: Comparison, cell: str) -> bool:
    """Whether a cell can be read with certainty: a form, a moment, or a text with words."""
    if how is Comparison.CONTENT:
        return is_form(cell)
    if how is Comparison.MOMENT:
        return _moment(cell) is not None
    return how is Comparison.WORDS and bool(words(cell))


def letters(value: Any) -> str:
    """The letters and digits of a value, in lower case. True is 1 and False is 0, as stored."""
    text = str(int(value)) if isinstance(value, bool) else "" if value is None else str(value)
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return plain.replace("client", "patient")


def words(text: str) -> frozenset[str]:
    """The words of a text, normalised: without HTML tags, in lower case and NFKC."""
    return frozenset(_WORD.findall(_shown(text)))


def _shown(text: str) -> str:
    """A cell's visible text in lower case, with _BOUND in place of each tag, comment and mark of a data section."""
    return _folded(_TAG.sub(_BOUND, bounded(_visible(text), in_place=_BOUND)))


def _without_marks(stored: str) -> str:
    """A stored value's visible text in lower case, with _BOUND in place of each tag of rich text.

    Of stored JSON, every text is added by itself.
    """
    texts = [stored, *_texts_of_json(stored)]
    return "\n".join(_folded(_STORED_TAG.sub(_BOUND, _visible(text))) for text in texts)


def _texts_of_json(stored: str) -> list[str]:
    """The texts of stored JSON; nothing for any other value."""
    if stored[:1] not in ("{", "["):
        return []
    texts: list[str] = []
    try:
        left = [json.loads(stored)]
    except (ValueError, RecursionError):
        return []
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list | dict):
            left += value.values() if isinstance(value, dict) else value
    return texts


def _visible(text: str) -> str:
    """A text without invisible characters."""
    return _without_hidden(text, "\n\r\t").replace('\\"', '"').replace("\\n", " ")


def _without_hidden(text: str, kept: str) -> str:
    """A text without invisible characters other than those in `kept`."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign in kept or unicodedata.category(sign) not in _HIDDEN)


_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}));?")


def _without_halves(reference: re.Match[str]) -> str:
    """Nothing for a reference to half a sign or to NUL, which no text can hold; any other reference unchanged."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return "" if number == 0 or 0xD800 <= number <= 0xDFFF else reference[0]


def _folded(text: str) -> str:
    """A text in lower case with its entities resolved, up to MOST_ESCAPED times.

    An invisible character is left out, whether it is written as itself or as an entity.
    """
    for _ in range(MOST_ESCAPED):
        if "&" not in text:
            break
        text = _without_hidden(html.unescape(_NUMBERED.sub(_without_halves, text)), f"\n\r\t{_BOUND}")
    return unicodedata.normalize("NFKC", text).casefold()


def form_words(cell: str, *, template: bool = False) -> frozenset[str] | None:
    """The words of a form; None for other content. Templates keep answers to paragraphs only."""
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
        moment = datetime.fromisoformat(re.sub(r"\s+(?=[Z+-][\d:]*$)", "", cell.upper())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if moment.year in (MINYEAR, MAXYEAR) else moment  # some zones have no date for these


def _day(cell: str, stored: Any) -> bool | None:
    """Whether a day is stored; None for a cell that is not a day with certainty.

    A number may be a serial day counted from 1900 or 1904. A day without a stored value counts only where it can be a
    date of birth.
    """
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
    """The day of a serial number, counted from 1900 and from 1904. Counted from 1900, day 60 is 29 February 1900."""
    first = date(1899, 12, 31).toordinal() + days - (days > 60)
    return date.fromordinal(first).isoformat(), date.fromordinal(date(1904, 1, 1).toordinal() + days).isoformat()
