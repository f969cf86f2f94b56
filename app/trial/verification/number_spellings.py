"""Spellings of a number: a workbook stores 0.00001 as `1.0000000000000001E-5`."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,3})?")
EXACT = 10**15  # below it, every whole number has one spelling


class Spelled(str):
    """A number as people type it. `others` are other spellings of the number."""

    others: tuple[str, ...] = ()


def number_of(text: str) -> float | None:
    """The number in a text; None for other texts and for infinite numbers."""
    value = float(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and abs(value) != float("inf") else None


def typed(text: str, value: float, *shown: str) -> str:
    """A number as people type it, with other spellings. `shown` are the spellings of the cell's number format."""
    is_whole = value == int(value) and abs(value) < EXACT
    plain = str(int(value)) if is_whole else text
    exact = Decimal(f"{value:.15g}")
    ways = () if is_whole else (repr(value), f"{value:.15g}", f"{value:.14E}", f"{exact:f}")
    others = tuple(dict.fromkeys(way for way in (*shown, *ways) if way and way != plain))
    if not others:
        return plain
    spelled = Spelled(plain)
    spelled.others = others
    return spelled


def percentages(value: float) -> tuple[str, str]:
    """The two spellings of a percentage."""
    return f"{value * 100:.13g}%", f"{Decimal(f'{value:.15g}') * 100:f}%"
