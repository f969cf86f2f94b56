"""How Caspen's values are stored: moments, exact amounts and nested values, alike in SQLite and PostgreSQL.

SQLite keeps the text that a content hash is made of, so that verifying a record needs no parsing.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.caspen.canonical_values import exact_text, moment_text, nested_text
from app.stored_value_types import readable


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
