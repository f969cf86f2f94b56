"""What spreadsheets, web pages and address books leave around the value of a cell, and how it is taken off again.

Every reader of an exact value (id, date, number, yes or no, phone, e-mail) calls `plain`; every reader of text cleans
with `app/mapping/text.py`, which uses the same parts.
"""

import re
import unicodedata
from decimal import Decimal

ERRORS = frozenset(
    """#NAME? #REF! #VALUE! #N/A #DIV/0! #NUM! #NULL! #ERROR! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN!
    #GETTING_DATA""".split()  # noqa: SIM905 - as a list it would be a page long
)
"""The words that spreadsheets write where a formula has no value."""

MARKS = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
"""Signs without a shape that no text needs: soft hyphens, direction marks, zero-width spaces, byte order marks."""

_JOINERS = re.compile("[\u200c\u200d]")  # text in Persian or Hindi needs them, a number does not
_HASHES = re.compile("#{4,}")
_POINT_ZERO = re.compile(r"(\d{1,18})\.0{1,6}")
_EXPONENT = re.compile(r"(\d)(?:[.,](\d{1,17}))?[Ee]\+?(\d{1,2})")
_POWER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,17})?[Ee][+-]?\d{1,2}")
_TEXT_NUMBER = re.compile(r"[\d\s+().,/-]+")


def is_error(cell: str) -> bool:
    """Whether a trimmed cell holds a spreadsheet's error word, or the signs of a column that was too narrow."""
    return cell[:1] == "#" and len(cell) <= 255 and (cell.upper() in ERRORS or _HASHES.fullmatch(cell) is not None)


def unguarded(cell: str) -> str:
    """The value inside `="..."`, the guard that keeps spreadsheets from rounding it."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 3:
        return cell[2:-1].strip()
    return cell


def without_apostrophe(cell: str) -> str:
    """The value behind the apostrophe that marks a number or formula as text; any other text as it is."""
    if cell[:1] == "'" and (cell[1:2] == "=" or _TEXT_NUMBER.fullmatch(cell, 1)):
        return cell[1:].strip()
    return cell


def plain(cell: str) -> str:
    """An exact value without guard, text apostrophe and invisible marks, its full-width signs as ASCII.

    A second call changes nothing. Never for text: full-width letters and joiners belong to names.
    """
    if not cell.isascii():
        cell = _JOINERS.sub("", MARKS.sub("", unicodedata.normalize("NFKC", cell))).strip()
    if cell[:1] == "=":
        cell = unguarded(cell)
    return cell[1:].strip() if cell[:1] == "'" else cell


def mended_number(cell: str, most: int = 12) -> str | None:
    """A number that a spreadsheet wrote with an exponent, in plain digits: `1.2E+3` is `1200`, `2.5e-1` is `0.25`.

    Any other text as it is; None for a number of more than `most` digits before or behind the point.
    """
    match = _POWER.fullmatch(cell)
    if match is None:
        return cell
    number = Decimal(cell.replace(",", ".")).normalize()
    if abs(number.adjusted()) > most:
        return None
    return f"{number:f}"


def mended_digits(cell: str) -> str | None:
    """The digits of a number that a spreadsheet or script wrote as `61.0` or `6.1491570006E+10`.

    None when the exponent has lost digits; any other text as it is.
    """
    if match := _POINT_ZERO.fullmatch(cell):
        return match[1]
    if match := _EXPONENT.fullmatch(cell):
        decimals, exponent = match[2] or "", int(match[3])
        if len(decimals) < exponent or decimals[exponent:].strip("0"):
            return None
        return match[1] + decimals[:exponent]
    return cell
