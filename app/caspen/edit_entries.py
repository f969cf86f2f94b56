"""What people did to records in Caspen: one entry for each act. The gateway writes entries, an import never does.

A record's own columns (`edited_at`, `edited_by`, `deleted_at`, `version`) only repeat an entry. Without an entry they
are a claim of SQL or of another program: a later import and an undo keep such a record, and the check of the live
workspace still reports it. An entry names the state of the record after the act, so an entry of an honest edit does not
cover a later change.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from app.caspen.bookkeeping import PEOPLE, Value, differs_from
from app.caspen.canonical_values import moment_text
from app.caspen.digests import content_hash
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import among, at, batches, canonical_columns, change, fetch, is_sqlite, lay_out, stream
from app.caspen.tables import OBJECTS

MADE, EDITED, DELETED = "made", "edited", "deleted"
TOUCHED = "touched_by_people"  # a temporary table of a writing transaction
PAGE = 2000
_COLUMNS = '"number", "object", "id", "act", "state", "by", "at", "previous", "hash"'


@dataclass(frozen=True, slots=True)
class RecordAct:
    """A person did something to a record: `act` is made, edited or deleted."""

    table: str
    id: str
    act: str


@dataclass(frozen=True, slots=True)
class EditEntry:
    """One stored act. `state` is the hash of the whole record after the act."""

    number: int
    table: str
    id: str
    act: str
    state: str
    by: str
    at: str
    previous: str
    hash: str

    def is_sealed(self, workspace_id: str) -> bool:
        """Whether the entry is unchanged since the gateway wrote it."""
        return self.hash == seal(workspace_id, self)


def write_entries(
    connection: Connection, schema: str, workspace_id: str, acts: Iterable[RecordAct], by: str, moment: datetime
) -> None:
    """Writes one entry for each record, in the caller's transaction. The caller holds the workspace's lock."""
    last = {(act.table, act.id): act for act in acts}
    whole = f'SELECT "number", "hash" FROM {at(schema, "edits")} WHERE "workspace_id" = ?'
    newest = f'{whole} ORDER BY "number" DESC LIMIT 1'
    ((number, previous),) = fetch(connection, newest, (workspace_id,)) or [(0, "")]
    marks = ", ".join("?" * 10)
    for act in last.values():
        number += 1
        state = states_of(connection, schema, workspace_id, shape(act.table), [act.id])[act.id]
        entry = EditEntry(number, act.table, act.id, act.act, state, by, moment_text(moment), previous, "")
        previous = seal(workspace_id, entry)
        cells = (number, entry.table, entry.id, entry.act, state, by, entry.at, entry.previous, previous)
        sql = f'INSERT INTO {at(schema, "edits")} ("workspace_id", {_COLUMNS}) VALUES ({marks})'
        change(connection, sql, (workspace_id, *cells))


def entries(
    connection: Connection, schema: str, workspace_id: str, table: str = "", after: int = 0
) -> Iterator[EditEntry]:
    """The entries of a workspace in order, one page at a time. `table` and `after` narrow the selection."""
    which = ' AND "object" = ?' if table else ""
    sql = (
        f'SELECT {_COLUMNS} FROM {at(schema, "edits")} WHERE "workspace_id" = ?{which} AND "number" > ? '
        f'ORDER BY "number" LIMIT {PAGE}'
    )
    while True:
        page = [EditEntry(*row) for row in fetch(connection, sql, (workspace_id, *([table] if table else []), after))]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].number


def last_acts(
    connection: Connection, schema: str, workspace_id: str, table: str, ids: Iterable[str]
) -> dict[str, EditEntry]:
    """The last sealed entry of each record among `ids`."""
    last: dict[str, EditEntry] = {}
    for piece in batches(ids):
        which, given = among(connection, '"id"', piece)
        sql = (
            f'SELECT {_COLUMNS} FROM {at(schema, "edits")} WHERE "workspace_id" = ? AND "object" = ? AND {which} '
            'ORDER BY "number"'
        )
        for row in fetch(connection, sql, (workspace_id, table, given)):
            entry = EditEntry(*row)
            if entry.is_sealed(workspace_id):
                last[entry.id] = entry
    return last


def has_acts(connection: Connection, schema: str, workspace_id: str) -> bool:
    """Whether people have changed anything in a workspace."""
    sql = f'SELECT 1 FROM {at(schema, "edits")} WHERE "workspace_id" = ? LIMIT 1'
    return bool(fetch(connection, sql, (workspace_id,)))


def is_chained(connection: Connection, schema: str, workspace_id: str) -> bool:
    """Whether no entry of a workspace was changed, removed from the middle or inserted."""
    previous = ""
    for entry in entries(connection, schema, workspace_id):
        if entry.previous != previous or not entry.is_sealed(workspace_id):
            return False
        previous = entry.hash
    return True


def states_of(
    connection: Connection, schema: str, workspace_id: str, to: TableShape, ids: Iterable[str]
) -> dict[str, str]:
    """The hash of everything that records hold now, by id: their content and the columns that people's acts write."""
    states = {}
    names, place = (*to.content, *PEOPLE), to.place("id")
    columns = canonical_columns(connection, to, names)
    for piece in batches(ids):
        which, given = among(connection, '"id"', piece)
        sql = f'SELECT {columns} FROM {at(schema, to.name)} WHERE "workspace_id" = ? AND {which}'
        for row in stream(connection, to, sql, (workspace_id, given)):
            states[str(row[place])] = content_hash(names, row).hex()
    return states


def list_acts(connection: Connection, schema: str, workspace_id: str) -> None:
    """Fills a temporary table with the records that entries name, for this transaction: made, edited or deleted."""
    lay_out(connection, TOUCHED, ("object", "id", "act"), key=("object", "id"))
    sql = (
        f'INSERT INTO "{TOUCHED}" ("object", "id", "act") VALUES (?, ?, ?) '
        'ON CONFLICT ("object", "id") DO UPDATE SET "act" = excluded."act"'
    )
    for entry in entries(connection, schema, workspace_id):
        if entry.is_sealed(workspace_id):
            change(connection, sql, (entry.table, entry.id, entry.act))


def list_touched(connection: Connection, schema: str, workspace_id: str) -> None:
    """Like `list_acts`, and adds the records whose own columns claim an act.

    A record counts as deleted when its last entry or its `deleted_at` says so.
    """
    list_acts(connection, schema, workspace_id)
    claim = claimed_act(connection)
    for model in OBJECTS:
        name = str(model.__tablename__)
        sql = (
            f'INSERT INTO "{TOUCHED}" ("object", "id", "act") SELECT \'{name}\', "id", {claim} '
            f'FROM {at(schema, name)} WHERE "workspace_id" = ? AND {claim} IS NOT NULL '
            'ON CONFLICT ("object", "id") DO UPDATE SET "act" = excluded."act" '
            f"WHERE excluded.\"act\" = '{DELETED}'"
        )
        change(connection, sql, (workspace_id,))


def claimed_act(connection: Connection) -> str:
    """SQL for the act that a record's own columns claim: deleted, edited or NULL."""
    marked = differs_from(PEOPLE, moment="NULL", known=(Value.INITIAL, Value.NOTHING))
    sql = f"CASE WHEN \"deleted_at\" IS NOT NULL THEN '{DELETED}' WHEN {marked} THEN '{EDITED}' END"
    return sql.replace("IS DISTINCT FROM", "IS NOT") if is_sqlite(connection) else sql


def untouched(to: TableShape, record: str) -> str:
    """SQL that is true when nobody touched a record; `record` is its table's alias.

    Needs `list_touched` first, or `list_acts` where only entries count.
    """
    return (
        f'NOT EXISTS (SELECT 1 FROM "{TOUCHED}" AS person WHERE person."object" = \'{to.name}\' '
        f'AND person."id" = {record}."id")'
    )


def not_deleted(to: TableShape, record: str) -> str:
    """SQL that is true when no person deleted a record. Needs `list_touched` first."""
    return (
        f'NOT EXISTS (SELECT 1 FROM "{TOUCHED}" AS person WHERE person."object" = \'{to.name}\' '
        f'AND person."id" = {record}."id" AND person."act" = \'{DELETED}\')'
    )


def seal(workspace_id: str, entry: EditEntry) -> str:
    """The hash that ties an entry to its workspace and to the entry before it."""
    parts = (workspace_id, entry.number, entry.table, entry.id, entry.act, entry.state, entry.by, entry.at)
    return hashlib.blake2b(json.dumps([*parts, entry.previous]).encode(), digest_size=32).hexdigest()
