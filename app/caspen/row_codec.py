"""Each table of a workspace for the row path: its columns in writing order, and how a value becomes text.

A value gets its canonical form once. The same form is hashed, written, and read back to be hashed again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import AutoString

from app.caspen.bookkeeping import IDENTITY, content_columns
from app.caspen.canonical_values import CONVERTERS, Cell, ValueKind
from app.caspen.column_hashes import ColumnHasher, hash_of
from app.caspen.tables import BY_NAME
from app.caspen.tables.column_types import ExactAmount, Moment, Nested

Row = tuple[Cell, ...]

ALIASES = {"activities": "services"}  # one table, two id prefixes


class Unloadable(Exception):
    """A record does not fit its table. Names the column, never the value."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(f"{table}.{column} cannot hold what mapping made")
        self.table = table
        self.column = column


def _value_kind(column: sa.Column[Any]) -> ValueKind:
    by_type: tuple[tuple[type[Any] | tuple[type[Any], ...], ValueKind], ...] = (
        (Moment, ValueKind.MOMENT),
        (ExactAmount, ValueKind.EXACT),
        (Nested, ValueKind.NESTED),
        (sa.Boolean, ValueKind.TRUTH),
        (sa.Integer, ValueKind.WHOLE),
        (sa.Date, ValueKind.DAY),
        ((sa.String, AutoString), ValueKind.TEXT),
    )
    return next(kind for column_type, kind in by_type if isinstance(column.type, column_type))


def _default(table: str, column: sa.Column[Any]) -> Any:
    field = BY_NAME[table].model_fields.get(column.key) or BY_NAME[table].model_fields.get(f"{column.key}_")
    return None if field is None or field.is_required() else field.get_default(call_default_factory=True)


@dataclass(frozen=True)
class TableShape:
    """One table for the row path: `content` columns, by sorted name, make the content hash; `rest` follow."""

    name: str
    table: sa.Table
    content: tuple[str, ...]
    rest: tuple[str, ...]
    slots: Mapping[str, tuple[int, Callable[[Any], Cell]]]  # a column's index in `content`, and its converter
    absent: Row  # the content of a record without values: defaults
    needed: tuple[int, ...]  # indexes of columns that may not be null
    truths: tuple[int, ...]  # indexes of booleans in `content`

    @property
    def columns(self) -> tuple[str, ...]:
        return self.content + self.rest

    def is_nested(self, column: str) -> bool:
        """Whether a column holds JSON."""
        return isinstance(self.table.c[column].type, Nested)

    def place(self, column: str) -> int:
        """A column's index in `content`."""
        return self.slots[column][0]

    def cells(self, values: Mapping[str, Any], identity: Mapping[str, str]) -> Row:
        """A record's content in canonical form, with defaults. Raises Unloadable when the record does not fit the
        table."""
        cells = list(self.absent)
        column = "?"
        try:
            for given in (values, identity):
                for column, value in given.items():
                    place, convert = self.slots[column]
                    cells[place] = None if value is None else convert(value)
            missing = [place for place in self.needed if cells[place] is None]
            column = self.content[missing[0]] if missing else ""
        except (TypeError, ValueError, AttributeError, KeyError):
            pass  # raised below, without the original message, which may quote the value
        if column:
            raise Unloadable(self.name, column)
        return tuple(cells)

    def hasher(self) -> ColumnHasher:
        """The hashes of this table's content columns, without the record's identity."""
        names = [name for name in self.content if name not in IDENTITY]
        defaults = {name: self.absent[self.place(name)] for name in names}
        return ColumnHasher(
            {name: _value_kind(self.table.c[name]) for name in names},
            {name: hash_of(cell) for name, cell in defaults.items() if cell is not None},
        )


@cache
def shape(name: str) -> TableShape:
    """The shape of a table by its plural name."""
    model = BY_NAME[ALIASES.get(name, name)]
    table: sa.Table = model.metadata.tables[str(model.__tablename__)]
    content = content_columns(model)
    slots = {name: (place, CONVERTERS[_value_kind(table.c[name])]) for place, name in enumerate(content)}
    defaults = [_default(table.name, table.c[name]) for name in content]
    return TableShape(
        table.name,
        table,
        content,
        tuple(c.name for c in table.columns if c.name not in content),
        slots,
        tuple(None if v is None else slots[n][1](v) for n, v in zip(content, defaults, strict=True)),
        tuple(place for place, n in enumerate(content) if not table.c[n].nullable),
        tuple(place for place, n in enumerate(content) if isinstance(table.c[n].type, sa.Boolean)),
    )
