"""Changes to the rows beside the records of a store: the proof of loading, the journal, and people's entries."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import select

from app.caspen.statements import change, fetch
from app.caspen.stores import Store
from app.migration.models import Migration
from app.worker.runtime import Runtime
from tests.world.tampering import LATER, insert

Act = Callable[[Runtime], bool]


def only_move(runtime: Runtime) -> Migration:
    with runtime.ledger.read() as session:
        return session.exec(select(Migration)).one()


def trial(runtime: Runtime) -> Store:
    return runtime.caspen.trial(only_move(runtime).id, 1)


def _write(store: Store, sql: str, *given: object) -> bool:
    with store.database.connection() as connection:
        return change(connection, sql, given) >= 1


def fence_removed(runtime: Runtime) -> bool:
    return _write(trial(runtime), 'DELETE FROM "fences" WHERE "part" = (SELECT max("part") FROM "fences")')


def all_fences_removed(runtime: Runtime) -> bool:
    return _write(trial(runtime), 'DELETE FROM "fences"')


def fence_counts_changed(runtime: Runtime) -> bool:
    changed = '"told" = replace("told", \'"records": {"\', \'"records": {"users": 7, "\')'
    return _write(trial(runtime), f'UPDATE "fences" SET {changed} WHERE "part" = 1')


def fence_of_another_trial(runtime: Runtime) -> bool:
    return _write(trial(runtime), 'UPDATE "fences" SET "trial" = 7 WHERE "part" = 1')


def fence_added(runtime: Runtime) -> bool:
    sql = 'INSERT INTO "fences" SELECT "migration_id", "trial", 4711, "epoch", "told" FROM "fences" LIMIT 1'
    return _write(trial(runtime), sql)


def record_live_before(runtime: Runtime) -> bool:
    """A client of the trial is put into the live workspace ahead of the approval, marked as deleted."""
    with trial(runtime).database.connection(reading=True) as connection:
        row = dict(connection.execute(sa.text('SELECT * FROM "clients" ORDER BY "id" LIMIT 1')).mappings().one())
    with runtime.caspen.live.database.connection() as connection:
        change(connection, 'DELETE FROM "clients" WHERE "id" = ?', (row["id"],))
    insert(runtime.caspen.live, "clients", {**row, "deleted_at": LATER, "migration_id": "mig_unknown"})
    return True


def note_live_before(runtime: Runtime) -> bool:
    """A made-up note is put into the live workspace under this very move's name."""
    with trial(runtime).database.connection(reading=True) as connection:
        row = dict(connection.execute(sa.text('SELECT * FROM "progress_notes" LIMIT 1')).mappings().one())
    insert(runtime.caspen.live, "progress_notes", {**row, "id": "not_made_up", "source_id": "999999"})
    return True


def entry_forged(runtime: Runtime) -> bool:
    """Adds an entry that a person edited a client, without knowing how entries are sealed."""
    live = runtime.caspen.live
    with live.database.connection() as connection:
        ids = fetch(connection, 'SELECT "id", "workspace_id" FROM "clients" ORDER BY "id" LIMIT 1')
        for record, workspace in ids or [("cli_x", only_move(runtime).workspace_id)]:
            sql = (
                'INSERT INTO "edits" ("workspace_id", "number", "object", "id", "act", "state", "by", "at", '
                "\"previous\", \"hash\") VALUES (?, 1, 'clients', ?, 'deleted', ?, 'megan', ?, '', ?)"
            )
            change(connection, sql, (workspace, record, "0" * 32, LATER, "0" * 64))
            change(connection, 'UPDATE "clients" SET "deleted_at" = ? WHERE "id" = ?', (LATER, record))
    return True


def journal_filled(runtime: Runtime) -> bool:
    """Makes an undo restore a record that never existed."""
    move = only_move(runtime)
    sql = (
        'INSERT INTO "journal" ("workspace_id", "migration_id", "object", "id", "trial", "row") '
        "VALUES (?, ?, 'clients', 'cli_x', 1, '{}')"
    )
    return _write(runtime.caspen.live, sql, move.workspace_id, move.id)


def column_dropped(runtime: Runtime) -> bool:
    return _write_schema(trial(runtime), 'ALTER TABLE "clients" DROP COLUMN "notes"')


def table_dropped(runtime: Runtime) -> bool:
    return _write_schema(trial(runtime), 'DROP TABLE "forms"')


def _write_schema(store: Store, sql: str) -> bool:
    with store.database.connection() as connection:
        connection.exec_driver_sql(sql)
    return True


def store_removed(runtime: Runtime) -> bool:
    runtime.caspen.drop_trial(trial(runtime))
    return True


def store_is_rubbish(runtime: Runtime) -> bool:
    path = trial(runtime).path
    runtime.caspen.dispose()
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    assert path is not None
    path.write_bytes(b"rubbish" * 4096)
    return True


def store_truncated(runtime: Runtime) -> bool:
    path = trial(runtime).path
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    runtime.caspen.dispose()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return True


STORE_KINDS: dict[str, Act] = {
    "a part's proof removed": fence_removed,
    "every part's proof removed": all_fences_removed,
    "a part's counts changed": fence_counts_changed,
    "a part's proof of another trial": fence_of_another_trial,
    "a part's proof added": fence_added,
    "a client live before the approval, as deleted": record_live_before,
    "a note live before the approval": note_live_before,
    "a forged entry of a deletion": entry_forged,
    "a record to bring back that never was": journal_filled,
    "a column of the trial dropped": column_dropped,
    "a table of the trial dropped": table_dropped,
    "the trial's store removed": store_removed,
    "the trial's store overwritten": store_is_rubbish,
    "the trial's store truncated": store_truncated,
}
