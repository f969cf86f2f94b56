"""What earlier imports have brought into a live workspace, by the keys that its records had in the source."""

from collections.abc import Iterable, Iterator

from app.caspen.statements import among, at, batches, fetch
from app.caspen.stores import Store

PAGE = 2_000


def earlier_keys(live: Store, workspace_id: str, table: str, kind: str, migration_id: str) -> Iterator[list[str]]:
    """The source keys of a table's live records that other migrations brought of a kind, 2,000 records at a time.

    Records that people have deleted since are left out. Reads in the order of the primary key, a page a query.
    """
    sql = (
        f'SELECT "id", "source_id" FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND "id" > ? '
        'AND "source_kind" = ? AND "source_id" IS NOT NULL AND "migration_id" IS NOT NULL AND "migration_id" <> ? '
        f'AND "deleted_at" IS NULL ORDER BY "id" LIMIT {PAGE}'
    )
    last = ""
    while True:
        with live.database.connection(reading=True) as connection:
            page = list(fetch(connection, sql, (workspace_id, last, kind, migration_id)))
        if not page:
            return
        last = str(page[-1][0])
        yield [str(source_id) for _, source_id in page]


def earlier_among(
    live: Store, workspace_id: str, table: str, kind: str, migration_id: str, source_ids: Iterable[str]
) -> set[str]:
    """Those of `source_ids` whose live records other migrations brought of a kind and nobody has deleted since.

    A query for some thousand ids.
    """
    found: set[str] = set()
    with live.database.connection(reading=True) as connection:
        for some in batches(source_ids):
            which, given = among(connection, '"source_id"', some)
            sql = (
                f'SELECT "source_id" FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND "source_kind" = ? '
                f'AND "migration_id" IS NOT NULL AND "migration_id" <> ? AND "deleted_at" IS NULL AND {which}'
            )
            found.update(str(row[0]) for row in fetch(connection, sql, (workspace_id, kind, migration_id, given)))
    return found
