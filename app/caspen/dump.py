"""Writes a store's records as plain files, one per table, for a person who checks an import by hand."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.caspen.row_codec import Row, TableShape, shape
from app.caspen.statements import at, canonical_columns, stream
from app.caspen.stores import Store
from app.caspen.tables import OBJECTS
from app.caspen.tables.column_types import Moment, Nested

FIRST = ("id", "source_kind", "source_id")


def dump(store: Store, workspace_id: str, folder: Path) -> dict[str, int]:
    """Writes `clients.jsonl` and so on, in the order of ids. Returns the records per table.

    One JSON object per line with the field names of the workspace's objects: times in UTC with `Z`, amounts as text.
    Records that people deleted are left out.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = {}
    for model in OBJECTS:
        to = shape(str(model.__tablename__))
        with (folder / f"{to.name}.jsonl").open("w", encoding="utf-8") as file:
            written[to.name] = 0
            for line in _lines(store, to, workspace_id):
                file.write(line)
                written[to.name] += 1
    return written


def _lines(store: Store, to: TableShape, workspace_id: str) -> Iterator[str]:
    names = (*to.content, *(n for n in to.rest if n in ("created_at", "migration_id")))
    types = {name: to.table.c[name].type for name in names}
    with store.database.connection(reading=True) as connection:
        columns = canonical_columns(connection, to, names)
        where = 'WHERE "workspace_id" = ? AND "deleted_at" IS NULL ORDER BY "id"'
        sql = f"SELECT {columns} FROM {at(store.schema, to.name)} {where}"
        for row in stream(connection, to, sql, (workspace_id,)):
            yield json.dumps(_to_object(types, row), ensure_ascii=False) + "\n"


def _to_object(types: Mapping[str, Any], row: Row) -> Mapping[str, Any]:
    cells = dict(zip(types, row, strict=True))
    values: dict[str, Any] = {name: cells.pop(name) for name in FIRST}
    source, migration = cells.pop("source"), cells.pop("migration_id")
    values["external_ref"] = f"{source}:{values['source_kind']}:{values['source_id']}" if source else None
    values["import_id"] = migration
    for name, cell in cells.items():
        values[name] = _plain(types[name], cell) if isinstance(cell, str) else cell
    return values


def _plain(column: Any, cell: str) -> Any:
    """Parses a nested value. Drops the microseconds of a moment when they are zero."""
    if isinstance(column, Nested):
        return json.loads(cell)
    return cell.replace(".000000Z", "Z") if isinstance(column, Moment) else cell
