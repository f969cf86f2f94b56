"""Amounts of money, exact to the cent: `$1,200.00`, `-5.5`, `(5.50)`.

In a file of decimal commas `1.200` may be a thousand and two hundred, so that no amount is certain.
"""

import re
from decimal import Decimal

from app.mapping.cells import plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.numbers import read_number

_COMMA = re.compile(r"\d,\d{1,2}[^\d,.]{0,5}")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)


def has_decimal_comma(cell: str) -> bool:
    """Whether an amount has a comma before its cents, as `1.234,50` and `30,00 €` have."""
    at = cell.rfind(",")
    return at > 0 and _COMMA.fullmatch(cell, at - 1) is not None


def money(cell: str, context: Context, report: Report) -> Decimal | None:
    """A decimal, never a float. Brackets mean less than nothing; None with `bad_number` where no amount is certain."""
    bare = plain(cell)
    is_below = bare.startswith("(") and bare.endswith(")")
    if is_below:
        bare = bare[1:-1]
    bare = bare.replace("$", "", 1).strip() if "$" in bare else bare
    found = read_number(bare)
    is_unclear = found.is_unclear or (context.decimal_commas and _THOUSANDS.fullmatch(bare) is not None)
    if is_unclear or (is_below and found.value is not None and found.value < 0):
        report("bad_number")
        return None
    if found.is_mended:
        report("spreadsheet_value_mended")
    return -found.value if is_below and found.value is not None else found.value
