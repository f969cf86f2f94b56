"""Words as a clinic typed them: cleaned of what no screen can show, and never changed otherwise."""

import re
import unicodedata

from app.mapping.cells import MARKS, mended_digits, unguarded, without_apostrophe
from app.mapping.columns import Reader, Report
from app.mapping.context import Context

STRING = 255  # what Caspen calls a string
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WRAPPED = frozenset("='")
_limited: set[Reader] = set()
_BREAKS = re.compile("\r\n?")


def clean(cell: str, report: Report) -> str:
    """NFC, `\\n` for every line break, no control characters but tab and line break, no guard, no invisible marks."""
    if cell[:1] in _WRAPPED:
        cell = without_apostrophe(unguarded(cell))
    if cell.isprintable():
        return cell if cell.isascii() else unicodedata.normalize("NFC", cell)
    cell = MARKS.sub("", _BREAKS.sub("\n", cell))
    shown = _UNSHOWABLE.sub("", cell)
    if shown != cell:
        report("control_chars_removed")
    return unicodedata.normalize("NFC", shown)


def text(cell: str, context: Context, report: Report) -> str | None:
    """Any length, several lines."""
    return clean(cell, report) or None


def limited(limit: int) -> Reader:
    """Text that has a usual length. Longer text is kept, and told."""

    def read(cell: str, context: Context, report: Report) -> str | None:
        value = clean(cell, report)
        if len(value) > limit:
            report("content_over_limit")
        return value or None

    _limited.add(read)
    return read


def is_limited(read: Reader) -> bool:
    """Whether a column is read as text of a usual length."""
    return read in _limited


string = limited(STRING)


def code(cell: str, context: Context, report: Report) -> str | None:
    """A string of digits or letters that means something as a whole, such as a post code: `2000.0` is `2000`.

    What a spreadsheet cut to an exponent is None with `spreadsheet_error_value`.
    """
    value = string(cell, context, report)
    digits = value and mended_digits(value)
    if value and digits is None:
        report("spreadsheet_error_value")
    elif digits != value:
        report("spreadsheet_value_mended")
    return digits or None


def verbatim(cell: str, context: Context, report: Report) -> str:
    """The cell as it is: content that is read later, and names of files."""
    return cell


def cut(value: str | None, limit: int = STRING) -> str | None:
    """Text that fits: the whole, or its beginning and `...`."""
    if value is None or len(value) <= limit:
        return value
    return value[: limit - 3] + "..."


def numbered(name: str, place: str | None) -> str:
    """A name that fits and is its bearer's own: a later one of the same name is told by its number, ` (2)`."""
    mark = f" ({place})" if place else ""
    return (cut(name, STRING - len(mark)) or "") + mark


def one_line(value: str) -> str:
    """Line breaks as `; `, for places that have one line."""
    return "; ".join(part.strip() for part in value.split("\n") if part.strip())


def nothing(cell: str, context: Context, report: Report) -> None:
    """A cell that is never taken over, such as a live key to a form."""
