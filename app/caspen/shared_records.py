"""Records that two live migrations hold: the earlier brought them, the later found them unchanged or matched them.

When the earlier migration is undone, the later one becomes their migration. When the later one has replaced such a
record, its journal is changed instead, so that its own undo restores nothing of an undone migration.
"""

from collections import Counter
from collections.abc import Collection

from sqlalchemy.engine import Connection

from app.caspen.edit_entries import list_touched, untouched
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import among, at, change, fetch, is_sqlite, lay_out
from app.caspen.stores import Sides, Stores
from app.caspen.tables import OBJECTS

HEIRS = "heirs_of_records"  # a temporary table of a writing transaction
_SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)


def keep_shared(
    sides: Sides, to: TableShape, workspace_id: str, migration_id: str, moment: str, matched: Collection[str] = ()
) -> None:
    """Stores each record of the trial that another migration brought, after the trial's records were copied.

    `matched` are ids of live records that stand for rows of the export, without a record in the trial. A second call
    replaces the rows of the first. Needs `list_touched` first.
    """
    shared = at(sides.live, "shared_records")
    forget = f'DELETE FROM {shared} WHERE "workspace_id" = ? AND "migration_id" = ? AND "object" = \'{to.name}\''
    change(sides.connection, forget, (workspace_id, migration_id))
    is_matched, ids = among(sides.connection, 'live."id"', sorted(matched))
    sql = (
        f'INSERT INTO {shared} ("workspace_id", "object", "id", "migration_id", "brought_by", "moment") '
        f'SELECT live."workspace_id", \'{to.name}\', live."id", ?, live."migration_id", ? '
        f'FROM {at(sides.live, to.name)} AS live WHERE live."workspace_id" = ? AND live."migration_id" <> ? '
        f"AND {untouched(to, 'live')} AND ({is_matched} OR EXISTS (SELECT 1 FROM {at(sides.trial, to.name)} AS record "
        'WHERE record."workspace_id" = live."workspace_id" AND record."id" = live."id"))'
    )
    change(sides.connection, sql, (migration_id, moment, workspace_id, migration_id, ids))


def count_kept_by_later(stores: Stores, workspace_id: str, migration_id: str) -> int:
    """How many records an undo of this migration would keep, because a later live migration holds them."""
    live, kept = stores.live, 0
    with live.database.connection(reading=True) as connection:
        list_touched(connection, live.schema, workspace_id)
        for to in _SHAPES:
            sql = (
                f'SELECT count(*) FROM {at(live.schema, to.name)} AS record WHERE record."workspace_id" = ? '
                f'AND record."migration_id" = ? AND {untouched(to, "record")} AND EXISTS (SELECT 1 FROM '
                f'{at(live.schema, "shared_records")} AS shared WHERE shared."workspace_id" = record."workspace_id" '
                f'AND shared."object" = \'{to.name}\' AND shared."id" = record."id" AND shared."brought_by" = ?)'
            )
            kept += int(fetch(connection, sql, (workspace_id, migration_id, migration_id))[0][0])
            kept += _count_replaced(connection, live.schema, to, workspace_id, migration_id)
    return kept


def later_journals(connection: Connection, schema: str, workspace_id: str, migration_id: str) -> list[str]:
    """The other migrations whose journal an undo of this migration may change."""
    sql = (
        f'SELECT DISTINCT "migration_id" FROM {at(schema, "journal")} WHERE "workspace_id" = ? AND "migration_id" <> ? '
        f'UNION SELECT DISTINCT "migration_id" FROM {at(schema, "shared_records")} '
        'WHERE "workspace_id" = ? AND "brought_by" = ?'
    )
    return sorted(
        str(row[0]) for row in fetch(connection, sql, (workspace_id, migration_id, workspace_id, migration_id))
    )


def hand_over(connection: Connection, schema: str, workspace_id: str, migration_id: str) -> Counter[str]:
    """Gives shared records to later migrations, before `migration_id` is undone. Returns the kept records by table.

    Needs `list_touched` first. Records that people touched are not changed. A second call finds nothing to give.
    """
    kept: Counter[str] = Counter()
    shared = at(schema, "shared_records")
    _list_heirs(connection, shared, workspace_id, migration_id)
    for to in _SHAPES:
        kept[to.name] += _count_replaced(connection, schema, to, workspace_id, migration_id)
        kept[to.name] += _give_records(connection, schema, to, workspace_id, migration_id)
        _give_journals(connection, schema, to, workspace_id, migration_id)
    others = (
        f'UPDATE {shared} AS shared SET "brought_by" = heir."migration_id" FROM "{HEIRS}" AS heir '
        'WHERE shared."workspace_id" = ? AND shared."brought_by" = ? AND heir."object" = shared."object" '
        'AND heir."id" = shared."id"'
    )
    change(connection, others, (workspace_id, migration_id))
    over = f'DELETE FROM {shared} WHERE "workspace_id" = ? AND ("migration_id" = ? OR "brought_by" = "migration_id")'
    change(connection, over, (workspace_id, migration_id))
    return kept


def _list_heirs(connection: Connection, shared: str, workspace_id: str, migration_id: str) -> None:
    """Makes a temporary table of the records that others hold as well, with one other migration for each."""
    lay_out(connection, HEIRS, ("object", "id", "migration_id", "moment"), key=("object", "id"))
    sql = (
        f'INSERT INTO "{HEIRS}" SELECT "object", "id", "migration_id", "moment" FROM {shared} AS mine '
        f'WHERE "workspace_id" = ? AND "brought_by" = ? AND NOT EXISTS (SELECT 1 FROM {shared} AS other '
        'WHERE other."workspace_id" = mine."workspace_id" AND other."object" = mine."object" '
        'AND other."id" = mine."id" AND other."brought_by" = mine."brought_by" '
        'AND other."migration_id" < mine."migration_id")'
    )
    change(connection, sql, (workspace_id, migration_id))


def _brought_by(connection: Connection) -> str:
    """SQL for the migration that a row of a journal names."""
    if is_sqlite(connection):
        return "json_extract(old.\"row\", '$.migration_id')"
    return "(old.\"row\"::json ->> 'migration_id')"


def _count_replaced(connection: Connection, schema: str, to: TableShape, workspace_id: str, migration_id: str) -> int:
    """Counts records of this migration that a later migration replaced. They keep the later state."""
    sql = (
        f'SELECT count(*) FROM {at(schema, to.name)} AS record WHERE record."workspace_id" = ? '
        f'AND record."migration_id" <> ? AND {untouched(to, "record")} AND record."id" IN (SELECT old."id" '
        f'FROM {at(schema, "journal")} AS old WHERE old."workspace_id" = ? AND old."migration_id" <> ? '
        f"AND old.\"object\" = '{to.name}' AND {_brought_by(connection)} = ?)"
    )
    given = (workspace_id, migration_id, workspace_id, migration_id, migration_id)
    return int(fetch(connection, sql, given)[0][0])


def _give_records(connection: Connection, schema: str, to: TableShape, workspace_id: str, migration_id: str) -> int:
    moment = 'heir."moment"' if is_sqlite(connection) else 'heir."moment"::timestamptz'
    sql = (
        f'UPDATE {at(schema, to.name)} AS record SET "migration_id" = heir."migration_id", "imported_at" = {moment} '
        f'FROM "{HEIRS}" AS heir WHERE heir."object" = \'{to.name}\' AND heir."id" = record."id" '
        f'AND record."workspace_id" = ? AND record."migration_id" = ? AND {untouched(to, "record")}'
    )
    return change(connection, sql, (workspace_id, migration_id))


def _give_journals(connection: Connection, schema: str, to: TableShape, workspace_id: str, migration_id: str) -> None:
    """Rewrites the journals of later migrations, so that each row names a live migration, holds the older state, or
    goes."""
    journal = at(schema, "journal")
    heir = f'heir."object" = \'{to.name}\' AND heir."id" = old."id"'
    mine = 'mine."workspace_id" = old."workspace_id" AND mine."object" = old."object" AND mine."id" = old."id"'
    names = '"workspace_id", "migration_id", "object", "id", "trial", "row"'
    replaced_before = (
        f'INSERT INTO {journal} ({names}) SELECT old."workspace_id", heir."migration_id", old."object", old."id", '
        f'old."trial", old."row" FROM {journal} AS old JOIN "{HEIRS}" AS heir ON {heir} '
        f'WHERE old."workspace_id" = ? AND old."migration_id" = ? AND old."object" = \'{to.name}\' '
        "ON CONFLICT DO NOTHING"
    )
    change(connection, replaced_before, (workspace_id, migration_id))
    which = (
        f'old."workspace_id" = ? AND old."migration_id" <> ? AND old."object" = \'{to.name}\' '
        f"AND {_brought_by(connection)} = ?"
    )
    given = (workspace_id, migration_id, migration_id)
    if is_sqlite(connection):
        row = 'json_set(old."row", \'$.migration_id\', heir."migration_id", \'$.imported_at\', heir."moment")'
    else:
        named = 'jsonb_set(old."row"::jsonb, \'{migration_id}\', to_jsonb(heir."migration_id"))'
        row = f"jsonb_set({named}, '{{imported_at}}', to_jsonb(heir.\"moment\"))::text"
    renamed = f'UPDATE {journal} AS old SET "row" = {row} FROM "{HEIRS}" AS heir WHERE {heir} AND {which}'
    change(connection, renamed, given)
    taken = (
        f'UPDATE {journal} AS old SET "row" = mine."row" FROM {journal} AS mine '
        f'WHERE {mine} AND mine."migration_id" = ? AND {which}'
    )
    change(connection, taken, (migration_id, *given))
    change(connection, f"DELETE FROM {journal} AS old WHERE {which}", given)


def forget_shared(connection: Connection, schema: str, workspace_id: str, migration_id: str) -> None:
    """Deletes who else holds a migration's records, when its undo has expired. A second call changes nothing."""
    sql = f'DELETE FROM {at(schema, "shared_records")} WHERE "workspace_id" = ? AND "brought_by" = ?'
    change(connection, sql, (workspace_id, migration_id))
