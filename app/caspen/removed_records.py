"""Removes live records that rows no longer become, keeps each in the journal, and brings them back by an undo.

Loading names these former records in the proofs of a trial's parts (see `former_records`). A record that a person
touched, or to which a record leads that stays, is not removed.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from app.caspen.edits import not_deleted, untouched
from app.caspen.fences import loaded_parts
from app.caspen.references import values_of
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import at, batches, change, fetch, is_sqlite, lay_out
from app.caspen.stores import Sides
from app.caspen.tables import OBJECTS

SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)
FORMER = "former_records"  # a temporary table of a writing transaction


@dataclass(slots=True)
class Removed:
    """Records that promotion removed, by source kind, and those that it had to leave, by table."""

    records: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


def remove_former(sides: Sides, workspace_id: str, migration_id: str, trial: int) -> Removed:
    """Removes the former records that the trial's proofs name. Each is kept in the journal. Repeatable.

    Needs `list_touched` first, and every table of the trial written. A record that the trial itself brings, that a
    person touched, or to which a record leads that stays, is not removed.
    """
    removed = Removed()
    parts = loaded_parts(sides.connection, sides.trial, migration_id, trial) or {}
    former: dict[str, set[str]] = {}
    for part in parts.values():
        for table, ids in part.former.items():
            former.setdefault(table, set()).update(ids)
    if not former:
        return removed
    _list_former(sides, workspace_id, former, removed)
    for to in SHAPES:
        _note_removed(sides, to, workspace_id, migration_id, trial, removed)
    for to in reversed(SHAPES):
        sql = (
            f'DELETE FROM {at(sides.live, to.name)} WHERE "workspace_id" = ? AND "id" IN '
            f'(SELECT "id" FROM "{FORMER}" WHERE "object" = \'{to.name}\')'
        )
        change(sides.connection, sql, (workspace_id,))
    return removed


def _list_former(sides: Sides, workspace_id: str, former: Mapping[str, Collection[str]], removed: Removed) -> None:
    """Fills a temporary table with the former records that can go."""
    lay_out(sides.connection, FORMER, ("object", "id"), key=("object", "id"))
    values = (
        "json_each(?)" if is_sqlite(sides.connection) else "json_array_elements_text(CAST(? AS json)) AS item(value)"
    )
    for table, ids in former.items():
        for piece in batches(sorted(ids)):
            given = json.dumps(piece)
            change(sides.connection, f'INSERT INTO "{FORMER}" SELECT ?, value FROM {values}', (table, given))
    for to in SHAPES:
        if to.name not in former:
            continue
        mine = f'"{FORMER}"."object" = \'{to.name}\''
        brought = (
            f'DELETE FROM "{FORMER}" WHERE {mine} AND "id" IN '
            f'(SELECT "id" FROM {at(sides.trial, to.name)} WHERE "workspace_id" = ?)'
        )
        change(sides.connection, brought, (workspace_id,))
        touched = f'DELETE FROM "{FORMER}" WHERE {mine} AND NOT {untouched(to, FORMER)}'
        removed.left[to.name] += change(sides.connection, touched)
    while sum(_keep_used(sides, workspace_id, table, removed) for table in former):
        pass  # a record that stays may lead to another former record


def _keep_used(sides: Sides, workspace_id: str, table: str, removed: Removed) -> int:
    """Takes the former records out to which a record leads that stays. Returns their number."""
    kept = 0
    for model in OBJECTS:
        by = shape(str(model.__tablename__))
        for reference in model.references:
            if table not in reference.tables:
                continue
            source, value = values_of(sides.connection, at(sides.live, by.name), reference, "other")
            sql = (
                f'DELETE FROM "{FORMER}" WHERE "object" = ? AND "id" IN (SELECT {value} FROM {source} '
                f'WHERE other."workspace_id" = ? AND {value} IN (SELECT "id" FROM "{FORMER}" WHERE "object" = ?) '
                f'AND {not_deleted(by, "other")} AND NOT EXISTS (SELECT 1 FROM "{FORMER}" AS going '
                f'WHERE going."object" = \'{by.name}\' AND going."id" = other."id"))'
            )
            kept += change(sides.connection, sql, (table, workspace_id, table))
    removed.left[table] += kept
    return kept


def _note_removed(
    sides: Sides, to: TableShape, workspace_id: str, migration_id: str, trial: int, removed: Removed
) -> None:
    """Stores each former record of a table in the journal, before it is removed.

    A record that an earlier migration removed is stored for this migration too: its export says the same.
    """
    if is_sqlite(sides.connection):
        row = "json_object(" + ", ".join(f"'{name}', live.\"{name}\"" for name in to.columns) + ")"
    else:
        row = "to_json(live)::text"
    going = f'"{FORMER}" AS going ON going."object" = \'{to.name}\' AND going."id" = live."id"'
    live = f'{at(sides.live, to.name)} AS live JOIN {going} WHERE live."workspace_id" = ?'
    journal, noted = at(sides.live, "journal"), at(sides.live, "removed_records")
    names = '"workspace_id", "migration_id", "object", "id", "trial", "row"'
    columns = '"workspace_id", "object", "id", "migration_id", "source_kind", "source_id"'
    connection = sides.connection
    counted = f'SELECT live."source_kind", count(*) FROM {live} GROUP BY 1'
    for kind, count in fetch(connection, counted, (workspace_id,)):
        removed.records[str(kind)] += int(count)
    kept = (
        f'INSERT INTO {journal} ({names}) SELECT live."workspace_id", ?, \'{to.name}\', live."id", ?, {row} '
        f"FROM {live} ON CONFLICT DO NOTHING"
    )
    change(connection, kept, (migration_id, trial, workspace_id))
    new = (
        f'INSERT INTO {noted} ({columns}) SELECT live."workspace_id", \'{to.name}\', live."id", ?, '
        f'live."source_kind", live."source_id" FROM {live} ON CONFLICT DO NOTHING'
    )
    change(connection, new, (migration_id, workspace_id))
    before = (
        f'{noted} AS old JOIN "{FORMER}" AS going ON going."object" = old."object" AND going."id" = old."id" '
        f'WHERE old."workspace_id" = ? AND old."object" = \'{to.name}\' AND old."migration_id" <> ? '
        f"AND NOT EXISTS (SELECT 1 FROM {at(sides.live, to.name)} AS live "
        'WHERE live."workspace_id" = old."workspace_id" AND live."id" = old."id")'
    )
    journals = (
        f'INSERT INTO {journal} ({names}) SELECT kept."workspace_id", ?, kept."object", kept."id", ?, kept."row" '
        f'FROM {journal} AS kept JOIN (SELECT old."workspace_id", old."object", old."id", old."migration_id" '
        f'FROM {before}) AS gone ON gone."workspace_id" = kept."workspace_id" AND gone."object" = kept."object" '
        'AND gone."id" = kept."id" AND gone."migration_id" = kept."migration_id" WHERE TRUE ON CONFLICT DO NOTHING'
    )
    change(connection, journals, (migration_id, trial, workspace_id, migration_id))
    again = (
        f'INSERT INTO {noted} ({columns}) SELECT old."workspace_id", old."object", old."id", ?, old."source_kind", '
        f'old."source_id" FROM {before} ON CONFLICT DO NOTHING'
    )
    change(connection, again, (migration_id, workspace_id, migration_id))


def restore_removed(connection: Connection, schema: str, to: TableShape, workspace_id: str, migration_id: str) -> int:
    """Brings the removed records of a migration back, before its journal is deleted. Returns their number.

    A record that another migration removed too stays away. A later migration that has brought the record again keeps
    its own, and its journal gets the older state.
    """
    columns = [name for name in to.columns if name != "workspace_id"]
    names = ", ".join(f'"{name}"' for name in columns)
    journal, noted = at(schema, "journal"), at(schema, "removed_records")
    if is_sqlite(connection):
        cells = ", ".join(f'json_extract(old."row", \'$."{name}"\')' for name in columns)
        parsed = f"{journal} AS old"
    else:
        cells = ", ".join(f'parsed."{name}"' for name in columns)
        parsed = (
            f'{journal} AS old CROSS JOIN LATERAL json_populate_record(NULL::{at(schema, to.name)}, old."row"::json) '
            "AS parsed"
        )
    mine = (
        f'old."workspace_id" = ? AND old."migration_id" = ? AND old."object" = \'{to.name}\' AND EXISTS (SELECT 1 '
        f'FROM {noted} AS gone WHERE gone."workspace_id" = old."workspace_id" AND gone."object" = old."object" '
        'AND gone."id" = old."id" AND gone."migration_id" = old."migration_id")'
    )
    handed = (
        f'INSERT INTO {journal} ("workspace_id", "migration_id", "object", "id", "trial", "row") '
        'SELECT old."workspace_id", live."migration_id", old."object", old."id", old."trial", old."row" '
        f'FROM {journal} AS old JOIN {at(schema, to.name)} AS live ON live."workspace_id" = old."workspace_id" '
        f'AND live."id" = old."id" WHERE {mine} AND live."migration_id" <> ? ON CONFLICT DO NOTHING'
    )
    change(connection, handed, (workspace_id, migration_id, migration_id))
    sql = (
        f'INSERT INTO {at(schema, to.name)} ("workspace_id", {names}) SELECT old."workspace_id", {cells} FROM {parsed} '
        f'WHERE {mine} AND NOT EXISTS (SELECT 1 FROM {noted} AS other WHERE other."workspace_id" = old."workspace_id" '
        'AND other."object" = old."object" AND other."id" = old."id" AND other."migration_id" <> old."migration_id") '
        "ON CONFLICT DO NOTHING"
    )
    return change(connection, sql, (workspace_id, migration_id))


def forget_removed(connection: Connection, schema: str, workspace_id: str, migration_id: str) -> None:
    """Deletes the list of what a migration removed, after its undo or when the undo has expired. Repeatable."""
    sql = f'DELETE FROM {at(schema, "removed_records")} WHERE "workspace_id" = ? AND "migration_id" = ?'
    change(connection, sql, (workspace_id, migration_id))
