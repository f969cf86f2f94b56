"""Keeps the live records that a finalisation replaces, so that the clinic can undo it."""

import hashlib

from sqlalchemy.engine import Connection

from app.caspen.digests import Digest
from app.caspen.edit_entries import untouched
from app.caspen.removed_records import forget_removed
from app.caspen.row_codec import TableShape
from app.caspen.shared_records import forget_shared
from app.caspen.statements import as_json, at, change, fetch, is_sqlite, stream_rows
from app.caspen.stores import Sides, Stores


def keep_replaced(sides: Sides, to: TableShape, workspace_id: str, migration_id: str, trial: int) -> None:
    """Stores each live record that is about to be replaced, as the record is now.

    Records that this migration itself brought are left out: an undo removes them. A record is kept once, in its state
    before the migration.
    """
    row = as_json(sides.connection, to, "live")
    same = "IS NOT" if is_sqlite(sides.connection) else "IS DISTINCT FROM"
    sql = (
        f'INSERT INTO {at(sides.live, "journal")} ("workspace_id", "migration_id", "object", "id", "trial", "row") '
        f'SELECT live."workspace_id", ?, \'{to.name}\', live."id", ?, {row} '
        f"FROM {at(sides.live, to.name)} AS live JOIN {at(sides.trial, to.name)} AS record "
        'ON record."workspace_id" = live."workspace_id" AND record."id" = live."id" WHERE live."workspace_id" = ? '
        f'AND live."migration_id" {same} ? AND live."content_hash" {same} record."content_hash" '
        f"AND {untouched(to, 'live')} ON CONFLICT DO NOTHING"
    )
    change(sides.connection, sql, (migration_id, trial, workspace_id, migration_id))


def journal_digest(connection: Connection, schema: str, workspace_id: str, migration_id: str) -> Digest:
    """A digest of the records that a migration replaced, in their state before it."""
    digest = Digest()
    sql = f'SELECT "object", "id", "row" FROM {at(schema, "journal")} WHERE "workspace_id" = ? AND "migration_id" = ?'
    for table, record_id, row in stream_rows(connection, sql, (workspace_id, migration_id)):
        digest.add(f"{table}|{record_id}", hashlib.blake2b(str(row).encode(), digest_size=16).digest())
    return digest


def forget_replaced(stores: Stores, workspace_id: str, migration_id: str) -> None:
    """Deletes what a migration replaced, and who else holds its records, when the undo has expired. Repeatable."""
    with stores.live.database.connection() as connection:
        sql = f'DELETE FROM {at(stores.live.schema, "journal")} WHERE "workspace_id" = ? AND "migration_id" = ?'
        change(connection, sql, (workspace_id, migration_id))
        forget_shared(connection, stores.live.schema, workspace_id, migration_id)
        forget_removed(connection, stores.live.schema, workspace_id, migration_id)


def replaced_by(stores: Stores) -> set[str]:
    """The migrations that have entries in the journal."""
    with stores.live.database.connection(reading=True) as connection:
        sql = f'SELECT DISTINCT "migration_id" FROM {at(stores.live.schema, "journal")}'
        return {str(row[0]) for row in fetch(connection, sql, ())}
