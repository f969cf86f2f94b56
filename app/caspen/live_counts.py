"""Counts the imported records that a live workspace holds now."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from sqlalchemy.engine import Connection

from app.caspen.edit_entries import DELETED, EDITED, entries
from app.caspen.relied_records import Ids
from app.caspen.statements import among, at, batches, fetch
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS

LISTS = frozenset(
    {"locations", "users", "practitioners", "categories", "taxes", "services", "custom_fields", "contacts"}
    | {"referral_types", "cancellation_reasons"}
)
"""Short tables. Their records may be made of a name in other rows, so only these tables are read record by record."""
NAMED = "CASE WHEN substr(\"source_id\", 1, 5) = 'name:' OR substr(\"source_id\", 1, 6) = 'field:' THEN 1 ELSE 0 END"
"""SQL: 1 for a record that was made of a name in other rows, or of a column without a field in Caspen."""


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """Imported records that the workspace shows, by source kind, and by kind and table.

    A record that is marked as deleted is not shown. `deleted_of` counts those that people deleted, by the entries of
    their acts. `hidden_of` counts those that are marked without an act: software outside this product wrote the mark.
    """

    records: Mapping[str, int] = field(default_factory=dict)
    edited: int = 0
    deleted: int = 0
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by kind, records by table
    deleted_of: Mapping[str, int] = field(default_factory=dict)  # by kind
    named: Mapping[str, int] = field(default_factory=dict)  # by kind, records made of a name or a column, not of a row
    hidden_of: Mapping[str, int] = field(default_factory=dict)  # by kind

    @property
    def total(self) -> int:
        return sum(self.records.values())

    @property
    def hidden(self) -> int:
        return sum(self.hidden_of.values())


def count_live(stores: Stores, workspace_id: str, migration_id: str = "") -> LiveCounts:
    """Counts the imported records of a workspace from indexes; only the tables in LISTS are read. Reads only.

    With `migration_id` only the records count that this migration brought, found unchanged, or matched with a row while
    an earlier migration had brought them.
    """
    records: dict[str, Counter[str]] = {}
    deleted: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    named: Counter[str] = Counter()
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
            is_made = NAMED if name in LISTS else "0"
            gone = _marked_as_deleted(connection, table, workspace_id)
            people = {record for touched_in, record in last if touched_in == name}
            for brought, given in _brought(live.schema, name, workspace_id, migration_id):
                sql = f'SELECT "source_kind", {is_made}, count(*) FROM {table} WHERE {brought} GROUP BY 1, 2'
                for kind, is_named, count in fetch(connection, sql, given):
                    records.setdefault(str(kind), Counter())[name] += int(count)
                    named[str(kind)] += int(count) * int(is_named)
                for piece in batches(sorted(people | gone)):
                    which, ids = among(connection, '"id"', piece)
                    sql = f'SELECT "source_kind", {is_made}, "id" FROM {table} WHERE {brought} AND {which}'
                    for kind, is_named, record in fetch(connection, sql, (*given, ids)):
                        act, is_gone = last.get((name, str(record))), str(record) in gone
                        edited += act == EDITED and not is_gone
                        deleted[str(kind)] += is_gone and act == DELETED
                        hidden[str(kind)] += is_gone and act != DELETED
                        records[str(kind)][name] -= is_gone
                        named[str(kind)] -= int(is_named) * is_gone
    by_table = {kind: dict(+counts) for kind, counts in records.items() if +counts}
    by_kind = {kind: sum(counts.values()) for kind, counts in by_table.items()}
    return LiveCounts(by_kind, edited, sum(deleted.values()), by_table, +deleted, +named, +hidden)


def count_matched(stores: Stores, workspace_id: str, migration_id: str, matched: Ids) -> Counter[str]:
    """By source kind, the records of `matched` that `count_live` counts for a migration, deleted ones too."""
    live, counts = stores.live, Counter[str]()
    with live.database.connection(reading=True) as connection:
        for name, ids in matched.items():
            for (brought, given), piece in product(
                _brought(live.schema, name, workspace_id, migration_id), batches(ids)
            ):
                which, some = among(connection, '"id"', piece)
                matched_rows = f"{at(live.schema, name)} WHERE {brought} AND {which}"
                sql = f'SELECT "source_kind", count(*) FROM {matched_rows} GROUP BY 1'
                for kind, count in fetch(connection, sql, (*given, some)):
                    counts[str(kind)] += int(count)
    return counts


def _marked_as_deleted(connection: Connection, table: str, workspace_id: str) -> set[str]:
    """The ids of the records that the workspace does not show, from their index."""
    sql = f'SELECT "id" FROM {table} WHERE "workspace_id" = ? AND "deleted_at" IS NOT NULL'
    return {str(row[0]) for row in fetch(connection, sql, (workspace_id,))}


def _brought(schema: str, table: str, workspace_id: str, migration_id: str) -> list[tuple[str, tuple[str, ...]]]:
    """SQL conditions for imported records, each with its values. The conditions never overlap."""
    imported = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
    if not migration_id:
        return [(imported, (workspace_id,))]
    shared = (
        f'"migration_id" <> ? AND "id" IN (SELECT shared."id" FROM {at(schema, "shared_records")} AS shared '
        f'WHERE shared."workspace_id" = ? AND shared."object" = \'{table}\' AND shared."migration_id" = ?)'
    )
    return [
        (f'{imported} AND "migration_id" = ?', (workspace_id, migration_id)),
        (f"{imported} AND {shared}", (workspace_id, migration_id, workspace_id, migration_id)),
    ]
