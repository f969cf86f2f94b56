"""Each object of a workspace as the row path needs it: its columns in writing order and how a value becomes text.

A value is turned into its canonical form once. The same form is hashed, written, and read back to be hashed again.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import AutoString

from app.caspen.tables import BY_NAME
from app.caspen.tables.columns import Exact, Moment, Nested, exact_text, moment_text, nested_text

Cell = str | int | bool | None  # a value in its canonical form
Row = tuple[Cell, ...]

OUTSIDE_CONTENT = frozenset(
    {"workspace_id", "migration_id", "part", "line", "content_hash", "imported_at"}  # the import's own
    | {"version", "edited_at", "edited_by", "deleted_at"}  # people's
)
ALIASES = {"activities": "services"}  # one table, two prefixes of ids


class Unloadable(Exception):  # noqa: N818 - reads as a claim
    """A record does not fit its table. Names the column, never the value."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(f"{table}.{column} cannot hold what mapping made")
        self.table = table
        self.column = column


def _text(value: Any) -> str:
    if type(value) is not str:
        value = str.__str__(value)  # an enumeration's word; anything that is no text is refused
    if "\0" in value:
        raise ValueError  # PostgreSQL cannot hold it; what one database refuses, all refuse
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


def _canonical(column: sa.Column[Any]) -> Callable[[Any], Cell]:
    by_type: tuple[tuple[type[Any] | tuple[type[Any], ...], Callable[[Any], Cell]], ...] = (
        (Moment, _moment),
        (Exact, _exact),
        (Nested, _nested),
        (sa.Boolean, _truth),
        (sa.Integer, _whole),
        (sa.Date, _day),
        ((sa.String, AutoString), _text),
    )
    return next(convert for kind, convert in by_type if isinstance(column.type, kind))


def _default(table: str, column: sa.Column[Any]) -> Any:
    field = BY_NAME[table].model_fields.get(column.key) or BY_NAME[table].model_fields.get(f"{column.key}_")
    return None if field is None or field.is_required() else field.get_default(call_default_factory=True)


@dataclass(frozen=True)
class Shape:
    """One table for the row path: `content` columns, by sorted name, make the content hash; `rest` follow."""

    name: str
    table: sa.Table
    content: tuple[str, ...]
    rest: tuple[str, ...]
    own: frozenset[str]  # what a mapped record may give
    steps: tuple[tuple[str, Any, Callable[[Any], Cell], bool], ...]  # name, default, canonical form, may be null
    truths: tuple[int, ...]  # where booleans stand in `content`

    @property
    def columns(self) -> tuple[str, ...]:
        return self.content + self.rest

    def cells(self, values: Mapping[str, Any]) -> Row:
        """A record's content in canonical form, defaults filled in; Unloadable when a value does not fit."""
        get = values.get
        try:
            return tuple([None if (v := get(n, d)) is None else f(v) for n, d, f, _ in self.steps])
        except (TypeError, ValueError, AttributeError):
            column = self._first_misfit(values)
        raise Unloadable(self.name, column)

    def _first_misfit(self, values: Mapping[str, Any]) -> str:
        for name, default, convert, _ in self.steps:
            value = values.get(name, default)
            try:
                if value is not None:
                    convert(value)
            except (TypeError, ValueError, AttributeError):
                return name
        return "?"

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuses a record with a column that the table lacks, or without one that it needs."""
        if not values.keys() <= self.own:
            raise Unloadable(self.name, min(values.keys() - self.own))
        for name, default, _, may_be_null in self.steps:
            if not may_be_null and name in self.own and values.get(name, default) is None:
                raise Unloadable(self.name, name)


@cache
def shape(name: str) -> Shape:
    """The shape of a table by its plural name."""
    model = BY_NAME[ALIASES.get(name, name)]
    table: sa.Table = model.metadata.tables[str(model.__tablename__)]
    outside = OUTSIDE_CONTENT | model.outside_content
    content = tuple(sorted(c.name for c in table.columns if c.name not in outside))
    rest = tuple(c.name for c in table.columns if c.name in outside)
    own = frozenset(c.name for c in table.columns) - OUTSIDE_CONTENT - {"id", "source", "source_kind", "source_id"}
    steps = tuple(
        (n, _default(table.name, table.c[n]), _canonical(table.c[n]), bool(table.c[n].nullable)) for n in content
    )
    truths = tuple(i for i, n in enumerate(content) if isinstance(table.c[n].type, sa.Boolean))
    return Shape(table.name, table, content, rest, own, steps, truths)
