"""Values that no column of this product holds, written by a statement in SQL into one column after the other."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.caspen.tables.column_types import ExactAmount, Moment, Nested
from app.db import UTCDateTime

NO_UTF8 = b"\xff\xfe"
TEXTS: tuple[Any, ...] = (NO_UTF8, "nope", sa.text("CAST(x'ff41' AS TEXT)"))
MOMENTS: tuple[Any, ...] = ("rubbish", 1.5, NO_UTF8)
WHOLE: tuple[Any, ...] = ("x", 1.5, -(2**62))
NUMBERS: tuple[Any, ...] = ("x", NO_UTF8)
FLAGS: tuple[Any, ...] = ("x", 7)
NESTED: tuple[Any, ...] = ("{not JSON", "null", "[]", "{}", "7", '{"x": [1]}', '["x"]')


def impossible_values(column: sa.Column[Any]) -> tuple[Any, ...]:
    """Values that no column of this type, or no column of this name, can hold."""
    kind = column.type
    if isinstance(kind, UTCDateTime | Moment | sa.DateTime | sa.Date):
        return MOMENTS
    if isinstance(kind, sa.JSON | Nested):
        return NESTED
    if isinstance(kind, sa.Boolean):
        return FLAGS
    if isinstance(kind, sa.Integer):
        return WHOLE
    if isinstance(kind, sa.Float | ExactAmount):
        return NUMBERS
    return TEXTS


@contextmanager
def changed(path: Path, table: str, column: str, value: Any) -> Iterator[int]:
    """Writes a value into a column of every row, and restores the old values. Yields the number of changed rows."""
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.text_factory = bytes
        before = connection.execute(f'SELECT rowid, "{column}" FROM "{table}"').fetchall()
        if isinstance(value, sa.TextClause):
            connection.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = {value}')
        else:
            connection.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ?', (value,))
        connection.commit()
        try:
            yield len(before)
        finally:
            told = [(kept.decode("utf-8") if isinstance(kept, bytes) else kept, number) for number, kept in before]
            connection.executemany(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', told)
            connection.commit()
