"""Removes what spreadsheets, web pages and address books add around the value of a cell.

Readers of exact values (id, date, number, yes or no, phone, e-mail) call `plain`. Readers of text use
`app/mapping/text.py`, which uses the same parts.
"""

import re
import unicodedata
from decimal import Decimal

ERROR_WORDS = frozenset(
    """#NAME? #REF! #VALUE! #N/A #DIV/0! #NUM! #NULL! #ERROR! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN!
    #GETTING_DATA""".split()  # noqa: SIM905 - as a list it would be a page long
)
"""Error words: what spreadsheets write for a formula without a value."""

MARKS = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
"""Invisible characters that no text needs: soft hyphens, direction marks, zero-width spaces, byte order marks."""

_JOINERS = re.compile("[\u200c\u200d]")  # text in Persian or Hindi needs them, a number does not
_HASHES = re.compile("#{4,}")
_POINT_ZERO = re.compile(r"(\d{1,18})\.0{1,6}")
_EXPONENT = re.compile(r"(\d)(?:[.,](\d{1,17}))?[Ee]\+?(\d{1,2})")
_POWER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,17})?[Ee][+-]?\d{1,2}")
_TEXT_NUMBER = re.compile(r"[\d\s+().,/-]+")


def is_error_word(cell: str) -> bool:
    """Whether a trimmed cell holds an error word of a spreadsheet, or the `####` of a column that was too narrow."""
    return cell[:1] == "#" and len(cell) <= 255 and (cell.upper() in ERROR_WORDS or _HASHES.fullmatch(cell) is not None)


def unguarded(cell: str) -> str:
    """The value inside `="..."`, a formula that keeps spreadsheets from rounding the value; other text unchanged."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 3:
        return cell[2:-1].strip()
    return cell


def without_apostrophe(cell: str) -> str:
    """The value after an apostrophe that marks a number or formula as text; other text unchanged."""
    if cell[:1] == "'" and (cell[1:2] == "=" or _TEXT_NUMBER.fullmatch(cell, 1)):
        return cell[1:].strip()
    return cell


def plain(cell: str) -> str:
    """An exact value without guard, text apostrophe and invisible characters, in ASCII forms where they exist.

    A second call changes nothing. Not for text: names need their full-width letters and joiners.
    """
    if not cell.isascii():
        cell = _JOINERS.sub("", MARKS.sub("", unicodedata.normalize("NFKC", cell))).strip()
    if cell[:1] == "=":
        cell = unguarded(cell)
    return cell[1:].strip() if cell[:1] == "'" else cell


def mended_number(cell: str, most: int = 12) -> str | None:
    """A number in plain digits if a spreadsheet wrote it with an exponent: `1.2E+3` is `1200`, `2.5e-1` is `0.25`.

    Other text unchanged. None for a number with more than `most` digits before or after the decimal point.
    """
    match = _POWER.fullmatch(cell)
    if match is None:
        return cell
    number = Decimal(cell.replace(",", ".")).normalize()
    if abs(number.adjusted()) > most:
        return None
    return f"{number:f}"


def mended_digits(cell: str) -> str | None:
    """The digits of a whole number that a spreadsheet or script wrote as `61.0` or `6.1491570006E+10`.

    Other text unchanged. None if the exponent form has lost digits.
    """
    if match := _POINT_ZERO.fullmatch(cell):
        return match[1]
    if match := _EXPONENT.fullmatch(cell):
        decimals, exponent = match[2] or "", int(match[3])
        if len(decimals) < exponent or decimals[exponent:].strip("0"):
            return None
        return match[1] + decimals[:exponent]
    return cell
