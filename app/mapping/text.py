"""Reads text as the clinic typed it, without characters that no screen shows."""

import re
import unicodedata

from app.mapping.cells import MARKS, mended_digits, unguarded, without_apostrophe
from app.mapping.columns import Reader, Report
from app.mapping.context import Context
from app.mapping.json_words import readable

STRING = 255  # characters of a string column in Caspen
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WRAPPED = frozenset("='")
_JSON = frozenset("[{")
_limited: set[Reader] = set()
_BREAKS = re.compile("\r\n?")


def clean(cell: str, report: Report) -> str:
    """Text in Unicode NFC with `\\n` for line breaks, without control characters, guard and invisible characters.

    Tabs and line breaks are kept. Reports `control_chars_removed`.
    """
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
    """Text of any length, with line breaks; None for empty text.

    A list or an object of JSON is written as words, with `bad_json`: each item of a list as a line.
    """
    value = clean(cell, report)
    if value[:1] in _JSON:  # asked here, because a call for each cell would cost as much as reading it
        value = _words(value, report, "\n")
    return value or None


def as_written(cell: str, context: Context, report: Report) -> str | None:
    """Text of any length, with line breaks; None for empty text. JSON is not read."""
    return clean(cell, report) or None


def _words(value: str, report: Report, between: str) -> str:
    """A clean text, with a list or an object of JSON as words."""
    words = readable(value, report, between)
    return words if words is value else clean(words, report)


def limited(limit: int, *, keeps_json: bool = False) -> Reader:
    """A reader of text with a usual length. Longer text is kept and reported as `content_over_limit`.

    A list or an object of JSON is written as words, with `bad_json`, unless `keeps_json` is set.
    """

    def read(cell: str, context: Context, report: Report) -> str | None:
        value = clean(cell, report)
        if value[:1] in _JSON and not keeps_json:
            value = _words(value, report, ", ")
        if len(value) > limit:
            report("content_over_limit")
        return value or None

    _limited.add(read)
    return read


def is_limited(read: Reader) -> bool:
    """Whether a reader was made by `limited`."""
    return read in _limited


string = limited(STRING)
string_as_written = limited(STRING, keeps_json=True)


def code(cell: str, context: Context, report: Report) -> str | None:
    """Digits or letters that are used as a whole, such as a post code: `2000.0` is `2000`.

    None with `spreadsheet_error_value` if a spreadsheet has lost digits in an exponent.
    """
    return _with_digits(string(cell, context, report), report)


def number_or_text(cell: str, context: Context, report: Report) -> str | None:
    """Text of any length that may be a telephone number alone: `61491570156.0` is `61491570156`; else as `code`."""
    return _with_digits(text(cell, context, report), report)


def _with_digits(value: str | None, report: Report) -> str | None:
    digits = value and mended_digits(value)
    if value and digits is None:
        report("spreadsheet_error_value")
    elif digits != value:
        report("spreadsheet_value_mended")
    return digits or None


def verbatim(cell: str, context: Context, report: Report) -> str:
    """The cell unchanged, for content that is parsed later and for file names."""
    return cell


def cut(value: str | None, limit: int = STRING) -> str | None:
    """Text of at most `limit` characters: the whole, or its beginning and `...`."""
    if value is None or len(value) <= limit:
        return value
    return value[: limit - 3] + "..."


def numbered(name: str, place: str | None) -> str:
    """A name of at most STRING characters. `place` distinguishes later bearers of the same name: `Sam Lee (2)`."""
    mark = f" ({place})" if place else ""
    return (cut(name, STRING - len(mark)) or "") + mark


def one_line(value: str) -> str:
    """Text with `; ` in place of line breaks."""
    return "; ".join(part.strip() for part in value.split("\n") if part.strip())


def nothing(cell: str, context: Context, report: Report) -> None:
    """The reader of cells that are never imported, such as the key of an online form. Always None."""
