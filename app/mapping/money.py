"""Amounts of money, exact to the cent: `$1,200.00`, `-5.5`, `(5.50)`."""

import re
from decimal import Decimal

from app.mapping.cells import mended_number, plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.ids import NOTHING

_AMOUNT = re.compile(r"-?(\d{1,15}(\.\d{0,6})?|\.\d{1,6})")


def money(cell: str, context: Context, report: Report) -> Decimal | None:
    """A decimal, never a float. Brackets mean less than nothing; what is no amount says nothing."""
    bare = re.sub(r"[$\s\u00a0,]", "", plain(cell))
    if bare.lower() in NOTHING:
        return None
    mended = mended_number(bare)
    if mended is None:
        return None
    if mended != bare:
        report("spreadsheet_value_mended")
        bare = mended
    below = bare.startswith("(") and bare.endswith(")")
    if below:
        bare = bare[1:-1]
    if not (bare.isascii() and _AMOUNT.fullmatch(bare)):
        return None
    amount = Decimal(bare)
    return -amount if below else amount
