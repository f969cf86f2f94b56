"""Values that no column of this product holds, written by a statement in SQL into one column after the other.

SQLite stores any value in any column. PostgreSQL stores only values of the column's type.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.caspen.tables.column_types import ExactAmount, Moment, Nested
from app.db import Database, UTCDateTime

NO_UTF8 = b"\xff\xfe"
TEXTS: tuple[Any, ...] = (NO_UTF8, "nope", sa.text("CAST(x'ff41' AS TEXT)"))
MOMENTS: tuple[Any, ...] = ("rubbish", 1.5, NO_UTF8)
WHOLE: tuple[Any, ...] = ("x", 1.5, -(2**62))
NUMBERS: tuple[Any, ...] = ("x", NO_UTF8)
FLAGS: tuple[Any, ...] = ("x", 7)
NOT_JSON = "{not JSON"
NESTED: tuple[Any, ...] = (NOT_JSON, "null", "[]", "{}", "7", '{"x": [1]}', '["x"]')

TEXTS_OF_POSTGRES: tuple[Any, ...] = ("nope", "")
MOMENTS_OF_POSTGRES: tuple[Any, ...] = ("infinity", "-infinity", "0044-03-15 12:00:00+00 BC")
WHOLE_OF_POSTGRES: tuple[Any, ...] = (-(2**31), 2**31 - 1)
NUMBERS_OF_POSTGRES: tuple[Any, ...] = ("NaN", "Infinity", "-Infinity")


def impossible_values(column: sa.Column[Any], database: Database) -> tuple[Any, ...]:
    """Values that the database stores, but that no column of this type or of this name can hold."""
    kind, on_files = column.type, database.is_sqlite
    if isinstance(kind, UTCDateTime | Moment | sa.DateTime):
        return MOMENTS if on_files else MOMENTS_OF_POSTGRES
    if isinstance(kind, Nested):
        return NESTED
    if isinstance(kind, sa.JSON):
        return NESTED if on_files else tuple(value for value in NESTED if value != NOT_JSON)
    if isinstance(kind, sa.Boolean):
        return FLAGS if on_files else ()
    if isinstance(kind, sa.Integer):
        return WHOLE if on_files else WHOLE_OF_POSTGRES
    if isinstance(kind, sa.Float | ExactAmount):
        return NUMBERS if on_files else NUMBERS_OF_POSTGRES
    if isinstance(kind, sa.Date):
        return MOMENTS if on_files else MOMENTS_OF_POSTGRES[:2]
    return TEXTS if on_files else TEXTS_OF_POSTGRES


@contextmanager
def changed(database: Database, table: sa.Table, column: str, value: Any, schema: str | None = None) -> Iterator[int]:
    """Writes a value into a column of every row, and restores the old values. Yields the number of changed rows.

    Rows whose values must differ from each other get the value once.
    """
    place = f'"{schema}"."{table.name}"' if schema else f'"{table.name}"'
    same_row = " AND ".join(f'kept."{key.name}" = {place}."{key.name}"' for key in table.primary_key)
    with database.engine.connect() as connection:
        with connection.begin():
            connection.exec_driver_sql(f"CREATE TEMP TABLE kept AS SELECT * FROM {place}")
            rows: int = connection.exec_driver_sql("SELECT count(*) FROM kept").scalar_one()
        try:
            _write(connection, place, table, column, value)
            yield rows
        finally:
            old = f'SELECT kept."{column}" FROM kept WHERE {same_row}'
            with connection.begin():
                connection.exec_driver_sql(f'UPDATE {place} SET "{column}" = ({old})')
                connection.exec_driver_sql("DROP TABLE kept")


def _write(connection: Connection, place: str, table: sa.Table, column: str, value: Any) -> None:
    written = str(value) if isinstance(value, sa.TextClause) else ":value"
    given = {} if isinstance(value, sa.TextClause) else {"value": value}
    if connection.dialect.name == "sqlite":
        with connection.begin():
            sql = f'UPDATE OR IGNORE {place} SET "{column}" = {written}'
            connection.execute(sa.text(sql), given)
        return
    sql = f'UPDATE {place} SET "{column}" = {written}'
    try:
        with connection.begin():
            connection.execute(sa.text(sql), given)
    except sa.exc.IntegrityError:
        with connection.begin():
            connection.execute(sa.text(f"{sql} WHERE ctid = (SELECT min(ctid) FROM {place})"), given)
