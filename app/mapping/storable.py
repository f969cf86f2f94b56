"""Removes characters that no database and no page can hold: NUL and half surrogates. Called once a file is parsed.

Each field removes other characters without a visible form: see `text.clean`.
"""

import re
from collections.abc import Sequence

from app.json_values import JsonValue

REMOVED = "control_chars_removed"
LARGE = 1 << 18  # characters of a row; the cells of a larger row are checked one by one
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_HALF_REFERENCE = re.compile(
    r"&#(?:0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|(?<=0))(?!\d)"
    r"|[xX]0*(?:[dD][89a-fA-F][0-9a-fA-F]{2}|(?<=0))(?![0-9a-fA-F]));?"
)
"""The references of HTML to half surrogates and to NUL, which no parser of HTML can read."""
_ESCAPED = re.compile(r"\\u(?:d[89a-f]|00[01789])", re.IGNORECASE)


def storable(text: str) -> str:
    """The text without NUL and half surrogates."""
    return text if is_storable(text) else _UNSTORABLE.sub("", text)


def is_storable(text: str) -> bool:
    """Whether a text has neither NUL nor half surrogates."""
    return "\0" not in text and (text.isascii() or _UNSTORABLE.search(text) is None)


def without_half_references(text: str) -> str:
    """HTML without references such as `&#55357;` to half surrogates and to NUL. A second call changes nothing."""
    return _HALF_REFERENCE.sub("", text) if "&#" in text else text


def storable_row(cells: Sequence[str]) -> list[str] | None:
    """The cells of a row without NUL and half surrogates; None if no cell has any."""
    if sum(map(len, cells)) <= LARGE:
        try:
            if b"\0" not in "".join(cells).encode():
                return None
        except UnicodeEncodeError:
            pass
    elif all(map(is_storable, cells)):
        return None
    return [storable(cell) for cell in cells]


def shown_json(value: JsonValue, text: str) -> tuple[JsonValue, bool]:
    """The value of a JSON `text` without characters that only an escape can contain, and whether any was removed.

    These are NUL, half surrogates, also as references of HTML, and control characters except tab and line break.
    """
    if _ESCAPED.search(text) is None and is_storable(text) and not has_references(text):
        return value, False
    shown = without_unshowable(value)
    return shown, shown != value


def has_references(text: str) -> bool:
    """Whether a JSON text may hold a reference of HTML by number, in whose place some programs write `\\u0026#`."""
    return "&#" in text or "\\u0026#" in text


def without_unshowable(value: JsonValue) -> JsonValue:
    """A JSON value without NUL, half surrogates and other characters without a visible form."""
    if isinstance(value, str):
        return without_half_references(_UNSHOWABLE.sub("", value))
    if isinstance(value, list):
        return [without_unshowable(item) for item in value]
    if isinstance(value, dict):
        return {
            _UNSHOWABLE.sub("", name) if isinstance(name, str) else name: without_unshowable(item)
            for name, item in value.items()
        }
    return value
