"""Writes values of JSON as words for readers: the texts, numbers and booleans, each after the name of its member."""

import json
from collections.abc import Iterator

from app.json_values import JsonValue
from app.mapping.columns import Report

NO_PICTURE = "[Picture not included]"
_PICTURE = "data:image/"
_DECODE = json.JSONDecoder(parse_int=str, parse_float=str, strict=False).decode  # numbers as they are written


def readable(cell: str, report: Report, between: str = ", ") -> str:
    """A text in a column of words: a list or an object of JSON as words, with `bad_json`; any other text unchanged.

    `between` is written between the items of a list. A list or an object without words is unchanged.
    """
    if cell[:1] not in ("[", "{"):
        return cell
    try:
        value = _DECODE(cell)
        words = between.join(filter(None, map(worded, value))) if isinstance(value, list) else worded(value)
    except (ValueError, RecursionError):
        return cell
    if not words:
        return cell
    report("bad_json")
    return words


def is_filled(value: JsonValue) -> bool:
    """Whether a value is not empty. `false` and 0 are filled."""
    return value is not None and value not in ("", [], {})


def lines_of(value: JsonValue, name: str = "") -> Iterator[str]:
    """A value as lines of text, each after the name of its member. An object of plain values is one line.

    Raises RecursionError for deep nesting.
    """
    if isinstance(value, list):
        for each in value:
            yield from lines_of(each, name)
    elif not isinstance(value, dict):
        if value is not None and value != "":
            words = NO_PICTURE if isinstance(value, str) and value.startswith(_PICTURE) else plain_word(value)
            yield f"{name}: {words}" if name else str(words)
    elif any(isinstance(each, dict | list) for each in value.values()):
        for inner, each in value.items():
            yield from lines_of(each, inner)
    elif lines := [line for inner, each in value.items() for line in lines_of(each, inner)]:
        yield ", ".join(lines)


def plain_word(value: str | float | bool | None) -> str:
    """A value that is neither a list nor an object as text: Yes or No for a boolean."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)


def worded(value: JsonValue) -> str:
    """Any JSON value as one line of text, without its empty values. Raises RecursionError for deep nesting."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(worded, value)))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {words}" for name, item in value.items() if (words := worded(item)))
    return plain_word(value)
