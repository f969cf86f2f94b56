"""Amounts of money, exact to the cent: `$1,200.00`, `-5.5`, `(5.50)`."""

from decimal import Decimal

from app.mapping.cells import plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.numbers import read_number


def money(cell: str, context: Context, report: Report) -> Decimal | None:
    """A decimal, never a float. Brackets mean less than nothing; None with `bad_number` where no amount is certain."""
    bare = plain(cell)
    is_below = bare.startswith("(") and bare.endswith(")")
    if is_below:
        bare = bare[1:-1]
    found = read_number(bare.replace("$", "", 1).strip() if "$" in bare else bare)
    if found.is_unclear or (is_below and found.value is not None and found.value < 0):
        report("bad_number")
        return None
    if found.is_mended:
        report("spreadsheet_value_mended")
    return -found.value if is_below and found.value is not None else found.value
