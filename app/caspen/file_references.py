"""The contents that a store's file records refer to, and the stored contents that no record refers to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.caspen.live_files import SHARDS, LiveFiles
from app.caspen.statements import among, at, fetch, is_sqlite
from app.caspen.stores import Sides, Store, Stores

BATCH = 2000
Content = tuple[str, int]  # sha256 of a file's bytes, and their number


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file record of a trial: the content that the record names, and the row that the record was made of."""

    """A file record of a trial: what it says of its content, and which row made it."""

    id: str
    source_kind: str
    source_id: str
    part: int
    line: int
    sha256: str
    size: int


def load_file_records(store: Store, workspace_id: str) -> Iterator[FileRecord]:
    """The imported file records of a store, grouped by content, one batch at a time."""
    after: tuple[str, str] = ("", "")
    sql = (
        'SELECT "id", "source_kind", "source_id", "part", "line", "sha256", "size" '
        f'FROM {at(store.schema, "files")} WHERE "workspace_id" = ? AND "source_kind" IS NOT NULL '
        'AND ("sha256" > ? OR ("sha256" = ? AND "id" > ?)) ORDER BY "sha256", "id" LIMIT ?'
    )
    while True:
        with store.database.connection(reading=True) as connection:
            rows = fetch(connection, sql, (workspace_id, after[0], after[0], after[1], BATCH))
        for record_id, kind, key, part, line, sha256, size in rows:
            yield FileRecord(record_id, kind, key, int(part or 0), int(line or 0), sha256, int(size))
        if len(rows) < BATCH:
            return
        after = (rows[-1][5], rows[-1][0])


def load_content_types(store: Store, workspace_id: str, sums: Sequence[str]) -> dict[Content, set[str]]:
    """The content types that a store's file records name, by sha256 and size."""
    types: dict[Content, set[str]] = {}
    with store.database.connection(reading=True) as connection:
        which, given = among(connection, '"sha256"', sums)
        table = at(store.schema, "files")
        asked = f'SELECT "sha256", "size", "content_type" FROM {table} WHERE "workspace_id" = ? AND {which}'
        for sha256, size, content_type in fetch(connection, asked, (workspace_id, given)):
            types.setdefault((str(sha256), int(size)), set()).add(str(content_type))
    return types


def missing_contents(sides: Sides, files: LiveFiles, workspace_id: str) -> Iterator[str]:
    """The sha256 of each content that a trial's records name and the live workspace does not hold. One transaction."""
    asked = f'SELECT DISTINCT "sha256" FROM {at(sides.trial, "files")} WHERE "workspace_id" = ?'
    for (sha256,) in fetch(sides.connection, asked, (workspace_id,)):
        if not files.exists(workspace_id, sha256):
            yield sha256


def sweep_contents(stores: Stores, files: LiveFiles, workspace_id: str) -> int:
    """Deletes contents that no record refers to, and returns their number. Contents that an undo would need are kept.

    Each portion is checked under the workspace's lock, which a promotion holds as well, so no content is deleted while
    a record of that content arrives.
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
            for sha256 in set(kept) - _referred(connection, stores.live, workspace_id, kept):
                files.delete(workspace_id, sha256)
                swept += 1
    return swept


def _referred(connection: Connection, live: Store, workspace_id: str, sums: Sequence[str]) -> set[str]:
    condition, param = among(connection, '"sha256"', sums)
    asked = f'SELECT DISTINCT "sha256" FROM {at(live.schema, "files")} WHERE "workspace_id" = ? AND {condition}'
    referred = {str(row[0]) for row in fetch(connection, asked, (workspace_id, param))}
    column = "json_extract(\"row\", '$.sha256')" if is_sqlite(connection) else "(\"row\"::json ->> 'sha256')"
    condition, param = among(connection, column, sums)
    asked = (
        f"SELECT DISTINCT {column} FROM {at(live.schema, 'journal')} "
        f'WHERE "workspace_id" = ? AND "object" = \'files\' AND {condition}'
    )
    return referred | {str(row[0]) for row in fetch(connection, asked, (workspace_id, param))}
