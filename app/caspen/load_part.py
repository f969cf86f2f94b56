"""Writes one part of a trial into its store: its records and the proof of loading, in one transaction.

Records that a person edited or deleted in Caspen since the last import are never overwritten. The other records of the
same row are written: a link to a record that is not written leads to the live workspace.

A record that brings something is held with its parent: when a person deleted the parent in Caspen, or when the parent
is a client whose row is held. A record that equals what the last import brought brings nothing, and is never held.

A live record that a row no longer becomes goes with the row's other records: see `former_records`. A row whose new
records take the place of one that cannot go is held.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from app.caspen.canonical_values import moment_text
from app.caspen.digests import Digest, Digests, content_hash, place_hash
from app.caspen.former_records import Former, LiveFormer, Stands, find_former
from app.caspen.kept_columns import KeptColumns, load_kept_cells
from app.caspen.live_records import LiveRecord, deleted_among, load_live_records
from app.caspen.part_fences import Fate, PartKey, PartLoaded, claim, void
from app.caspen.record_ids import Ids
from app.caspen.references import OWNER, parents_of
from app.caspen.row_codec import Row, TableShape, Unloadable, shape
from app.caspen.statements import at, change, write
from app.caspen.stores import Store, Stores
from app.caspen.tables import OBJECTS
from app.db import now


class MappedRecord(Protocol):
    """A record as mapping made it: see `Record` of the mapping room, which is above this room."""

    @property
    def table(self) -> str: ...
    @property
    def source_kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Any]: ...
    @property
    def elsewhere(self) -> bool: ...


PARTS_AT_ONCE = 500
RowRecords = tuple[int, Sequence[MappedRecord]]  # a row's line and its records


class LoadFailed(Exception):
    """The database refused a part. Carries only the database's code: the full message may quote a patient's record."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the database refused the part ({code})")
        self.code = code


@dataclass(slots=True)
class _Ready:
    """A record in canonical form, with its id and content hash. `cells` and `hash` are empty when another row writes
    the record. `parents` are the records without which it cannot be, each with its table. `former` is set for a live
    record that the row no longer becomes."""

    shape: TableShape
    id: str
    kind: str
    cells: Row
    hash: bytes
    parents: tuple[tuple[str, str], ...]
    former: LiveFormer | None = None

    @property
    def is_owned(self) -> bool:
        return self.former is None and any(table == OWNER for table, _ in self.parents)


@dataclass(slots=True)
class _Part:
    """A part in preparation: the rows to write by table, and the fate of each source row. Lines: see PartLoaded."""

    fates: dict[int, Fate] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    orphans: list[int] = field(default_factory=list)
    new_orphans: list[int] = field(default_factory=list)
    held_ids: dict[int, tuple[str, ...]] = field(default_factory=dict)
    former: dict[str, list[str]] = field(default_factory=dict)
    cleared: list[int] = field(default_factory=list)
    held_in_use: list[int] = field(default_factory=list)
    left_in_use: list[int] = field(default_factory=list)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    digests: Digests = field(default_factory=dict)
    places: Digest = field(default_factory=Digest)


def load_part(
    stores: Stores,
    store: Store,
    ids: Ids,
    key: PartKey,
    rows: Iterable[RowRecords],
    *,
    moment: datetime | None = None,
    held: Collection[str] = (),
    former: Mapping[int, Sequence[Former]] | None = None,
    stands: Stands | None = None,
    kept: KeptColumns | None = None,
    unread: Mapping[int, KeptColumns] | None = None,
) -> PartLoaded:
    """Loads one part's mapped rows into a trial store. `held` are the records that other parts of the trial held.

    `former` are the records that rows may have become in an earlier export, by line; also of rows that no longer become
    any record. Those that a row becomes now are ignored.

    `kept` is what the export has no column for, and `unread` by line what cells that cannot be read would have given: a
    record that is live keeps its values there.

    A part that the store already holds is not written again: the result in its fence is returned, marked `adopted`.
    Raises StaleEpoch when a newer holder of the part has written, Unloadable when a record does not fit its table, and
    LoadFailed when the database refuses.
    """
    known = claimed_before(store, key)
    if known is not None:
        return known
    ready = [(line, [_prepare(ids, record) for record in records]) for line, records in rows]
    becomes = _ids_by_table(ready)
    if kept is not None or unread:
        ready = _with_kept(stores.live, ids.workspace_id, ready, kept or KeptColumns(), unread or {})
    live = load_live_records(stores.live, ids.workspace_id, becomes)
    earlier: dict[str, list[str]] = {}
    if former:
        of_part = find_former(
            stores.live, ids, former, {table: frozenset(some) for table, some in becomes.items()}, stands
        )
        earlier = of_part.removed
        ready = _with_former(ready, of_part.by_line)
    part = _decide(stores.live, ready, live, _Stamp(ids, key, moment_text(moment or now())), key.part, frozenset(held))
    for table, some in earlier.items():
        part.former.setdefault(table, []).extend(some)
    loaded = PartLoaded(
        part.fates,
        dict(part.records),
        part.digests,
        places=part.places,
        kept=tuple(part.kept),
        orphans=tuple(part.orphans),
        new_orphans=tuple(part.new_orphans),
        held_ids=part.held_ids,
        former={table: tuple(sorted(some)) for table, some in part.former.items()},
        cleared=tuple(part.cleared),
        held_in_use=tuple(part.held_in_use),
        left_in_use=tuple(part.left_in_use),
    )
    try:
        with store.database.connection() as connection:
            adopted = claim(connection, store.schema, key, loaded)
            if adopted is None:
                for table, written in part.rows.items():
                    write(connection, store.schema, shape(table), list(written.values()))
    except (sa.exc.DBAPIError, psycopg.Error, sqlite3.Error) as error:
        code = _refusal(error)
    else:
        return adopted or loaded
    raise LoadFailed(code)


def unload_parts(store: Store, keys: Iterable[PartKey]) -> None:
    """Deletes the records of parts from a trial store, in one transaction, so that the parts are loaded again.

    `keys` carry an epoch newer than that of every holder so far. A part that a newer holder has loaded meanwhile is
    kept. A second call changes nothing.
    """
    with store.database.connection() as connection:
        parts = [key.part for key in keys if void(connection, store.schema, key)]
        for start in range(0, len(parts), PARTS_AT_ONCE):
            some = ", ".join(str(int(part)) for part in parts[start : start + PARTS_AT_ONCE])
            for model in OBJECTS:
                change(connection, f'DELETE FROM {at(store.schema, str(model.__tablename__))} WHERE "part" IN ({some})')


def _refusal(error: Exception) -> str:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or type(cause).__name__)


def claimed_before(store: Store, key: PartKey) -> PartLoaded | None:
    """The result of a part that an earlier holder has written, or None."""
    with store.database.connection(reading=True) as connection:
        return claim(connection, store.schema, key, None)


class _Stamp:
    """The bookkeeping of a part's records, by table. Only the line and the hash differ between records."""

    def __init__(self, ids: Ids, key: PartKey, moment: str) -> None:
        self.workspace_id = ids.workspace_id
        self._common: dict[str, Any] = {
            "workspace_id": ids.workspace_id,
            "migration_id": key.migration_id,
            "part": key.part,
            "version": 1,
            "imported_at": moment,
            "created_at": moment,
        }
        self._alike: dict[str, tuple[list[Any], int, int]] = {}

    def rest(self, to: TableShape, line: int, content: bytes) -> Row:
        if to.name not in self._alike:
            alike = [self._common.get(name) for name in to.rest]
            self._alike[to.name] = (alike, to.rest.index("line"), to.rest.index("content_hash"))
        cells, at_line, at_hash = self._alike[to.name]
        cells[at_line], cells[at_hash] = line, content.hex()
        return tuple(cells)


def _prepare(ids: Ids, record: MappedRecord) -> _Ready:
    to = shape(record.table)
    prefix = record.table
    if prefix == "services" and record.values.get("kind") == "activity":
        prefix = "activities"
    record_id = ids.derive(prefix, record.source_kind, record.key)
    if record.elsewhere:
        named = ((reference.tables[0], record.values.get(reference.column)) for reference in parents_of(to.name))
        parents = tuple((table, str(parent)) for table, parent in named if parent)
        return _Ready(to, record_id, record.source_kind, (), b"", parents)
    identity = {"id": record_id, "source": ids.source, "source_kind": record.source_kind, "source_id": record.key}
    return _ready(to, record_id, record.source_kind, to.cells(record.values, identity))


def _ready(to: TableShape, record_id: str, kind: str, cells: Row) -> _Ready:
    parents = tuple((each.tables[0], str(cells[to.place(each.column)])) for each in parents_of(to.name))
    try:
        return _Ready(to, record_id, kind, cells, content_hash(to.content, cells), parents)
    except UnicodeEncodeError:
        pass  # an unpaired surrogate; the exception holds the whole record, so it is dropped here
    raise Unloadable(to.name, "?")


def _with_kept(
    live: Store,
    workspace_id: str,
    ready: Sequence[tuple[int, list[_Ready]]],
    kept: KeptColumns,
    unread: Mapping[int, KeptColumns],
) -> list[tuple[int, list[_Ready]]]:
    """The rows, with the values of their live records where these are kept."""
    wanted: dict[str, list[str]] = {}
    for line, records in ready:
        tables = kept.tables | unread[line].tables if line in unread else kept.tables
        for record in records if tables else ():
            if record.shape.name in tables:
                wanted.setdefault(record.shape.name, []).append(record.id)
    cells = {table: load_kept_cells(live, workspace_id, table, ids) for table, ids in wanted.items()}

    def as_live(line: int, record: _Ready) -> _Ready:
        old = cells.get(record.shape.name, {}).get(record.id)
        if old is None or not record.hash:
            return record
        to, new = record.shape, list(record.cells)
        key = str(new[to.place("source_id")])
        for column in kept.of(to.name, key) | (unread[line].of(to.name, key) if line in unread else frozenset()):
            new[to.place(column)] = old[to.place(column)]
        return _ready(to, record.id, record.kind, tuple(new))

    return [(line, [as_live(line, record) for record in records]) for line, records in ready]


def _ids_by_table(ready: Sequence[tuple[int, list[_Ready]]]) -> Mapping[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for _, records in ready:
        for record in records:
            ids.setdefault(record.shape.name, []).append(record.id)
    return ids


def _with_former(
    ready: Sequence[tuple[int, list[_Ready]]], former: Mapping[int, Sequence[LiveFormer]]
) -> list[tuple[int, list[_Ready]]]:
    """The rows with their live former records. A row that becomes no record has these alone."""
    rows = dict(ready)
    for line, some in former.items():
        records = [_Ready(shape(each.table), each.id, each.kind, (), b"", each.parents, each) for each in some]
        rows[line] = [*rows.get(line, ()), *records]
    return list(rows.items())


def _decide(
    workspace: Store,
    ready: Sequence[tuple[int, list[_Ready]]],
    live: Mapping[str, Mapping[str, LiveRecord]],
    stamp: _Stamp,
    number: int,
    held: frozenset[str],
) -> _Part:
    compared = [
        [_compare(record, live.get(record.shape.name, {}).get(record.id), held) for record in records]
        for _, records in ready
    ]
    gone = deleted_among(workspace, stamp.workspace_id, _parents_by_table(ready, compared))
    clients = held.union(
        record.id
        for (_, records), fates in zip(ready, compared, strict=True)
        for record, fate in zip(records, fates, strict=True)
        if fate is Fate.HELD and record.shape.name == OWNER
    )
    part = _Part()
    for (line, records), before in zip(ready, compared, strict=True):
        fates = _with_parents(records, before, gone, clients)
        if any(record.former is None for record in records):
            part.fates[line] = _fate(fates)
        _note_lines(part, line, records, before, fates)
        _note_former(part, line, records, before, fates)
        place = place_hash(number, line)
        for record, fate in zip(records, fates, strict=True):
            if not record.hash or fate is Fate.HELD:
                continue
            if record.id in part.rows.get(record.shape.name, ()):
                continue  # several rows describe this record, and the part already holds it
            rest = stamp.rest(record.shape, line, record.hash)
            part.rows.setdefault(record.shape.name, {})[record.id] = record.cells + rest
            part.records[record.shape.name] += 1
            part.digests.setdefault(record.kind, Digest()).add(record.id, record.hash)
            part.places.add(record.id, place)
    return part


def _compare(record: _Ready, live: LiveRecord | None, held: frozenset[str]) -> Fate:
    if record.former is not None:
        return _compare_former(record.former)
    if live is None:
        return Fate.CREATED
    if not record.hash:  # another row writes the record, and decides
        return Fate.HELD if record.id in held else Fate.UNCHANGED
    if record.hash == live.brought:
        return Fate.UNCHANGED  # also when a person changed or deleted the record: the row brings nothing new
    if live.deleted:
        return Fate.HELD
    if live.hash == record.hash:
        return Fate.UNCHANGED
    return Fate.HELD if live.edited else Fate.UPDATED


def _compare_former(former: LiveFormer) -> Fate:
    if former.live.deleted or (former.in_use and not former.is_replaced):
        return Fate.UNCHANGED
    return Fate.HELD if former.live.edited or former.in_use else Fate.UPDATED


def _is_replaced(record: _Ready) -> bool:
    return record.former is not None and record.former.is_replaced


BRINGS = (Fate.CREATED, Fate.UPDATED)


def _parents_by_table(
    ready: Sequence[tuple[int, list[_Ready]]], compared: Sequence[Sequence[Fate]]
) -> Mapping[str, set[str]]:
    """The parents of the records that bring something."""
    ids: dict[str, set[str]] = {}
    for (_, records), fates in zip(ready, compared, strict=True):
        for record, fate in zip(records, fates, strict=True):
            for table, parent in record.parents if fate in BRINGS else ():
                ids.setdefault(table, set()).add(parent)
    return ids


def _with_parents(
    records: Sequence[_Ready], fates: Sequence[Fate], gone: frozenset[str], clients: frozenset[str]
) -> list[Fate]:
    """The fates of a row's records: a record that brings something is held with its parent.

    A class without a client who comes is held as well, and a row whose records would stand beside the former record
    that they replace. `gone` are deleted parents, `clients` held clients.
    """

    def is_orphan(record: _Ready) -> bool:
        return any(parent in gone or (table == OWNER and parent in clients) for table, parent in record.parents)

    judged = [
        Fate.HELD if fate in BRINGS and is_orphan(record) else fate for record, fate in zip(records, fates, strict=True)
    ]
    if any(fate is Fate.HELD and _is_replaced(record) for record, fate in zip(records, judged, strict=True)):
        return [Fate.HELD if fate in BRINGS else fate for fate in judged]
    owned = [fate for record, fate in zip(records, judged, strict=True) if record.is_owned]
    if judged != fates and owned and all(fate is Fate.HELD for fate in owned):
        return [Fate.HELD if fate in BRINGS else fate for fate in judged]
    return judged


def _note_lines(
    part: _Part, line: int, records: Sequence[_Ready], before: Sequence[Fate], fates: Sequence[Fate]
) -> None:
    """Notes why records of a row are held: changed in Caspen, or held with their parent or the record they add to."""
    own = {record.id for record in records}
    is_stuck = any(was is Fate.HELD and _is_replaced(record) for record, was in zip(records, before, strict=True))
    changed, with_parent, with_own = [], False, False
    for record, was, fate in zip(records, before, fates, strict=True):
        if was is Fate.HELD and record.former is not None:
            if record.former.live.edited:
                changed.append(record.id)
            else:
                with_own = True
        elif was is Fate.HELD and record.hash:
            changed.append(record.id)
        elif was is Fate.HELD or (
            was is not fate and not is_stuck and own.isdisjoint(parent for _, parent in record.parents)
        ):
            with_parent = True
        elif was is not fate:
            with_own = True
    is_held = part.fates.get(line) is Fate.HELD
    if changed:
        part.held_ids[line] = tuple(changed)
    if (changed or with_own) and not is_held:
        part.kept.append(line)
    if with_parent and not (is_held and (changed or with_own)):
        part.orphans.append(line)
        if is_held and set(before) == {Fate.CREATED}:
            part.new_orphans.append(line)


def _note_former(
    part: _Part, line: int, records: Sequence[_Ready], before: Sequence[Fate], fates: Sequence[Fate]
) -> None:
    """Notes the live records that a row no longer becomes, and the row that is held because one of them cannot go.

    Rows that refer to such a held row are held with it where its own records are all new.
    """
    goes = [record for record, fate in zip(records, fates, strict=True) if record.former and fate is Fate.UPDATED]
    for record in goes:
        part.former.setdefault(record.shape.name, []).append(record.id)
    if goes:
        part.cleared.append(line)
    if any(record.former and record.former.in_use and not record.former.is_replaced for record in records):
        part.left_in_use.append(line)
    stuck = [r for r, was in zip(records, before, strict=True) if was is Fate.HELD and _is_replaced(r)]
    if not stuck or part.fates.get(line) is not Fate.HELD:
        return
    if not any(record.former and record.former.live.edited for record in stuck):
        part.held_in_use.append(line)
    own = {was for record, was in zip(records, before, strict=True) if record.former is None}
    if own == {Fate.CREATED} and line not in part.new_orphans:
        part.new_orphans.append(line)


def _fate(of_records: Sequence[Fate]) -> Fate:
    """A row's fate from those of its records. A row is held when it creates and updates nothing, and a record of the
    row is held."""
    for fate in (Fate.CREATED, Fate.UPDATED, Fate.HELD):
        if fate in of_records:
            return fate
    return Fate.UNCHANGED
