"""Live records that a row became in an earlier export and no longer becomes: they leave Caspen with the later export.

A cleared consent, the long note of a visit whose note is short now, and the visit of one client that is a group now are
such former records. Loading names them in the proof of the part; see `removed_records` for what promotion does.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.engine import Connection

from app.caspen.live_records import LiveRecord, load_live_records
from app.caspen.part_fences import loaded_parts
from app.caspen.record_ids import Ids
from app.caspen.references import parents_of, values_of
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import among, at, batches, fetch
from app.caspen.stores import Store
from app.caspen.tables import BY_NAME, OBJECTS

SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)
Stands = Callable[[str, Collection[str]], Collection[str]]
"""Receives a kind and source ids, returns those of which the export has a row."""


class Former(Protocol):
    """A record that a row may have become before: see `FormerRecord` of the mapping room, which is above this room."""

    @property
    def table(self) -> str: ...
    @property
    def source_kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def is_replaced(self) -> bool: ...
    @property
    def is_family(self) -> bool: ...
    @property
    def through(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def but(self) -> Sequence[str]: ...
    @property
    def endings(self) -> Sequence[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class LiveFormer:
    """A former record that is live, with the records without which it cannot be, each with its table.

    `is_replaced`: other records of the row take its place. `in_use`: a record leads to it, for a replaced one a record
    that the export does not bring.
    """

    table: str
    id: str
    kind: str
    parents: tuple[tuple[str, str], ...]
    live: LiveRecord
    is_replaced: bool = False
    in_use: bool = False


@dataclass(slots=True)
class FormerOfPart:
    """The live former records of a part by line, and the ids of those that an earlier migration removed, by table."""

    by_line: dict[int, list[LiveFormer]] = field(default_factory=dict)
    removed: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sought:
    line: int
    kind: str
    key: str
    is_replaced: bool
    follows: tuple[str, str] = ("", "")


def has_earlier(live: Store, workspace_id: str, migration_id: str) -> bool:
    """Whether the live workspace has a record that another migration brought or removed."""
    with live.database.connection(reading=True) as connection:
        return any(
            fetch(
                connection,
                f'SELECT 1 FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND "migration_id" IS NOT NULL '
                'AND "migration_id" <> ? LIMIT 1',
                (workspace_id, migration_id),
            )
            for table in (*(to.name for to in SHAPES), "removed_records")
        )


def former_of_trial(store: Store, migration_id: str, trial: int) -> dict[str, frozenset[str]]:
    """The ids of the former records that the proofs of a trial's parts name, by table."""
    with store.database.connection(reading=True) as connection:
        return former_in(connection, store.schema, migration_id, trial)


def former_in(connection: Connection, schema: str, migration_id: str, trial: int) -> dict[str, frozenset[str]]:
    """As `former_of_trial`, in the caller's transaction."""
    former: dict[str, frozenset[str]] = {}
    for part in (loaded_parts(connection, schema, migration_id, trial) or {}).values():
        for table, ids in part.former.items():
            former[table] = former.get(table, frozenset()).union(ids)
    return former


def find_former(
    live: Store,
    ids: Ids,
    former: Mapping[int, Sequence[Former]],
    becomes: Mapping[str, Collection[str]],
    stands: Stands | None = None,
) -> FormerOfPart:
    """The former records of a part's rows that are live, or that an earlier migration removed.

    `becomes` are the ids of the records that rows of the part become, by table. Without `stands` no row stands in the
    export.
    """
    of_part = FormerOfPart()
    sought = _sought(live, ids, former)
    staying: set[tuple[str, str]] = set()
    in_order = [name for name in BY_NAME if name in sought]  # a whole note comes after the visit that it follows
    wanted = {
        table: [record_id for record_id in sought[table] if record_id not in becomes.get(table, ())]
        for table in in_order
    }
    records = load_live_records(live, ids.workspace_id, wanted)
    with live.database.connection(reading=True) as connection:
        for table, some in wanted.items():
            there = records.get(table, {})
            absent = [record_id for record_id in some if record_id not in there]
            if removed := _removed_among(connection, live.schema, ids.workspace_id, table, absent):
                of_part.removed[table] = removed
            parents = _parents(connection, live.schema, ids.workspace_id, shape(table), there)
            replaced = [record_id for record_id in there if sought[table][record_id].is_replaced]
            used = _used(connection, live, ids.workspace_id, table, replaced, wanted, stands)
            others = [record_id for record_id in there if not sought[table][record_id].is_replaced]
            used |= _used(connection, live, ids.workspace_id, table, others, wanted, None)
            staying.update((table, record_id) for record_id in used if not sought[table][record_id].is_replaced)
            for record_id, record in there.items():
                of = sought[table][record_id]
                if of.follows in staying:
                    continue
                of_part.by_line.setdefault(of.line, []).append(
                    LiveFormer(table, record_id, of.kind, parents[record_id], record, of.is_replaced, record_id in used)
                )
    return of_part


def _sought(live: Store, ids: Ids, former: Mapping[int, Sequence[Former]]) -> dict[str, dict[str, _Sought]]:
    """What to look for, by table and id. Families are looked up in the live workspace by their keys."""
    sought: dict[str, dict[str, _Sought]] = {}
    families: dict[tuple[str, str, str], dict[str, tuple[int, Former]]] = {}
    for line, some in former.items():
        for each in some:
            if each.is_family:
                families.setdefault((each.table, each.source_kind, each.through), {})[each.key] = (line, each)
                continue
            record_id = ids.derive(each.table, each.source_kind, each.key)
            sought.setdefault(each.table, {})[record_id] = _Sought(line, each.source_kind, each.key, each.is_replaced)
    for (table, kind, through), by_key in families.items():
        for record_id, key in _family_keys(live, ids, (table, kind, through), [each for _, each in by_key.values()]):
            beginning = next((b for b in _beginnings(key) if b in by_key), None)
            if beginning is None:
                continue
            line, each = by_key[beginning]
            if key in each.but:
                continue
            sought.setdefault(table, {})[record_id] = _Sought(line, kind, key, each.is_replaced)
            for other, suffix in each.endings:
                ended = _Sought(line, kind, f"{key}{suffix}", each.is_replaced, (table, record_id))
                sought.setdefault(other, {}).setdefault(ids.derive(other, kind, ended.key), ended)
    return sought


def _beginnings(key: str) -> Iterator[str]:
    """Each beginning of a key that ends with a mark, such as `77:` of `77:1234567`."""
    return (key[: place + 1] for place, mark in enumerate(key) if mark in ":/")


def _family_keys(live: Store, ids: Ids, of: tuple[str, str, str], some: Sequence[Former]) -> Iterator[tuple[str, str]]:
    """The id and key of the live records among which a family's records are, and of those that were removed."""
    table, kind, through = of
    columns = f'SELECT "id", "source_id" FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND "source_kind" = ?'
    with live.database.connection(reading=True) as connection:
        if through:
            for piece in batches({each.to for each in some}):
                which, given = among(connection, f'"{through}"', piece)
                yield from fetch(connection, f"{columns} AND {which}", (ids.workspace_id, kind, given))
        else:
            yield from fetch(connection, columns, (ids.workspace_id, kind))
        removed = (
            f'SELECT "id", "source_id" FROM {at(live.schema, "removed_records")} WHERE "workspace_id" = ? '
            'AND "object" = ? AND "source_kind" = ?'
        )
        yield from fetch(connection, removed, (ids.workspace_id, table, kind))


def _removed_among(connection: Connection, schema: str, workspace_id: str, table: str, ids: Sequence[str]) -> list[str]:
    removed: set[str] = set()
    for piece in batches(ids):
        which, given = among(connection, '"id"', piece)
        sql = f'SELECT "id" FROM {at(schema, "removed_records")} WHERE "workspace_id" = ? AND "object" = ? AND {which}'
        removed.update(str(row[0]) for row in fetch(connection, sql, (workspace_id, table, given)))
    return sorted(removed)


def _parents(
    connection: Connection, schema: str, workspace_id: str, to: TableShape, ids: Iterable[str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    references = parents_of(to.name)
    columns = "".join(f', "{reference.column}"' for reference in references)
    parents: dict[str, tuple[tuple[str, str], ...]] = {}
    for piece in batches(ids):
        which, given = among(connection, '"id"', piece)
        sql = f'SELECT "id"{columns} FROM {at(schema, to.name)} WHERE "workspace_id" = ? AND {which}'
        for record_id, *cells in fetch(connection, sql, (workspace_id, given)):
            named = zip(references, cells, strict=True)
            parents[str(record_id)] = tuple((each.tables[0], str(cell)) for each, cell in named)
    return parents


def _used(
    connection: Connection,
    live: Store,
    workspace_id: str,
    table: str,
    ids: Sequence[str],
    own: Mapping[str, Collection[str]],
    stands: Stands | None,
) -> set[str]:
    """The live records among `ids` to which a record leads that is no former record, whose row the export lacks or
    that a person touched. `own` are the former records by table."""
    used: set[str] = set()
    for model in OBJECTS if ids else ():
        by = shape(str(model.__tablename__))
        for reference in model.references:
            if table not in reference.tables:
                continue
            source, value = values_of(connection, at(live.schema, by.name), reference)
            which, given = among(connection, value, ids)
            sql = (
                f'SELECT record."id", {value}, record."source_kind", record."source_id", record."version" '
                f'FROM {source} WHERE record."workspace_id" = ? AND record."deleted_at" IS NULL AND {which}'
            )
            leading = [
                row for row in fetch(connection, sql, (workspace_id, given)) if row[0] not in own.get(by.name, ())
            ]
            by_kind: dict[str, set[str]] = {}
            for _, _, kind, key, version in leading:
                if kind is not None and key is not None and version == 1:
                    by_kind.setdefault(str(kind), set()).add(str(key))
            coming = {(kind, key) for kind, keys in by_kind.items() for key in (stands(kind, keys) if stands else ())}
            used.update(str(row[1]) for row in leading if (row[2], row[3]) not in coming)
    return used
