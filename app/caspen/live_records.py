"""What the live workspace already holds of the records that an import is about to bring."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.caspen.content import content_hash
from app.caspen.edits import DELETED, Entry, has_acts, last_acts
from app.caspen.row_codec import Shape, shape
from app.caspen.statements import among, at, batches, canonical_columns, fetch, stream
from app.caspen.stores import Store


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """A record as it is now. `hash` is of what it holds now, not of what was once imported.

    `edited` and `deleted` are what the gateway's entries say of people's acts; the record's own columns are not asked.
    """

    hash: bytes
    edited: bool = False
    deleted: bool = False


def look_up(live: Store, workspace_id: str, ids: Mapping[str, Iterable[str]]) -> dict[str, dict[str, LiveRecord]]:
    """The live records among `ids`, by table and id."""
    with live.database.connection(reading=True) as connection:
        return {table: _of_table(connection, live.schema, workspace_id, table, some) for table, some in ids.items()}


def _of_table(
    connection: Connection, schema: str, workspace_id: str, table: str, ids: Iterable[str]
) -> dict[str, LiveRecord]:
    to = shape(table)
    found: dict[str, LiveRecord] = {}
    if not _any(connection, schema, workspace_id, to):
        return found
    acts: dict[str, Entry] = {}
    asked = 'SELECT "id", "content_hash"'
    people = has_acts(connection, schema, workspace_id)
    for piece in batches(ids):
        condition, param = among(connection, '"id"', piece)
        sql = f'{asked} FROM {at(schema, to.name)} WHERE "workspace_id" = ? AND {condition}'
        there = fetch(connection, sql, (workspace_id, param))
        found.update((record_id, LiveRecord(bytes.fromhex(told or ""))) for record_id, told in there)
        if people and there:
            acts.update(last_acts(connection, schema, workspace_id, to.name, [row[0] for row in there]))
    for record_id, actual in actual_hashes(connection, schema, workspace_id, to, acts).items():
        found[record_id] = LiveRecord(actual, True, acts[record_id].act == DELETED)
    return found


def actual_hashes(
    connection: Connection, schema: str, workspace_id: str, to: Shape, ids: Iterable[str]
) -> dict[str, bytes]:
    """The content hashes of stored records, computed from what their columns hold now."""
    found = {}
    place = to.place("id")
    columns = canonical_columns(connection, to, to.content)
    for piece in batches(ids):
        condition, param = among(connection, '"id"', piece)
        sql = f'SELECT {columns} FROM {at(schema, to.name)} WHERE "workspace_id" = ? AND {condition}'
        for row in stream(connection, to, sql, (workspace_id, param)):
            found[str(row[place])] = content_hash(to.content, row)
    return found


def _any(connection: Connection, schema: str, workspace_id: str, to: Shape) -> bool:
    sql = f'SELECT 1 FROM {at(schema, to.name)} WHERE "workspace_id" = ? LIMIT 1'
    return bool(fetch(connection, sql, (workspace_id,)))
