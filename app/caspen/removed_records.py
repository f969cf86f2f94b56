"""Removes live records that rows no longer become, keeps each in the journal, and brings them back by an undo.

Loading names these former records in the proofs of a trial's parts (see `former_records`). A record that a person
touched, or to which a record leads that stays, is not removed.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from app.caspen.edit_entries import TOUCHED
from app.caspen.former_records import former_in
from app.caspen.references import values_of
from app.caspen.relied_records import Ids
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import among, as_json, at, batches, change, fetch, ids_there, is_sqlite, lay_out
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import OBJECTS, Reference

SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)
FORMER = "former_records"  # a temporary table of a writing transaction


@dataclass(slots=True)
class Removed:
    """Records that promotion removed, by source kind, and how many it left because a person touched them since."""

    records: Counter[str] = field(default_factory=Counter)
    left: int = 0


def remove_former(sides: Sides, workspace_id: str, migration_id: str, trial: int) -> Removed:
    """Removes the former records that the trial's proofs name. Each is kept in the journal. Repeatable.

    Needs `list_touched` first, and every table of the trial written. A record that the trial itself brings, that a
    person touched, or to which a record leads that stays, is not removed.
    """
    removed = Removed()
    former = former_in(sides.connection, sides.trial, migration_id, trial)
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


def used_former(stores: Stores, trial: Store, workspace_id: str, former: Ids) -> dict[str, dict[str, str]]:
    """The former records that would stay when a trial goes live, because a record leads to them: keys by table and id.

    `former` are the ids that the proofs of the trial's parts name.
    """
    staying: dict[str, dict[str, str]] = {}
    with stores.comparing(trial) as sides:
        going = {table: _given_up(sides, workspace_id, table, ids) for table, ids in former.items()}
        for table, ids in _take_used(sides, workspace_id, going, with_trial=True).items():
            which, given = among(sides.connection, '"id"', sorted(ids))
            sql = f'SELECT "id", "source_id" FROM {at(sides.live, table)} WHERE "workspace_id" = ? AND {which}'
            staying[table] = {str(own): str(key) for own, key in fetch(sides.connection, sql, (workspace_id, given))}
    return staying


def _given_up(sides: Sides, workspace_id: str, table: str, ids: Collection[str]) -> set[str]:
    """The ids among `ids` that the trial itself does not bring."""
    return set(ids) - ids_there(sides.connection, sides.trial, workspace_id, table, ids)


def _take_used(sides: Sides, workspace_id: str, going: dict[str, set[str]], *, with_trial: bool) -> dict[str, set[str]]:
    """Takes the records out of `going` to which a record leads that stays, and their whole notes with them.

    Returns the records that were taken out. `with_trial`: the records of the trial are not live yet.
    """
    taken: dict[str, set[str]] = {}
    relations = [
        (str(model.__tablename__), reference, table)
        for model in OBJECTS
        for reference in model.references
        for table in reference.tables
    ]
    count = -1
    while count < (count := sum(map(len, taken.values()))):
        for by, reference, table in relations:
            targets = going.get(table, set())
            for referrer, target in _leading(sides, workspace_id, by, reference, targets, with_trial):
                if referrer not in going.get(by, ()):
                    targets.discard(target)
                    taken.setdefault(table, set()).add(target)
            for referrer, _ in _leading(sides, workspace_id, by, reference, taken.get(table, ()), with_trial):
                if referrer in going.get(by, ()):
                    going[by].discard(referrer)
                    taken.setdefault(by, set()).add(referrer)
    return taken


def _leading(
    sides: Sides, workspace_id: str, by: str, reference: Reference, ids: Collection[str], with_trial: bool
) -> list[tuple[str, str]]:
    """The records of a table that lead to one of `ids`, each with that id. Records that people deleted are left out."""
    if not ids:
        return []
    pairs: list[tuple[str, str]] = []
    for schema in (sides.trial, sides.live) if with_trial else (sides.live,):
        source, value = values_of(sides.connection, at(schema, by), reference, "other")
        which, given = among(sides.connection, value, sorted(ids))
        sql = (
            f'SELECT other."id", {value} FROM {source} WHERE other."workspace_id" = ? AND other."deleted_at" IS NULL '
            f"AND {which}"
        )
        if with_trial and schema == sides.live:
            own = f'SELECT 1 FROM {at(sides.trial, by)} AS mine WHERE mine."workspace_id" = other."workspace_id"'
            sql += f' AND NOT EXISTS ({own} AND mine."id" = other."id")'
        pairs += [(str(own), str(to)) for own, to in fetch(sides.connection, sql, (workspace_id, given))]
    return pairs


def _list_former(sides: Sides, workspace_id: str, former: Ids, removed: Removed) -> None:
    """Fills a temporary table with the former records that can go."""
    going: dict[str, set[str]] = {}
    for table, ids in former.items():
        mine = _given_up(sides, workspace_id, table, ids)
        which, given = among(sides.connection, '"id"', sorted(mine))
        sql = f'SELECT "id" FROM "{TOUCHED}" WHERE "object" = ? AND {which}'
        touched = {str(row[0]) for row in fetch(sides.connection, sql, (table, given))}
        removed.left += len(touched)
        going[table] = mine - touched
    _take_used(sides, workspace_id, going, with_trial=False)
    lay_out(sides.connection, FORMER, ("object", "id"), key=("object", "id"))
    of_text = "json_array_elements_text(CAST(? AS json)) AS item(value)"
    values = "json_each(?)" if is_sqlite(sides.connection) else of_text
    for table, some in going.items():
        for piece in batches(sorted(some)):
            change(
                sides.connection, f'INSERT INTO "{FORMER}" SELECT ?, value FROM {values}', (table, json.dumps(piece))
            )


def _note_removed(
    sides: Sides, to: TableShape, workspace_id: str, migration_id: str, trial: int, removed: Removed
) -> None:
    """Stores each former record of a table in the journal, before it is removed.

    A record that an earlier migration removed is stored for this migration too: its export says the same.
    """
    row = as_json(sides.connection, to, "live")
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
