"""What a store really holds, read back row by row: the other half of the proof that nothing was lost or changed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from app.caspen.bookkeeping import BOOKKEEPING, Value, differs_from
from app.caspen.content import Digest, Digests, content_hash, place_hash
from app.caspen.row_codec import Shape, shape
from app.caspen.statements import at, canonical_columns, stream
from app.caspen.stores import Store
from app.caspen.tables import OBJECTS
from app.caspen.tables.columns import moment_text

SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Altered:
    """A record whose columns no longer are what was written into them, or that no row of the export made."""

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int


@dataclass(slots=True)
class ReadBack:
    """What was read: digests by source kind, records by table, and those that were altered (the first thousand).

    `places` is a digest of which part and line each record was made of.
    """

    digests: Digests = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    altered: list[Altered] = field(default_factory=list)
    altered_count: int = 0
    places: Digest = field(default_factory=Digest)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What loading wrote beside the content of every record of a trial."""

    migration_id: str
    moment: datetime


def read_back(store: Store, workspace_id: str, stamp: Stamp | None = None) -> ReadBack:
    """Reads every imported record of a store and computes its digest from its columns; stored hashes only accuse.

    Of a trial all records are read: one of another workspace, or without a source, counts as altered. With `stamp` a
    record whose bookkeeping is not what loading wrote counts as altered as well.
    """
    found = ReadBack()
    for model in OBJECTS:
        to = shape(str(model.__tablename__))
        for record in _records(store, to, workspace_id, stamp):
            if record.kind and record.is_own:
                found.records[to.name] += 1
                found.digests.setdefault(record.kind, Digest()).add(record.id, record.hash)
                found.places.add(record.id, place_hash(record.part, record.line))
                if record.hash.hex() == record.told and not record.is_marked:
                    continue
            found.altered_count += 1
            if len(found.altered) < SHOWN:
                found.altered.append(Altered(to.name, record.id, record.kind, record.source_id, record.line))
    return found


class _Stored(NamedTuple):
    id: str
    kind: str
    source_id: str
    part: int
    line: int
    hash: bytes
    told: str
    is_own: bool
    is_marked: bool


def _records(store: Store, to: Shape, workspace_id: str, stamp: Stamp | None) -> Iterator[_Stored]:
    """`source_kind IS NOT NULL` leaves out what people made in a live store."""
    place_id, place_kind, place_key = (to.place(n) for n in ("id", "source_kind", "source_id"))
    end = len(to.content)
    differs, given = marked(store, to, stamp)
    own = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
    own = '"workspace_id" = ? AND "source_kind" IS NOT NULL'
    where, which = (own, [workspace_id]) if store.is_live else ("TRUE", [])
    with store.database.connection(reading=True) as connection:
        columns = canonical_columns(connection, to, (*to.content, "content_hash", "part", "line", "workspace_id"))
        sql = f"SELECT {columns}, {differs} FROM {at(store.schema, to.name)} WHERE {where}"
        for row in stream(connection, to, sql, (*given, *which)):
            told, part, line, workspace, is_marked = row[end:]
            yield _Stored(
                str(row[place_id]),
                str(row[place_kind] or ""),
                str(row[place_key] or ""),
                int(part or 0),
                int(line or 0),
                content_hash(to.content, row),
                str(told),
                workspace == workspace_id,
                bool(is_marked),
            )


def marked(store: Store, to: Shape, stamp: Stamp | None) -> tuple[str, list[str]]:
    """SQL that is true where bookkeeping is not what loading wrote, and its parameters, for one table of a store."""
    if stamp is None:
        return "FALSE", []
    values = {Value.MIGRATION: stamp.migration_id, Value.MOMENT: moment_text(stamp.moment)}
    columns = [name for name in to.rest if name not in ("part", "line")]  # the digest of places proves these
    moment = "?" if store.is_sqlite else "?::timestamptz"
    sql = differs_from(columns, moment=moment, known=(*values, Value.ONE, Value.NOTHING))
    given = [values[line.value] for line in BOOKKEEPING if line.column in columns and line.value in values]
    return f"({sql.replace('IS DISTINCT FROM', 'IS NOT') if store.is_sqlite else sql})", given
