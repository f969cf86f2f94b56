"""How Caspen's values are stored: moments, exact amounts and nested values, alike in SQLite and PostgreSQL.

SQLite keeps the text that a content hash is made of, so that verifying a record needs no parsing.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.storable_values import readable

_nested = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


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
    return _nested(value)


def _moment_of(value: Any) -> datetime:
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC)


_as_moment = readable(_moment_of)
_as_amount = readable(Decimal)
_as_nested = readable(json.loads)


class Moment(sa.TypeDecorator[datetime]):
    """An aware UTC moment."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return moment_text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return _as_moment(value)  # type: ignore[no-any-return]  # `readable` is untyped


class ExactAmount(sa.TypeDecorator[Decimal]):
    """An amount of money or a number, with all its digits."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return exact_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else _as_amount(value)


class Nested(sa.TypeDecorator[Any]):
    """A list or an object inside a record, as JSON text with sorted keys."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else nested_text(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else _as_nested(value)
