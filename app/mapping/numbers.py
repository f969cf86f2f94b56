"""Numbers as people, bookkeepers and spreadsheets of other countries write them, read only where it is certain.

A comma before three figures parts thousands (`1,234.56`), and one before one or two figures is a decimal comma
(`30,00`, `1.234,56`). What a computer adds behind the 15 digits that a spreadsheet keeps is no part of a number:
`1200.1000000000001` is 1200.1. A cell that may mean two numbers means none.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from app.mapping.cells import mended_number, plain
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
_DIGITS, _DECIMALS = 15, 6  # that a spreadsheet keeps of a number, and that an amount has at most
_PARTS = re.compile(r"[ ,.'’]")
_ABSENT = NOTHING | {"", "none", "-", "–"}  # a bookkeeper's dash is nothing


class Number(NamedTuple):
    """What a cell says. `value` is None of an empty cell, and of one that `is_unclear`."""

    value: Decimal | None = None
    is_mended: bool = False  # written as no export of the source writes numbers, and still certain
    is_unclear: bool = False


def read_number(cell: str) -> Number:
    """The number of a cell, with its sign before it. Currency signs, brackets and words are the caller's."""
    if _PLAIN.fullmatch(cell):
        return Number(Decimal(cell))
    bare = " ".join(plain(cell).split()).replace("- ", "-", 1)
    if bare.lower() in _ABSENT:
        return Number()
    mended = mended_number(bare)
    if mended is None or not mended:
        return Number(is_unclear=True)
    if _PLAIN.fullmatch(mended):
        return Number(Decimal(mended), is_mended=mended != bare)
    sign, digits = ("-", bare[1:]) if bare[0] == "-" else ("", bare)
    for patterns, is_mended in ((_GROUPED, False), (_MENDED, True)):
        for pattern in patterns:
            if found := pattern.fullmatch(digits):
                whole = _PARTS.sub("", found["whole"]) or "0"
                return Number(Decimal(f"{sign}{whole}.{found['fraction'] or '0'}"), is_mended)
    return Number(is_unclear=True) if _LONG.fullmatch(bare) is None else _rounded(Decimal(bare))


def _rounded(number: Decimal) -> Number:
    """A number of more digits than a spreadsheet keeps, where those that it keeps are an amount."""
    kept = Decimal(f"{number:.{_DIGITS}g}").normalize()
    decimals = -int(kept.as_tuple().exponent)
    if len(number.as_tuple().digits) <= _DIGITS or decimals > _DECIMALS:
        return Number(is_unclear=True)
    return Number(Decimal(f"{kept:f}"), is_mended=True)
