"""Loads the live records that an import is about to write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.caspen.digests import content_hash
from app.caspen.edit_entries import DELETED, EditEntry, claimed_act, has_acts, last_acts
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import among, at, batches, canonical_columns, fetch, stream
from app.caspen.stores import Store


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """A live record in its present state. The `hash` of a touched record is computed from its columns.

    `brought` is the hash of what the last import brought: an edit in Caspen does not change the stored hash. `edited`
    and `deleted` come from the gateway's entries of people's acts, and from the record's own columns: SQL and other
    programs may set these without an entry.
    """

    hash: bytes
    brought: bytes = b""
    edited: bool = False
    deleted: bool = False


def load_live_records(
    live: Store, workspace_id: str, ids: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, LiveRecord]]:
    """The live records among `ids`, by table and id."""
    with live.database.connection(reading=True) as connection:
        return {table: _of_table(connection, live.schema, workspace_id, table, some) for table, some in ids.items()}


def _of_table(
    connection: Connection, schema: str, workspace_id: str, table: str, ids: Iterable[str]
) -> dict[str, LiveRecord]:
    to = shape(table)
    records: dict[str, LiveRecord] = {}
    if not _has_records(connection, schema, workspace_id, to):
        return records
    acts: dict[str, EditEntry] = {}
    claims: dict[str, str] = {}
    asked = f'SELECT "id", "content_hash", {claimed_act(connection)}'
    people = has_acts(connection, schema, workspace_id)
    for piece in batches(ids):
        condition, param = among(connection, '"id"', piece)
        sql = f'{asked} FROM {at(schema, to.name)} WHERE "workspace_id" = ? AND {condition}'
        rows = fetch(connection, sql, (workspace_id, param))
        for record_id, stored, _ in rows:
            brought = bytes.fromhex(stored or "")
            records[record_id] = LiveRecord(brought, brought)
        claims.update((record_id, claim) for record_id, _, claim in rows if claim is not None)
        if people and rows:
            acts.update(last_acts(connection, schema, workspace_id, to.name, [row[0] for row in rows]))
    touched = acts.keys() | claims.keys()
    for record_id, actual in actual_hashes(connection, schema, workspace_id, to, touched).items():
        deleted = claims.get(record_id) == DELETED or (record_id in acts and acts[record_id].act == DELETED)
        records[record_id] = LiveRecord(actual, records[record_id].brought, True, deleted)
    return records


def deleted_among(live: Store, workspace_id: str, ids: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The ids, given by table, of live records that a person deleted."""
    with live.database.connection(reading=True) as connection:
        return frozenset(
            record_id
            for table, some in ids.items()
            if _has_deleted(connection, live.schema, workspace_id, table)
            for record_id, record in _of_table(connection, live.schema, workspace_id, table, some).items()
            if record.deleted
        )


def _has_deleted(connection: Connection, schema: str, workspace_id: str, table: str) -> bool:
    """Whether a record of a table was deleted: by its own column, which has an index, or by an entry."""
    marked = f'SELECT 1 FROM {at(schema, table)} WHERE "workspace_id" = ? AND "deleted_at" IS NOT NULL LIMIT 1'
    entered = f'SELECT 1 FROM {at(schema, "edits")} WHERE "workspace_id" = ? AND "object" = ? AND "act" = ? LIMIT 1'
    return bool(
        fetch(connection, marked, (workspace_id,)) or fetch(connection, entered, (workspace_id, table, DELETED))
    )


def actual_hashes(
    connection: Connection, schema: str, workspace_id: str, to: TableShape, ids: Iterable[str]
) -> dict[str, bytes]:
    """The content hashes of stored records, computed from what their columns hold now."""
    hashes = {}
    place = to.place("id")
    columns = canonical_columns(connection, to, to.content)
    for piece in batches(ids):
        condition, param = among(connection, '"id"', piece)
        sql = f'SELECT {columns} FROM {at(schema, to.name)} WHERE "workspace_id" = ? AND {condition}'
        for row in stream(connection, to, sql, (workspace_id, param)):
            hashes[str(row[place])] = content_hash(to.content, row)
    return hashes


def _has_records(connection: Connection, schema: str, workspace_id: str, to: TableShape) -> bool:
    sql = f'SELECT 1 FROM {at(schema, to.name)} WHERE "workspace_id" = ? LIMIT 1'
    return bool(fetch(connection, sql, (workspace_id,)))
