"""Reads numbers and amounts of money as people, bookkeepers and spreadsheets of other countries write them.

A comma before three digits separates thousands (`1,234.56`). A comma before one or two digits is a decimal comma
(`30,00`, `1.234,56`). A spreadsheet keeps 15 digits, and a program that reads the file adds more:
`1200.1000000000001` is 1200.1. A cell that may mean two numbers is unclear and has no value.

Amounts are exact to the cent: `$1,200.00`, `-5.5`, `(5.50)`. In a file of decimal commas `1.200` may be 1200 or 1.2,
so that the amount is unclear.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from app.mapping.cells import mended_number, plain
from app.mapping.columns import Reader, Report
from app.mapping.context import Context
from app.mapping.ids import NOTHING

_PLAIN = re.compile(r"-?(?:\d{1,15}(?:\.\d{0,6})?|\.\d{1,6})", re.ASCII)
_FRACTION = r"(?:\.(?P<fraction>\d{0,6}))?"
_COMMA_FRACTION = r"(?:,(?P<fraction>\d{1,2}))?"
_GROUPED = tuple(
    re.compile(rf"(?P<whole>{whole}){fraction}", re.ASCII)
    for whole, fraction in (
        (r"[1-9]\d{0,2}(?:,\d{3}){1,4}", _FRACTION),  # 1,234.56
        (r"[1-9]\d?(?:,\d{2}){1,5},\d{3}", _FRACTION),  # 1,23,456.00 of India
        (r"[1-9]\d{0,2}(?: \d{3}){1,4}", _FRACTION),  # 1 234.56
    )
)
_MENDED = tuple(
    re.compile(rf"(?P<whole>{whole}){fraction}", re.ASCII)
    for whole, fraction in (
        (r"\d{0,15}", r",(?P<fraction>\d{1,2})"),  # 30,00
        (r"0", r",(?P<fraction>\d{3,6})"),  # 0,125
        (r"[1-9]\d{0,2}(?:\.\d{3}){1,4}", r",(?P<fraction>\d{1,2})"),  # 1.234,56
        (r"[1-9]\d{0,2}(?:\.\d{3}){2,4}", r"(?P<fraction>)"),  # 1.234.567
        (r"[1-9]\d{0,2}(?: \d{3}){1,4}", r",(?P<fraction>\d{1,2})"),  # 1 234,56
        (r"[1-9]\d{0,2}(?:['’]\d{3}){1,4}", r"(?:[.,](?P<fraction>\d{1,2}))?"),  # 1'234.56
    )
)
_LONG = re.compile(r"-?\d{1,12}\.\d{7,20}", re.ASCII)
_DIGITS, _DECIMALS = 15, 6  # digits that a spreadsheet keeps, and decimals that an amount may have
_PARTS = re.compile(r"[ ,.'’]")
_ABSENT = NOTHING | {"", "none", "-", "–"}  # bookkeepers write a dash for no amount


class ReadNumber(NamedTuple):
    """The number of a cell. `value` is None for an empty cell, and for a cell that `is_unclear`.

    `is_mended`: the number is certain, but the source does not write numbers so.
    """

    value: Decimal | None = None
    is_mended: bool = False
    is_unclear: bool = False


def read_number(cell: str) -> ReadNumber:
    """The number of a cell, with a sign. The caller removes currency signs and brackets. Raises nothing."""
    if _PLAIN.fullmatch(cell):
        return ReadNumber(Decimal(cell))
    bare = " ".join(plain(cell).split()).replace("- ", "-", 1)
    if bare.lower() in _ABSENT:
        return ReadNumber()
    mended = mended_number(bare)
    if mended is None or not mended:
        return ReadNumber(is_unclear=True)
    if _PLAIN.fullmatch(mended):
        return ReadNumber(Decimal(mended), is_mended=mended != bare)
    sign, digits = ("-", bare[1:]) if bare[0] == "-" else ("", bare)
    for patterns, is_mended in ((_GROUPED, False), (_MENDED, True)):
        for pattern in patterns:
            if match := pattern.fullmatch(digits):
                whole = _PARTS.sub("", match["whole"]) or "0"
                return ReadNumber(Decimal(f"{sign}{whole}.{match['fraction'] or '0'}"), is_mended)
    return ReadNumber(is_unclear=True) if _LONG.fullmatch(bare) is None else _rounded(Decimal(bare))


def _rounded(number: Decimal) -> ReadNumber:
    """A number with more digits than a spreadsheet keeps, rounded to those digits if that gives an amount."""
    kept = Decimal(f"{number:.{_DIGITS}g}").normalize()
    decimals = -int(kept.as_tuple().exponent)
    if len(number.as_tuple().digits) <= _DIGITS or decimals > _DECIMALS:
        return ReadNumber(is_unclear=True)
    return ReadNumber(Decimal(f"{kept:f}"), is_mended=True)


_COMMA = re.compile(r"\d,\d{1,2}[^\d,.]{0,5}")
_MOST = 10**12  # a whole number is below
_THOUSAND = re.compile(r"-?[1-9]\d{0,2}\.000")  # 1 with decimals, or 1000 with a separator
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)


def has_decimal_comma(cell: str) -> bool:
    """Whether an amount has a comma before its cents, such as `1.234,50` and `30,00 €`."""
    at = cell.rfind(",")
    return at > 0 and _COMMA.fullmatch(cell, at - 1) is not None


def money(cell: str, context: Context, report: Report) -> Decimal | None:
    """A decimal amount, never a float. Brackets mean a negative amount. None with `bad_number` if unclear."""
    bare = plain(cell)
    is_below = bare.startswith("(") and bare.endswith(")")
    if is_below:
        bare = bare[1:-1]
    bare = bare.replace("$", "", 1).strip() if "$" in bare else bare
    number = read_number(bare)
    is_unclear = number.is_unclear or (context.decimal_commas and _THOUSANDS.fullmatch(bare) is not None)
    if is_unclear or (is_below and number.value is not None and number.value < 0):
        report("bad_number")
        return None
    if number.is_mended:
        report("spreadsheet_value_mended")
    return -number.value if is_below and number.value is not None else number.value


def whole(cell: str, context: Context, report: Report) -> int | None:
    """A whole number; None with `bad_number` for any other number or text."""
    if len(cell) <= 12 and cell.isdigit() and cell.isascii():
        return int(cell)
    number = read_number(cell)
    if number.value is None and not number.is_unclear:
        return None
    if number.value is None or number.value % 1 or abs(number.value) >= _MOST or _THOUSAND.fullmatch(plain(cell)):
        report("bad_number")
        return None
    if number.is_mended or "." in cell:
        report("spreadsheet_value_mended")
    return int(number.value)


def whole_up_to(most: int) -> Reader:
    """A reader of whole numbers of at most `most`; None with `bad_number` for other cells."""

    def read(cell: str, context: Context, report: Report) -> int | None:
        number = whole(cell, context, report)
        if number is not None and number > most:
            report("bad_number")
            return None
        return number

    return read
