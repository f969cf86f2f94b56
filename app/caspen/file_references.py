"""Which contents the file records of a store speak of, and which of a workspace's contents nothing speaks of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.caspen.live_files import SHARDS, LiveFiles
from app.caspen.statements import among, at, fetch, is_sqlite
from app.caspen.stores import Sides, Store, Stores

BATCH = 2000
Content = tuple[str, int]  # the sum of a file's bytes, and how many they are


@dataclass(frozen=True, slots=True)
class Filed:
    """A file record of a trial: what it says of its content, and which row made it."""

    id: str
    source_kind: str
    source_id: str
    part: int
    line: int
    sha256: str
    size: int


def filed(store: Store, workspace_id: str) -> Iterator[Filed]:
    """The imported file records of a store, those of one content after the other; a batch at a time, nothing held."""
    after: tuple[str, str] = ("", "")
    sql = (
        'SELECT "id", "source_kind", "source_id", "part", "line", "sha256", "size" '
        f'FROM {at(store.schema, "files")} WHERE "workspace_id" = ? AND "source_kind" IS NOT NULL '
        'AND ("sha256" > ? OR ("sha256" = ? AND "id" > ?)) ORDER BY "sha256", "id" LIMIT ?'
    )
    while True:
        with store.database.connection(reading=True) as connection:
            found = fetch(connection, sql, (workspace_id, after[0], after[0], after[1], BATCH))
        for record_id, kind, key, part, line, sha256, size in found:
            yield Filed(record_id, kind, key, int(part or 0), int(line or 0), sha256, int(size))
        if len(found) < BATCH:
            return
        after = (found[-1][5], found[-1][0])


def told_of(store: Store, workspace_id: str, sums: Sequence[str]) -> dict[Content, set[str]]:
    """What a store's file records say of some contents: the types of each, by sum and size."""
    found: dict[Content, set[str]] = {}
    with store.database.connection(reading=True) as connection:
        which, given = among(connection, '"sha256"', sums)
        table = at(store.schema, "files")
        asked = f'SELECT "sha256", "size", "content_type" FROM {table} WHERE "workspace_id" = ? AND {which}'
        for sha256, size, content_type in fetch(connection, asked, (workspace_id, given)):
            found.setdefault((str(sha256), int(size)), set()).add(str(content_type))
    return found


def lacking(sides: Sides, files: LiveFiles, workspace_id: str) -> Iterator[str]:
    """The contents that a trial's records speak of and the live workspace does not have, seen in one transaction."""
    asked = f'SELECT DISTINCT "sha256" FROM {at(sides.trial, "files")} WHERE "workspace_id" = ?'
    for (sha256,) in fetch(sides.connection, asked, (workspace_id,)):
        if not files.exists(workspace_id, sha256):
            yield sha256


def sweep_contents(stores: Stores, files: LiveFiles, workspace_id: str) -> int:
    """Deletes what no record speaks of, and says how many. What an undo would bring back is spoken of.

    Each portion is looked at under the workspace's lock, which a promotion holds as well: no content goes while a
    record of it arrives.
    """
    swept = 0
    for shard in SHARDS:
        kept = list(files.shard(workspace_id, shard))
        if not kept:
            continue
        with stores.live.database.connection() as connection:
            if not is_sqlite(connection):
                table = at(stores.live.schema, "workspaces")
                fetch(connection, f'SELECT 1 FROM {table} WHERE "id" = ? FOR UPDATE', (workspace_id,))
            for sha256 in set(kept) - _spoken_of(connection, stores.live, workspace_id, kept):
                files.delete(workspace_id, sha256)
                swept += 1
    return swept


def _spoken_of(connection: Connection, live: Store, workspace_id: str, sums: Sequence[str]) -> set[str]:
    condition, param = among(connection, '"sha256"', sums)
    asked = f'SELECT DISTINCT "sha256" FROM {at(live.schema, "files")} WHERE "workspace_id" = ? AND {condition}'
    found = {str(row[0]) for row in fetch(connection, asked, (workspace_id, param))}
    told = "json_extract(\"row\", '$.sha256')" if is_sqlite(connection) else "(\"row\"::json ->> 'sha256')"
    condition, param = among(connection, told, sums)
    asked = (
        f"SELECT DISTINCT {told} FROM {at(live.schema, 'journal')} "
        f'WHERE "workspace_id" = ? AND "object" = \'files\' AND {condition}'
    )
    return found | {str(row[0]) for row in fetch(connection, asked, (workspace_id, param))}
