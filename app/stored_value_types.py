"""Checks every value that is read from SQLite against its column's type.

SQLite stores any value that a statement writes, even a text in a column of moments. PostgreSQL checks by itself.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from app.changed_values import ValueChanged

Read = Callable[[Any], Any]


def readable(read: Read | None) -> Read:
    """Wraps a conversion, so that it raises ValueChanged for a value that cannot be converted."""

    def convert(value: Any) -> Any:
        try:
            return read(value) if read is not None else value
        except (ValueError, TypeError, AttributeError, ArithmeticError):
            raise ValueChanged("a value of another type") from None

    return convert


def _of(*kinds: type) -> Read:
    def check(value: Any) -> Any:
        if value is not None and not isinstance(value, kinds):
            raise ValueChanged("a value of another type")
        return value

    return check


_is_text, _is_whole, _is_number = _of(str), _of(int), _of(int, float)


def _is_flag(value: Any) -> bool | None:
    if value not in (None, 0, 1):
        raise ValueChanged("a value of another type")
    return None if value is None else bool(value)


class _Text(sa.String):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        return _is_text


class _Whole(sa.Integer):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        return _is_whole


class _Number(sa.Float[Any]):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        return _is_number


class _Flag(sa.Boolean):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        return _is_flag


class _Moment(sqlite.DATETIME):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        return readable(super().result_processor(dialect, coltype))


class _Day(sqlite.DATE):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        return readable(super().result_processor(dialect, coltype))


class _Json(sqlite.JSON):
    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Read:
        read = super().result_processor(dialect, coltype)

        def convert(value: Any) -> Any:  # SQLite turns a numeric text into a number
            return value if isinstance(value, int | float) or read is None else read(value)

        return readable(convert)


CHECKED = {
    sa.String: _Text,
    sa.Integer: _Whole,
    sa.Float: _Number,
    sa.Boolean: _Flag,
    sa.DateTime: _Moment,
    sa.Date: _Day,
    sa.JSON: _Json,
}
"""The checked type for each column type."""


def checking(dialect: sa.Dialect) -> sa.Dialect:
    """The same SQLite dialect, with a check of every value that a typed statement reads."""
    dialect.colspecs = {**dialect.colspecs, **CHECKED}
    return dialect
