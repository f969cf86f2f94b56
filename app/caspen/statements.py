"""The SQL of the row path: writing a part's records in bulk and streaming stored ones back in canonical form."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.caspen.canonical_values import Cell
from app.caspen.row_codec import Row, TableShape
from app.caspen.tables.column_types import ExactAmount, Moment

BATCH = 500
LIGHT, BULKY = 2000, 50  # rows per fetch: a note may have 5 MB
_streams = count(1)
BIG_COLUMNS = frozenset({"body", "content"})


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def at(schema: str, table: str) -> str:
    """A table's full name in SQL."""
    return f'"{schema}"."{table}"'


def refresh_statistics(connection: Connection, schema: str, tables: Iterable[str]) -> None:
    """Lets PostgreSQL count tables after many rows were written; nothing on SQLite.

    Until a background process counts them, PostgreSQL plans each query for the tables as they were: an undo of 17,000
    records took 14 s in place of 1 s.
    """
    for table in () if is_sqlite(connection) else tables:
        connection.exec_driver_sql(f"ANALYZE {at(schema, table)}")


def listed(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)


def upsert_rule(shape: TableShape, keep: Sequence[str] = (), where: str = "") -> str:
    """SQL for a record that already exists: replaced where its content differs; people's marks are kept."""
    kept = {"workspace_id", "id", "version", "edited_at", "edited_by", "deleted_at", *keep}
    changed = ", ".join(f'"{c}" = excluded."{c}"' for c in shape.columns if c not in kept)
    differs = f'"{shape.name}"."content_hash" IS DISTINCT FROM excluded."content_hash"'
    return f'ON CONFLICT ("workspace_id", "id") DO UPDATE SET {changed} WHERE {differs}{where}'


def write(connection: Connection, schema: str, shape: TableShape, rows: Sequence[Row]) -> None:
    """Writes records in bulk, in the caller's transaction. `rows` are in the order of `shape.columns`."""
    into = f"INSERT INTO {at(schema, shape.name)} ({listed(shape.columns)})"
    rule = upsert_rule(shape)
    if is_sqlite(connection):
        rule = rule.replace("IS DISTINCT FROM", "IS NOT")
        marks = ", ".join("?" * len(shape.columns))
        driver(connection).executemany(f"{into} VALUES ({marks}) {rule}", rows)
        return
    with driver(connection).cursor() as cursor:
        cursor.execute("SAVEPOINT fresh")
        try:
            _copy(cursor, at(schema, shape.name), shape, rows)
        except psycopg.errors.UniqueViolation:  # some rows exist already: the slower way, through a temporary table
            cursor.execute("ROLLBACK TO SAVEPOINT fresh")
        else:
            return
        waiting = f'"load_{shape.name}"'
        cursor.execute(
            f"CREATE TEMPORARY TABLE {waiting} ON COMMIT DROP AS "
            f"SELECT {listed(shape.columns)} FROM {at(schema, shape.name)} WITH NO DATA"
        )
        _copy(cursor, waiting, shape, rows)
        cursor.execute(f"{into} SELECT {listed(shape.columns)} FROM {waiting} {rule}")


def _copy(cursor: psycopg.Cursor[Any], table: str, shape: TableShape, rows: Sequence[Row]) -> None:
    with cursor.copy(f"COPY {table} ({listed(shape.columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def driver(connection: Connection) -> Any:
    """The driver's own connection, inside the same transaction."""
    return connection.connection.driver_connection


def canonical_columns(connection: Connection, shape: TableShape, names: Sequence[str], prefix: str = "") -> str:
    """The columns of a SELECT that returns cells in canonical form, except booleans of SQLite: see `stream`."""
    if is_sqlite(connection):
        return listed(names, prefix)
    return ", ".join(_canonical(shape.table.c[name], prefix) for name in names)


def _canonical(column: sa.Column[Any], prefix: str) -> str:
    name = f'{prefix}"{column.name}"'
    if isinstance(column.type, Moment):
        return f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    if isinstance(column.type, ExactAmount):
        return f"trim_scale({name})::text"
    if isinstance(column.type, sa.Date):
        return f"to_char({name}, 'YYYY-MM-DD')"
    return name


def stream(connection: Connection, shape: TableShape, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
    """Streams rows whose first cells are `shape.content`, in canonical form. `?` is a parameter on both databases."""
    if not is_sqlite(connection):
        yield from stream_rows(connection, sql, params, BULKY if BIG_COLUMNS.intersection(shape.content) else LIGHT)
        return
    truths = shape.truths
    cursor = driver(connection).execute(sql, params)
    try:
        for row in cursor:
            cells: list[Cell] = list(row)
            for i in truths:
                if cells[i] is not None:
                    cells[i] = bool(cells[i])
            yield tuple(cells)
    finally:
        cursor.close()


def stream_rows(
    connection: Connection, sql: str, params: Sequence[Any] = (), page: int = BULKY
) -> Iterator[tuple[Any, ...]]:
    """Streams rows in the driver's own form, `page` rows per fetch."""
    if is_sqlite(connection):
        yield from driver(connection).execute(sql, params)
        return
    with driver(connection).cursor(name=f"stream_{next(_streams)}") as cursor:
        cursor.itersize = page
        cursor.execute(sql.replace("?", "%s"), params)
        yield from cursor


def fetch(connection: Connection, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a short result, in the driver's own form. `?` is a parameter on both databases."""
    if is_sqlite(connection):
        return list(driver(connection).execute(sql, params).fetchall())
    with driver(connection).cursor() as cursor:
        cursor.execute(sql.replace("?", "%s"), params)
        return list(cursor.fetchall()) if cursor.description else []


def change(connection: Connection, sql: str, params: Sequence[Any] = ()) -> int:
    """Changes rows and returns their number. `?` is a parameter on both databases."""
    if is_sqlite(connection):
        return int(driver(connection).execute(sql, params).rowcount)
    with driver(connection).cursor() as cursor:
        return int(cursor.execute(sql.replace("?", "%s"), params).rowcount)


def among(connection: Connection, column: str, ids: Sequence[str]) -> tuple[str, Any]:
    """SQL for a column that is one of many values, and its single parameter."""
    if is_sqlite(connection):
        return f"{column} IN (SELECT value FROM json_each(?))", json.dumps(ids)
    return f"{column} = ANY(?)", list(ids)


def ids_there(connection: Connection, schema: str, workspace_id: str, table: str, ids: Iterable[str]) -> set[str]:
    """The ids among `ids` of which the table has a record, also one that is marked as deleted."""
    there: set[str] = set()
    for piece in batches(ids):
        which, given = among(connection, '"id"', piece)
        sql = f'SELECT "id" FROM {at(schema, table)} WHERE "workspace_id" = ? AND {which}'
        there.update(str(record_id) for (record_id,) in fetch(connection, sql, (workspace_id, given)))
    return there


def as_json(connection: Connection, shape: TableShape, name: str) -> str:
    """SQL of a whole record as JSON text, as the journal keeps the record. `name` is the table's alias."""
    if is_sqlite(connection):
        return "json_object(" + ", ".join(f"'{column}', {name}.\"{column}\"" for column in shape.columns) + ")"
    return f"to_json({name})::text"


def batches(items: Iterable[str], size: int = BATCH) -> Iterator[list[str]]:
    """Splits a long list into lists of `size`."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


def lay_out(connection: Connection, table: str, columns: Sequence[str], key: Sequence[str]) -> None:
    """Makes a temporary table of texts for this transaction, or empties it. `key` are the columns of its primary
    key."""
    named = ", ".join(f'"{name}" TEXT' for name in columns)
    keyed = ", ".join(f'"{name}"' for name in key)
    temporary = f'CREATE TEMPORARY TABLE IF NOT EXISTS "{table}" ({named}, PRIMARY KEY ({keyed}))'
    change(connection, temporary if is_sqlite(connection) else f"{temporary} ON COMMIT DROP")
    change(connection, f'DELETE FROM "{table}"')
