"""What a store really holds, read back row by row: the other half of the proof that nothing was lost or changed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from app.caspen.content import Digest, Digests, content_hash
from app.caspen.shapes import Shape, shape
from app.caspen.statements import at, canonical_columns, stream
from app.caspen.stores import Store
from app.caspen.tables import OBJECTS

SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Altered:
    """A record whose columns no longer are what was written into them."""

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int


@dataclass(slots=True)
class ReadBack:
    """What was read: digests by source kind, records by table, and those that were altered (the first thousand)."""

    digests: Digests = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    altered: list[Altered] = field(default_factory=list)
    altered_count: int = 0


def read_back(store: Store, workspace_id: str) -> ReadBack:
    """Reads every imported record of a store and computes its digest from its columns; stored hashes only accuse."""
    found = ReadBack()
    for model in OBJECTS:
        to = shape(str(model.__tablename__))
        for record in _records(store, to, workspace_id):
            found.records[to.name] += 1
            found.digests.setdefault(record.kind, Digest()).add(record.id, record.hash)
            if record.hash.hex() == record.told:
                continue
            found.altered_count += 1
            if len(found.altered) < SHOWN:
                found.altered.append(Altered(to.name, record.id, record.kind, record.source_id, record.line))
    return found


class _Stored(NamedTuple):
    id: str
    kind: str
    source_id: str
    line: int
    hash: bytes
    told: str


def _records(store: Store, to: Shape, workspace_id: str) -> Iterator[_Stored]:
    """`source_kind IS NOT NULL` leaves out what people made in a live store."""
    place_id, place_kind, place_key = (to.place(n) for n in ("id", "source_kind", "source_id"))
    end = len(to.content)
    with store.database.connection(reading=True) as connection:
        columns = canonical_columns(connection, to, (*to.content, "content_hash", "line"))
        where = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
        for row in stream(
            connection, to, f"SELECT {columns} FROM {at(store.schema, to.name)} WHERE {where}", (workspace_id,)
        ):
            yield _Stored(
                str(row[place_id]),
                str(row[place_kind]),
                str(row[place_key]),
                int(row[end + 1] or 0),
                content_hash(to.content, row),
                str(row[end]),
            )
