"""The records that earlier imports brought into a live workspace, by their keys in the source."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.caspen.statements import among, at, batches, fetch
from app.caspen.stores import Store
from app.caspen.tables import BY_NAME

PAGE = 2_000


@dataclass(frozen=True, slots=True)
class RecordOwner:
    """The client that a record belongs to, with the client's kind and id in the source when an import brought the
    client."""

    id: str
    kind: str | None
    source_id: str | None


def earlier_keys(live: Store, workspace_id: str, table: str, kind: str, migration_id: str) -> Iterator[list[str]]:
    """The source keys of a table's live records that other migrations brought of a kind, 2,000 records at a time.

    Records that people have deleted since are left out. Reads in the order of the primary key, one page per query.
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
) -> dict[str, RecordOwner | None]:
    """The live records among `source_ids` that other migrations brought of a kind, each with its client or None.

    Records that people have deleted since are left out. One query for some hundred ids.
    """
    is_owned = BY_NAME[table].is_of_client()
    owner = 'c."id", c."source_kind", c."source_id"' if is_owned else "NULL, NULL, NULL"
    whose = (
        f'LEFT JOIN {at(live.schema, "clients")} c ON c."workspace_id" = record."workspace_id" '
        'AND c."id" = record."client_id"'
    )
    owners: dict[str, RecordOwner | None] = {}
    with live.database.connection(reading=True) as connection:
        for some in batches(source_ids):
            which, given = among(connection, 'record."source_id"', some)
            sql = (
                f'SELECT record."source_id", {owner} FROM {at(live.schema, table)} record {whose if is_owned else ""} '
                'WHERE record."workspace_id" = ? AND record."source_kind" = ? AND record."migration_id" IS NOT NULL '
                f'AND record."migration_id" <> ? AND record."deleted_at" IS NULL AND {which}'
            )
            for key, *cells in fetch(connection, sql, (workspace_id, kind, migration_id, given)):
                owners[str(key)] = None if cells[0] is None else RecordOwner(*cells)
    return owners
