"""The canonical form of a value that Caspen stores: the same on every database, and the form that is hashed.

Knows no table, so that a limited process can hash what it maps.
"""

import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

Cell = str | int | bool | None  # a value in its canonical form


class ValueKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    TRUTH = "truth"
    DAY = "day"
    MOMENT = "moment"
    EXACT = "exact"
    NESTED = "nested"


_sorted_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def moment_text(value: datetime) -> str:
    """A moment as fixed-width UTC text, which sorts as time does: `2024-02-29T03:00:00.000000Z`."""
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("a moment needs an offset")
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:-6] + "Z"


def exact_text(value: Decimal | int) -> str:
    """An amount without exponent and without trailing zeros: `80`, `12.5`."""
    text = format(Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def nested_text(value: Any) -> str:
    """A nested value as JSON with sorted keys."""
    return _sorted_json(value)


def _text(value: Any) -> str:
    if type(value) is not str:
        value = str.__str__(value)  # the value of an enumeration; raises TypeError for other types
    if "\0" in value:
        raise ValueError  # PostgreSQL cannot hold it, so every database refuses it
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def _whole(value: Any) -> int:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise TypeError
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _day(value: Any) -> str:
    if type(value) is not date:
        raise TypeError
    return value.isoformat()


def _moment(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError
    return moment_text(value)


def _exact(value: Any) -> str:
    if not isinstance(value, Decimal | int) or (isinstance(value, Decimal) and not value.is_finite()):
        raise TypeError
    return exact_text(value)


def _nested(value: Any) -> str:
    text = nested_text(value)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


CONVERTERS: Mapping[ValueKind, Callable[[Any], Cell]] = {
    ValueKind.TEXT: _text,
    ValueKind.WHOLE: _whole,
    ValueKind.TRUTH: _truth,
    ValueKind.DAY: _day,
    ValueKind.MOMENT: _moment,
    ValueKind.EXACT: _exact,
    ValueKind.NESTED: _nested,
}
"""The canonical form of a value by the kind of its column. Each raises TypeError, ValueError or AttributeError."""
