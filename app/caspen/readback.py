"""Reads a store's records back, row by row: the other half of the proof that nothing was lost or changed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from app.caspen.bookkeeping import BOOKKEEPING, Value, differs_from
from app.caspen.canonical_values import moment_text
from app.caspen.digests import Digest, Digests, content_hash, place_hash
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import at, canonical_columns, stream
from app.caspen.stores import Store
from app.caspen.tables import OBJECTS

SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Altered:
    """A record whose columns differ from what was written, or that was made of no row of the export."""

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int


@dataclass(slots=True)
class ReadBack:
    """The result of reading: digests by source kind, records by table, and altered records (the first thousand).

    `places` is a digest of the part and line that each record was made of.
    """

    digests: Digests = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    altered: list[Altered] = field(default_factory=list)
    altered_count: int = 0
    places: Digest = field(default_factory=Digest)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The bookkeeping that loading wrote into every record of a trial."""

    migration_id: str
    moment: datetime


def read_back(store: Store, workspace_id: str, stamp: Stamp | None = None) -> ReadBack:
    """Reads every imported record of a store and computes its digest from its columns.

    A stored hash only reveals altered records. In a trial a record of another workspace, or without a source, counts as
    altered. With `stamp` a record whose bookkeeping differs from what loading wrote counts as altered as well.
    """
    result = ReadBack()
    for model in OBJECTS:
        to = shape(str(model.__tablename__))
        for record in _records(store, to, workspace_id, stamp):
            if record.kind and record.is_own:
                result.records[to.name] += 1
                result.digests.setdefault(record.kind, Digest()).add(record.id, record.hash)
                result.places.add(record.id, place_hash(record.part, record.line))
                if record.hash.hex() == record.stored_hash and not record.is_marked:
                    continue
            result.altered_count += 1
            if len(result.altered) < SHOWN:
                result.altered.append(Altered(to.name, record.id, record.kind, record.source_id, record.line))
    return result


class _Stored(NamedTuple):
    id: str
    kind: str
    source_id: str
    part: int
    line: int
    hash: bytes
    stored_hash: str
    is_own: bool
    is_marked: bool


def _records(store: Store, to: TableShape, workspace_id: str, stamp: Stamp | None) -> Iterator[_Stored]:
    """Streams a table's records. `source_kind IS NOT NULL` leaves out what people made in a live store."""
    place_id, place_kind, place_key = (to.place(n) for n in ("id", "source_kind", "source_id"))
    end = len(to.content)
    differs, given = marked(store, to, stamp)
    own = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
    where, which = (own, [workspace_id]) if store.is_live else ("TRUE", [])
    with store.database.connection(reading=True) as connection:
        columns = canonical_columns(connection, to, (*to.content, "content_hash", "part", "line", "workspace_id"))
        sql = f"SELECT {columns}, {differs} FROM {at(store.schema, to.name)} WHERE {where}"
        for row in stream(connection, to, sql, (*given, *which)):
            stored_hash, part, line, workspace, is_marked = row[end:]
            yield _Stored(
                str(row[place_id]),
                str(row[place_kind] or ""),
                str(row[place_key] or ""),
                int(part or 0),
                int(line or 0),
                content_hash(to.content, row),
                str(stored_hash),
                workspace == workspace_id,
                bool(is_marked),
            )


def marked(store: Store, to: TableShape, stamp: Stamp | None) -> tuple[str, list[str]]:
    """SQL that is true where bookkeeping differs from what loading wrote, and its parameters, for one table of a
    store."""
    if stamp is None:
        return "FALSE", []
    values = {Value.MIGRATION: stamp.migration_id, Value.MOMENT: moment_text(stamp.moment)}
    columns = [name for name in to.rest if name not in ("part", "line")]  # the digest of places proves these
    moment = "?" if store.is_sqlite else "?::timestamptz"
    sql = differs_from(columns, moment=moment, known=(*values, Value.INITIAL, Value.NOTHING))
    given = [values[line.value] for line in BOOKKEEPING if line.column in columns and line.value in values]
    return f"({sql.replace('IS DISTINCT FROM', 'IS NOT') if store.is_sqlite else sql})", given
