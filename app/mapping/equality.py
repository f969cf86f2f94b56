"""Whether two rows with the same key have equal values: equal rows have equal digests.

The values that mapping uses are compared, not their spelling. A clinic may hand over an export and a copy that a
spreadsheet saved. The copy has lost offsets, seconds and leading zeros, has `TRUE` for `true`, and another order of
columns.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.mapping.cells import mended_digits
from app.mapping.columns import Link, columns_of
from app.mapping.moments import LocalMoment

BLANK = ""
ID, NAME = "id:", "name:"  # before a reference by id and by name
CLOCK = "\x1f"  # between the time on the clinic's clock and on the file's
_EXPONENT = re.compile(r"\d[.,]\d{5,17}[Ee]\+?\d\d?")
_TRUTHS = frozenset({"true", "false", "yes", "no"})


def digests_of(values: Mapping[str, Any], cells: Mapping[str, str], zone: ZoneInfo) -> tuple[bytes, bytes | None]:
    """Two digests of 16 bytes. `values` are a row's attributes, `cells` its filled cells, `zone` the clinic's zone.

    The first compares times as instants, to the minute. The second compares times on the clock of the file, because a
    spreadsheet's copy has lost the offsets and keeps that clock. None if both digests are equal. White space and absent
    values are ignored.
    """
    pieces: list[str] = []
    file_times: list[tuple[int, str]] = []
    for name in sorted(values):
        value = values[name]
        if value is None:
            continue
        if type(value) is str:
            pieces.append(f"{name}={_text(value)}")
        elif isinstance(value, datetime):
            in_clinic, in_file = _minutes(value, cells.get(name, ""), zone)
            if in_file != in_clinic:
                file_times.append((len(pieces), f"{name}={in_file}"))
            pieces.append(f"{name}={in_clinic}")
        elif isinstance(value, Link):
            pieces.append(f"{name}={value.ids or _text(value.name or '')}")
        elif isinstance(value, dict | list | tuple):
            pieces.append(f"{name}={_json(value)}")
        elif isinstance(value, Decimal):
            pieces.append(f"{name}={value.normalize():f}")
        else:
            pieces.append(f"{name}={value!r}")
    exact = _digest(pieces)
    for at, piece in file_times:
        pieces[at] = piece
    return exact, _digest(pieces) if file_times else None


def statements_of(
    row: Any, instead: Mapping[str, Any], columns: Collection[str], cells: Mapping[str, str], zone: ZoneInfo
) -> Mapping[str, str]:
    """By attribute, the value of a row in comparable form. `instead` replaces values of attributes.

    An empty cell is BLANK, and so is `false` if `instead` has no value for the attribute. Attributes without a column
    are left out.
    """
    attributes = {placed.name: placed.column for placed in columns_of(type(row))}
    has_replaced = any(name in columns for name, value in instead.items() if value is None)
    values = {**{name: getattr(row, name) for name in attributes}, **instead}
    statements: dict[str, str] = {}
    for name, value in values.items():
        column = attributes.get(name)
        if column is not None and (
            column.is_key or column.disambiguates or (column.name_for and getattr(row, column.name_for))
        ):
            continue  # the key, and names beside a reference
        if value is not None:
            statements[name] = _statement(value, cells.get(name, ""), zone)
        elif getattr(row, name, None) in (None, False) and (name in columns or (column is None and has_replaced)):
            statements[name] = BLANK
    return statements


def _statement(value: Any, cell: str, zone: ZoneInfo) -> str:
    """References and times in readable form, because they are compared in several ways; a digest of other values."""
    if isinstance(value, Link):
        return f"{ID}{','.join(value.ids)}" if value.ids else f"{NAME}{value.name or ''}"
    if isinstance(value, datetime):
        return CLOCK.join(_minutes(value, cell, zone))
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


def _minutes(moment: datetime, cell: str, zone: ZoneInfo) -> tuple[str, str]:
    """A time to the minute on the clinic's clock, and on the file's own clock if the cell shows one."""
    wall = moment.wall if isinstance(moment, LocalMoment) else moment.astimezone(zone)
    in_clinic = wall.isoformat(" ")[:16]
    return in_clinic, cell[:16] if len(cell) == 25 and cell[19] == " " else in_clinic


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
