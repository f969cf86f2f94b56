"""Other valid contents of a cell, for experiments that learn which values depend on the cell.

Every variant has the type of the cell: a flag is flipped, a number is another number, an address another address.
"""

import json
import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, NamedTuple

from app.mapping.columns import Column
from app.mapping.context import Context

LONG = 20_000  # characters of a cell that is only emptied
NUMBERS = 12  # numbers in one cell that are changed, each alone
NOTHING = "nothing"  # beside problem codes: the cell reads as empty
_OPPOSITES = {"true": "false", "false": "true", "yes": "no", "no": "yes", "y": "n", "n": "y", "1": "0", "0": "1"}
_NUMBER = re.compile(r"\d+")


class Variant(NamedTuple):
    """`may_report` is False where a problem that the cell itself does not have makes the variant unusable.

    Such a variant would go to the notes, and the notes would name the cell.
    """

    cell: str
    may_report: bool = False


def variants(cell: str, others: Collection[str], column: Column | None, context: Context) -> Iterator[Variant]:
    """The empty cell first, then contents that the column reads as well as the cell itself.

    `others` are contents of the same column in other rows. `column` is None where none describes the cell.
    """
    yield Variant("", may_report=True)
    if len(cell) > LONG:
        return
    opposite = _OPPOSITES.get(cell.strip().lower())
    if opposite is not None:
        yield Variant(opposite, may_report=True)
    candidates = dict.fromkeys([*others, *_changed(cell)])
    reports = _reports(cell, column, context)
    for candidate in candidates:
        if candidate and candidate != cell and _reports(candidate, column, context) <= reports:
            yield Variant(candidate, may_report=NOTHING in reports)


def _changed(cell: str) -> Iterator[str]:
    if cell[:1] in "[{":
        yield from _changed_json(cell)
    tokens = set(_NUMBER.findall(cell))
    for found in islice(_NUMBER.finditer(cell), NUMBERS):
        number = next((number for number in _numbers_near(found[0]) if number not in tokens), None)
        if number is not None:
            yield f"{cell[: found.start()]}{number}{cell[found.end() :]}"
    if "@" in cell:
        yield f"x{cell.strip()}"
    elif any(map(str.isalpha, cell)) and cell[:1] not in "[{":
        yield f"{cell} more"


def _numbers_near(number: str) -> Iterator[str]:
    """Numbers of the same length that differ in the last digit, the next one first."""
    last = int(number[-1])
    return (f"{number[:-1]}{(last + step) % 10}" for step in range(1, 10))


def _changed_json(cell: str) -> Iterator[str]:
    """The same structure with more in each text, and with every flag flipped."""
    try:
        yield json.dumps(_changed_value(json.loads(cell)))
    except (ValueError, RecursionError):
        return


def _changed_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _changed_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed_value(inner) for inner in value]
    if isinstance(value, bool):
        return not value
    return f"{value} more" if isinstance(value, str) else value


def _reports(cell: str, column: Column | None, context: Context) -> frozenset[str]:
    """The problem codes that reading the cell gives, and NOTHING where the cell reads as empty."""
    if column is None:
        return frozenset()
    codes: list[str] = []
    try:
        value = column.read(cell, context, codes.append)
    except (LookupError, TypeError, ValueError, AttributeError):
        return frozenset({"unreadable"})
    return frozenset(codes) | (frozenset({NOTHING}) if value is None else frozenset())
