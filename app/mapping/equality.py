"""Whether two rows with the same key have equal values: equal rows have equal digests.

The values that mapping uses are compared, not their spelling. A clinic may hand over an export and a copy that a
spreadsheet saved. The copy has lost offsets, seconds and leading zeros, has `TRUE` for `true`, and another order of
columns. The time of the last change is not compared: it only decides which of two rows is newer.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.mapping.cells import mended_digits
from app.mapping.columns import Link, columns_of
from app.mapping.moments import LocalMoment

BLANK = ""
ID, NAME = "id:", "name:"  # before a reference by id and by name
CLOCK = "\x1f"  # between a time in UTC and on the file's clock
CHANGED = "updated_at"
NUMBERS_BETWEEN = ","  # the seconds of two times
_EXPONENT = re.compile(r"\d[.,]\d{5,17}[Ee]\+?\d\d?")
_TRUTHS = frozenset({"true", "false", "yes", "no"})
_SECONDS = re.compile(r":\d\d:\d\d([.,]\d+)?")
_SHOWN_CLOCK = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*[+-]\d\d(?::?\d\d)?", re.ASCII)


class _LikeEmpty:
    """The type of LIKE_EMPTY."""


LIKE_EMPTY = _LikeEmpty()
"""In place of a value, when rows are compared: the cell says what an empty cell says. Without its column a row says
nothing, and contradicts no other row."""


class Digests(NamedTuple):
    """What is compared of a row with the same id as another row.

    * `exact`: 16 bytes for all values, with times as instants to the minute.
    * `local`: the same, with times on the clock of the file, because a spreadsheet's copy has lost the offsets and
      keeps that clock. None for a row without times.
    * `seconds`: the seconds of each time, in a fixed order; empty where the file does not show them. See `same_times`.
    * `signs`: the number of leading zeros and plus signs of numbers, less the numbers with an exponent. Of two equal
      rows the one with fewer is a spreadsheet's copy.
    """

    exact: bytes
    local: bytes | None = None
    seconds: str = ""
    signs: int = 0


def same_times(seconds: str, other: str) -> bool:
    """Whether the times of two rows with the same digest are equal, each in the precision of the coarser cell."""
    pairs = zip(seconds.split(NUMBERS_BETWEEN), other.split(NUMBERS_BETWEEN), strict=False)
    return all(first.startswith(second) or second.startswith(first) for first, second in pairs)


def digests_of(values: Mapping[str, Any], cells: Mapping[str, str], zone: ZoneInfo) -> Digests:
    """The digests of a row. `values` are its attributes, `cells` its filled cells, `zone` the clinic's time zone.

    White space and absent values are ignored.
    """
    pieces: list[str] = []
    local_times: list[tuple[int, str]] = []
    seconds: list[str] = []
    signs = 0
    for name in sorted(values):
        value = values[name]
        if value is None or value is LIKE_EMPTY or name == CHANGED:
            continue
        if type(value) is str:
            pieces.append(f"{name}={_text(value)}")
            signs += _signs_of_number(value.strip())
        elif isinstance(value, datetime):
            cell = cells.get(name, "")
            local_times.append((len(pieces), f"{name}={_on_file_clock(value, cell, zone)}"))
            pieces.append(f"{name}={_minute(value.astimezone(UTC))}")
            seconds.append(_seconds(value, cell))
        elif isinstance(value, Link):
            pieces.append(f"{name}={value.ids or _text(value.name or '')}")
        elif isinstance(value, dict | list | tuple):
            pieces.append(f"{name}={_json(value)}")
        elif isinstance(value, Decimal):
            pieces.append(f"{name}={value.normalize():f}")
        else:
            pieces.append(f"{name}={value!r}")
    exact = _digest(pieces)
    for at, piece in local_times:
        pieces[at] = piece
    return Digests(exact, _digest(pieces) if local_times else None, NUMBERS_BETWEEN.join(seconds), signs)


def are_same(value: Any, cell: str, second: Any, second_cell: str, zone: ZoneInfo) -> bool:
    """Whether two cells of one row and one attribute have equal values. None is no value.

    A time without an offset is also equal to a time that its cell shows on the same clock.
    """
    if isinstance(value, Link) and isinstance(second, Link):
        return (set(value.ids), value.name) == (set(second.ids), second.name)
    digests = digests_of({"": value}, {"": cell}, zone)
    others = digests_of({"": second}, {"": second_cell}, zone)
    is_local = isinstance(value, LocalMoment) or isinstance(second, LocalMoment)
    is_equal = digests.exact == others.exact or (is_local and digests.local == others.local)
    return is_equal and same_times(digests.seconds, others.seconds)


def statements_of(
    row: Any,
    instead: Mapping[str, Any],
    columns: Collection[str],
    cells: Mapping[str, str],
    zone: ZoneInfo,
    made_from: Mapping[str, Collection[str]],
) -> Mapping[str, str]:
    """By attribute, the value of a row in comparable form. `instead` replaces values of attributes.

    `made_from` names the attributes from which a value of `instead` is made that is no attribute itself.
    An empty cell is BLANK, and so is `false` if `instead` has no value for the attribute. Attributes without a column
    are left out.
    """
    attributes = {placed.name: placed.column for placed in columns_of(type(row))}
    has_replaced = any(name in columns for name, value in instead.items() if value is None)
    values = {**{name: getattr(row, name) for name in attributes}, **instead}

    def is_told(name: str) -> bool:
        return any(source in columns for source in made_from[name]) if name in made_from else has_replaced

    statements: dict[str, str] = {}
    for name, value in values.items():
        column = attributes.get(name)
        if column is not None and (
            column.is_key or column.disambiguates or (column.name_for and getattr(row, column.name_for))
        ):
            continue  # the key, and names beside a reference
        if value is LIKE_EMPTY:
            if name in columns:
                statements[name] = BLANK
        elif value is not None:
            statements[name] = _statement(value, cells.get(name, ""), zone)
        elif getattr(row, name, None) in (None, False) and (name in columns or (column is None and is_told(name))):
            statements[name] = BLANK
    return statements


def _statement(value: Any, cell: str, zone: ZoneInfo) -> str:
    """References and times in readable form, because they are compared in several ways; a digest of other values."""
    if isinstance(value, Link):
        return f"{ID}{','.join(value.ids)}" if value.ids else f"{NAME}{value.name or ''}"
    if isinstance(value, datetime):
        return f"{_precise(value.astimezone(UTC), cell)}{CLOCK}{_on_file_clock(value, cell, zone)}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = (
        _json(value)
        if isinstance(value, dict | list | tuple)
        else _text(value)
        if isinstance(value, str)
        else f"{value}"
    )
    return _digest([text]).hex()


def _digest(pieces: list[str]) -> bytes:
    return hashlib.blake2b("\x1f".join(pieces).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _on_file_clock(moment: datetime, cell: str, zone: ZoneInfo) -> str:
    """A time to the minute on the clock that the cell shows; on the clinic's clock for a time in UTC."""
    if _SHOWN_CLOCK.fullmatch(cell):
        return f"{cell[:10]} {cell[11:16]}"
    wall = moment.wall if isinstance(moment, LocalMoment) else moment.astimezone(zone)
    return _minute(wall)


def _seconds(moment: datetime, cell: str) -> str:
    """The seconds of a time, such as `07` or `07.250000`; empty for a cell without seconds, such as a serial number."""
    shown = _SECONDS.search(cell)
    if shown is None:
        return ""
    return f"{moment:%S}.{moment.microsecond:06}" if shown[1] else f"{moment:%S}"


def _precise(moment: datetime, cell: str) -> str:
    """A time in the precision of its cell. Of two equal times, one text begins with the other."""
    return f"{_minute(moment)}:{_seconds(moment, cell)}".rstrip(":")


def _minute(moment: datetime) -> str:
    return moment.isoformat(" ")[:16]


def _signs_of_number(text: str) -> int:
    if text[:1] in ("+", "0") and text.lstrip("+").isdigit():
        return len(text) - len(text.lstrip("+0"))
    return -1 if _EXPONENT.fullmatch(text) else 0


def _text(value: str) -> str:
    if value[:1] in "{[" and ("\\u" in value or "\\/" in value):  # other escapes are written alike by all
        try:
            value = _json(json.loads(value))
        except (ValueError, RecursionError):
            return value
    text = "".join(value.split())
    if len(text) <= 5 and text.lower() in _TRUTHS:
        return text.lower()
    if _EXPONENT.fullmatch(text):
        text = mended_digits(text) or text
    if text[:1] in "+0" or text[-2:] == ".0":
        digits = text.removesuffix(".0").lstrip("+0")
        return digits if digits.isdigit() else text
    return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=False, default=str)
