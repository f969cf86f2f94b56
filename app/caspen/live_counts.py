"""How many imported records a live workspace holds, counted in the workspace itself at the moment of asking."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.caspen.edits import DELETED, EDITED, entries
from app.caspen.statements import among, at, batches, fetch
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """Imported records by source kind, and by kind and table. Those that people deleted are in no number but theirs."""

    records: Mapping[str, int] = field(default_factory=dict)
    edited: int = 0
    deleted: int = 0
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by kind, records by table
    deleted_of: Mapping[str, int] = field(default_factory=dict)  # by kind

    @property
    def total(self) -> int:
        return sum(self.records.values())


def count_live(stores: Stores, workspace_id: str, migration_id: str = "") -> LiveCounts:
    """Counts the imported records of a workspace, from an index: no record is read. Nothing is changed.

    With `migration_id` only the records count that this migration brought or found unchanged. Their rows are read.
    """
    records: dict[str, Counter[str]] = {}
    deleted: Counter[str] = Counter()
    edited = 0
    live = stores.live
    with live.database.connection(reading=True) as connection:
        last = {
            (entry.table, entry.id): entry.act
            for entry in entries(connection, live.schema, workspace_id)
            if entry.is_sealed(workspace_id)
        }
        for model in OBJECTS:
            name = str(model.__tablename__)
            table = at(live.schema, name)
            brought, given = _brought(live.schema, name, workspace_id, migration_id)
            sql = f'SELECT "source_kind", count(*) FROM {table} WHERE {brought} GROUP BY 1'
            for kind, count in fetch(connection, sql, given):
                records.setdefault(str(kind), Counter())[name] += int(count)
            touched = [record for touched_in, record in last if touched_in == name]
            for piece in batches(touched):
                which, ids = among(connection, '"id"', piece)
                sql = f'SELECT "source_kind", "id" FROM {table} WHERE {brought} AND {which}'
                for kind, record in fetch(connection, sql, (*given, ids)):
                    act = last[(name, str(record))]
                    edited += act == EDITED
                    deleted[str(kind)] += act == DELETED
                    records[str(kind)][name] -= act == DELETED
    by_table = {kind: dict(+counts) for kind, counts in records.items() if +counts}
    by_kind = {kind: sum(counts.values()) for kind, counts in by_table.items()}
    return LiveCounts(by_kind, edited, sum(deleted.values()), by_table, +deleted)


def _brought(schema: str, table: str, workspace_id: str, migration_id: str) -> tuple[str, tuple[str, ...]]:
    """The condition that an import brought a record, and the values that it takes."""
    imported = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
    if not migration_id:
        return imported, (workspace_id,)
    mine = (
        f'("migration_id" = ? OR "id" IN (SELECT shared."id" FROM {at(schema, "shared_records")} AS shared '
        f'WHERE shared."workspace_id" = ? AND shared."object" = \'{table}\' AND shared."migration_id" = ?))'
    )
    return f"{imported} AND {mine}", (workspace_id, migration_id, workspace_id, migration_id)
