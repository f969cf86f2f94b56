"""Reads cells that hold JSON: lists of phones, pronouns, opening hours. Only valid JSON is read."""

import json
import math
from collections.abc import Callable, Collection, Iterator

from app.json_values import JsonObject, JsonValue
from app.mapping.columns import Reader, Report
from app.mapping.context import Context
from app.mapping.html import STRUCK_OUT
from app.mapping.repeated_members import Member, as_written, with_last_first
from app.mapping.storable import REMOVED, shown_json
from app.mapping.text import clean


class NotJsonError(ValueError):
    """The text is no valid JSON. The error contains nothing of the text."""


def _refuse(_: str) -> float:
    raise NotJsonError


class _Repeated(Exception):
    """An object has two members of one name."""


def _once(members: list[Member]) -> JsonObject:
    value = dict(members)
    if len(value) < len(members):
        raise _Repeated
    return value


def _each(members: list[Member]) -> JsonObject:
    return with_last_first(as_written(members))


# Made once: there is a cell for every note.
_DECODE = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_once).decode
_DECODE_LAST = json.JSONDecoder(parse_constant=_refuse).decode
_DECODE_EACH = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_each).decode


def parse_json(text: str) -> JsonValue:
    """The value of a JSON text. Raises NotJsonError as `parse_shown`."""
    return parse_shown(text)[0]


def parse_shown(text: str) -> tuple[JsonValue, tuple[str, ...]]:
    """The value of a JSON text without characters that no screen shows, and its problem codes.

    `control_chars_removed`: there were such characters. `cell_there_twice`: an object has different values under one
    name; the last counts, and the others have a space behind their name. Raises NotJsonError for text that strict JSON
    does not allow, and for endless nesting.
    """
    codes: tuple[str, ...] = ()
    try:
        try:
            value = _DECODE(text)
        except _Repeated:
            value = _DECODE_EACH(text)
            codes = ("cell_there_twice",) if value != _DECODE_LAST(text) else ()
    except (ValueError, RecursionError):
        raise NotJsonError from None
    if isinstance(value, float) and not math.isfinite(value):
        raise NotJsonError
    shown, has_lost = shown_json(value, text)
    return shown, (*codes, REMOVED) if has_lost else codes


def json_cell(cell: str, context: Context, report: Report) -> JsonValue:
    """The JSON value of a cell; None with `bad_json` for invalid JSON."""
    try:
        value, codes = parse_shown(cell)
    except NotJsonError:
        report("bad_json")
        return None
    for code in codes:
        report(code)
    return value


_json_readers: set[Reader] = {json_cell}


def json_where(is_known: Callable[[JsonValue], bool], is_whole: Callable[[JsonValue], bool] | None = None) -> Reader:
    """A reader of JSON that `is_known` accepts; None with `bad_json` for any other value. Empty values are accepted.

    A known value that is not `is_whole` is accepted with `bad_json`: some of its members cannot be read.
    """

    def read(cell: str, context: Context, report: Report) -> JsonValue:
        value = json_cell(cell, context, report)
        if value in (None, "", [], {}):
            return value
        if is_known(value):
            if is_whole is not None and not is_whole(value):
                report("bad_json")
            return value
        report("bad_json")
        return None

    _json_readers.add(read)
    return read


def reads_json(read: Reader) -> bool:
    """Whether a reader accepts JSON alone: `json_cell`, or a reader of `json_where`."""
    return read in _json_readers


def words_in(value: JsonValue, aside: Collection[str]) -> Iterator[str]:
    """Every text, number, yes and no in a value, in order. Members of objects in `aside` are left out."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left += reversed([member for name, member in each.items() if name not in aside])
        elif isinstance(each, list):
            left += reversed(each)
        elif each is not None and str(each).strip():
            yield str(each).strip() if not isinstance(each, bool) else str(each).lower()


def is_json(cell: str) -> bool:
    """Whether a cell of words is read as JSON: an object also where it is damaged, a list, and `null`."""
    if cell[:1] != "[":
        return cell[:1] == "{" or cell == "null"
    try:
        parse_json(cell)
    except NotJsonError:
        return False
    return True


def json_or_text(cell: str, context: Context, report: Report) -> JsonValue:
    """The JSON value of a cell that begins like JSON, else its text; None with `bad_json` for invalid JSON."""
    if cell == "null":
        return None
    if cell[:1] in "[{" and not cell.startswith(STRUCK_OUT):
        return json_cell(cell, context, report)
    return clean(cell, report) or None
