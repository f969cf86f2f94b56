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
    """Imported records by source kind. Those that people deleted are in `deleted` and in no other number."""

    records: Mapping[str, int] = field(default_factory=dict)
    edited: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return sum(self.records.values())


def count_live(stores: Stores, workspace_id: str) -> LiveCounts:
    """Counts the imported records of a workspace, from an index: no record is read. Nothing is changed."""
    records: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    live = stores.live
    with live.database.connection(reading=True) as connection:
        last = {
            (entry.table, entry.id): entry.act
            for entry in entries(connection, live.schema, workspace_id)
            if entry.is_sealed(workspace_id)
        }
        for model in OBJECTS:
            table = at(live.schema, str(model.__tablename__))
            brought = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
            sql = f'SELECT "source_kind", count(*) FROM {table} WHERE {brought} GROUP BY 1'
            for kind, count in fetch(connection, sql, (workspace_id,)):
                records[str(kind)] += int(count)
            touched = [record for name, record in last if name == str(model.__tablename__)]
            for piece in batches(touched):
                which, given = among(connection, '"id"', piece)
                sql = f'SELECT "source_kind", "id" FROM {table} WHERE {brought} AND {which}'
                for kind, record in fetch(connection, sql, (workspace_id, given)):
                    act = last[(str(model.__tablename__), str(record))]
                    acts[act] += 1
                    records[str(kind)] -= act == DELETED
    return LiveCounts(dict(+records), acts[EDITED], acts[DELETED])
