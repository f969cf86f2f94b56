"""Changes to a store behind the product's back: a record changed, removed, added, or referring elsewhere."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.caspen.digests import content_hash
from app.caspen.row_codec import shape
from app.caspen.stores import Store
from app.caspen.tables import BY_NAME, OBJECTS

Alter = Callable[[Store], None]
IDENTITY = frozenset({"id", "source", "source_kind", "source_id"})


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    with store.database.connection(reading=True) as connection:
        found = connection.execute(sa.text(f'SELECT * FROM "{table}" WHERE source_kind IS NOT NULL ORDER BY id'))
        return [dict(row) for row in found.mappings()]


def tables_in(store: Store) -> list[str]:
    """Tables with at least two records."""
    return [name for model in OBJECTS if len(rows_of(store, name := str(model.__tablename__))) > 1]


def write(store: Store, sql: str, **given: Any) -> None:
    with store.database.connection() as connection:
        assert connection.execute(sa.text(sql), given).rowcount == 1


def cell_changed(table: str, column: str, *, hash_too: bool) -> Alter:
    """Changes one cell of one record; with `hash_too` the record's hash is recomputed as well."""

    def alter(store: Store) -> None:
        rows = [row for row in rows_of(store, table) if row[column] is not None]
        row = rows[len(rows) // 2]
        other = next((r[column] for r in rows if r[column] != row[column]), None)
        value = other if other is not None else _other(row[column], truth=_is_truth(table, column))
        new = {**row, column: value}
        new_hash = _hash(table, new) if hash_too else row["content_hash"]
        write(
            store,
            f'UPDATE "{table}" SET "{column}" = :v, content_hash = :h WHERE id = :i',
            v=value,
            h=new_hash,
            i=row["id"],
        )

    return alter


def _other(value: Any, *, truth: bool) -> Any:
    if truth:
        return 1 - value
    return value + 1 if isinstance(value, int) else f"{value}x"


def _is_truth(table: str, column: str) -> bool:
    return shape(table).place(column) in shape(table).truths


def _hash(table: str, row: dict[str, Any]) -> str:
    to = shape(table)
    cells = [row[name] for name in to.content]
    for place in to.truths:
        cells[place] = None if cells[place] is None else bool(cells[place])
    return content_hash(to.content, cells).hex()


def record_removed(table: str) -> Alter:
    def alter(store: Store) -> None:
        write(store, f'DELETE FROM "{table}" WHERE id = :i', i=rows_of(store, table)[1]["id"])

    return alter


def record_added(table: str) -> Alter:
    """Adds a flawless record that belongs to no row of the export."""

    def alter(store: Store) -> None:
        row = rows_of(store, table)[0]
        twin = {**row, "id": row["id"][:-1] + ("0" if row["id"][-1] != "0" else "1"), "source_id": "999999"}
        twin["content_hash"] = _hash(table, twin)
        names = ", ".join(f'"{name}"' for name in twin)
        marks = ", ".join(f":p{n}" for n in range(len(twin)))
        values = {f"p{n}": value for n, value in enumerate(twin.values())}
        write(store, f'INSERT INTO "{table}" ({names}) VALUES ({marks})', **values)

    return alter


def links_swapped(table: str, column: str) -> Alter:
    """Two records are led to each other's."""

    def alter(store: Store) -> None:
        rows = [row for row in rows_of(store, table) if row[column] is not None]
        one = rows[0]
        other = next((row for row in rows if row[column] != one[column]), None)
        targets = (other[column], one[column]) if other else ("nowhere", None)
        for row, target in zip((one, other), targets, strict=True):
            if row is not None:
                new_hash = _hash(table, {**row, column: target})
                sql = f'UPDATE "{table}" SET "{column}" = :v, content_hash = :h WHERE id = :i'
                write(store, sql, v=target, h=new_hash, i=row["id"])

    return alter


def alterations(store: Store) -> Iterator[tuple[str, Alter]]:
    """Every table's: each filled column changed, a record removed and one added, each link swapped."""
    for table in tables_in(store):
        rows = rows_of(store, table)
        links = {reference.column for reference in BY_NAME[table].references if not reference.several}
        for column in shape(table).content:
            filled = [row[column] for row in rows if row[column] is not None]
            if column in IDENTITY or not filled:
                continue
            if column in links:
                yield f"{table}.{column} swapped", links_swapped(table, column)
            else:
                yield f"{table}.{column} changed", cell_changed(table, column, hash_too=False)
                yield f"{table}.{column} changed, with its hash", cell_changed(table, column, hash_too=True)
        yield f"{table}: a record removed", record_removed(table)
        yield f"{table}: a record added", record_added(table)


def byte_flipped(objects: Path, ending: str) -> None:
    """One bit of a stored object."""
    flipped(next(path for path in sorted(objects.rglob("*")) if path.is_file() and ending in str(path)))


def flipped(path: Path, *_: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) * 2 // 3] ^= 1
    path.write_bytes(bytes(body))


def exchanged(path: Path, other: Path, *_: Path) -> None:
    """Exchanges two files, each sealed and whole."""
    mine = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(mine)


def removed(path: Path, *_: Path) -> None:
    path.unlink()


def kept_in(folder: Path) -> list[Path]:
    """The sealed contents of clients' own files below a folder, by their checksum."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and re.fullmatch("[0-9a-f]{64}", path.name))
