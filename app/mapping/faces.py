"""Cells of a spreadsheet with two faces: the number that is stored, and how its format shows it.

`25%` is stored as `0.25`, and `0800` as `800`. Text is what people saw; ids, dates, amounts and choices are what is
stored, because other files name them so.
"""

from collections.abc import Callable

from app.mapping import struck
from app.mapping.columns import Column
from app.mapping.structured import json_or_text
from app.mapping.text import code, is_limited, text, verbatim

BEGIN, BETWEEN = "\ufdd2", "\ufdd3"
"""Signs that no text has: Unicode keeps them for a program's own use."""

_TEXTS = frozenset({text, verbatim, code, json_or_text})

Shown = Callable[[str], str]


def two_faced(shown: str, stored: str) -> str:
    """One cell of both."""
    return f"{BEGIN}{shown}{BETWEEN}{stored}"


def seen(cell: str) -> str:
    """What people saw; any cell of one face as it is."""
    return cell[1:].partition(BETWEEN)[0] if cell.startswith(BEGIN) else cell


def stored(cell: str) -> str:
    """What is stored, without signs of struck-out words."""
    return cell.partition(BETWEEN)[2] if cell.startswith(BEGIN) else struck.bare(cell)


def shown_in(column: Column | None) -> Shown:
    """How marked cells of a column are written; None is a column that nobody knows."""
    is_text = column is None or bool(column.prefix) or column.read in _TEXTS or is_limited(column.read)
    strike, face = struck.shown_in(column), seen if is_text else stored
    return lambda cell: face(cell) if cell.startswith(BEGIN) else strike(cell)
