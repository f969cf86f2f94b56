"""Undoes a finalised migration: its records go, the replaced records return, and touched records are kept.

Records that a later live migration holds too are kept, and belong to that migration from then on.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from sqlalchemy.engine import Connection

from app.caspen.edit_entries import DELETED, TOUCHED, list_touched, not_deleted, untouched
from app.caspen.references import values_of
from app.caspen.removed_records import forget_removed, restore_removed
from app.caspen.replaced_records import journal_digest
from app.caspen.row_codec import TableShape, shape
from app.caspen.shared_records import hand_over, later_journals
from app.caspen.statements import among, at, batches, change, fetch, is_sqlite
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS, Reference

SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)


class Why(StrEnum):
    """The reason why a record of the migration is kept."""

    EDITED = "edited"
    DELETED = "deleted"
    IN_USE = "in_use"  # a kept record refers to it, such as a new visit of an imported client


@dataclass(frozen=True, slots=True)
class Kept:
    table: str
    id: str
    source_kind: str
    source_id: str
    why: Why


@dataclass(slots=True)
class Undone:
    """Records by table, and the records that are kept.

    `later` counts records kept because a later migration holds them too. `left_over` counts removed records of
    migrations that were undone before: other records needed them until now. `journals` holds the digest of each later
    migration's journal before and after the undo, where the undo changed the journal.
    """

    removed: Counter[str] = field(default_factory=Counter)
    restored: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)
    later: Counter[str] = field(default_factory=Counter)
    journals: dict[str, tuple[str, str]] = field(default_factory=dict)
    left_over: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> str:
        kept = [asdict(record) for record in self.kept]
        counters = {"removed": self.removed, "restored": self.restored, "later": self.later}
        counters["left_over"] = self.left_over
        return json.dumps({**counters, "kept": kept, "journals": self.journals})

    @classmethod
    def parse(cls, text: str) -> "Undone":
        """Parses the text of `to_json`."""
        stored = json.loads(text)
        kept = [Kept(**{**record, "why": Why(record["why"])}) for record in stored["kept"]]
        journals = {name: (before, after) for name, (before, after) in stored["journals"].items()}
        removed, restored, later = (Counter[str](stored[name]) for name in ("removed", "restored", "later"))
        return cls(removed, restored, kept, later, journals, Counter[str](stored.get("left_over", {})))


class _PreviewOnly(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Undo:
    connection: Connection
    schema: str
    workspace_id: str
    migration_id: str

    def at(self, table: str) -> str:
        return at(self.schema, table)


def undo(stores: Stores, workspace_id: str, migration_id: str) -> Undone:
    """Undoes a migration in one transaction. A second call changes nothing and returns the same result."""
    with stores.live.database.connection() as connection:
        return _undo(_Undo(connection, stores.live.schema, workspace_id, migration_id))


def preview_undo(stores: Stores, workspace_id: str, migration_id: str) -> Undone:
    """What `undo` would do now. Nothing is changed."""
    try:
        with stores.live.database.connection() as connection:
            done = _undo(_Undo(connection, stores.live.schema, workspace_id, migration_id))
            raise _PreviewOnly
    except _PreviewOnly:
        return done


def count_there(stores: Stores, workspace_id: str, records: Mapping[str, Collection[str]]) -> int:
    """How many of these records, ids by table, the live workspace still has. Deleted records do not count."""
    live, count = stores.live, 0
    with live.database.connection(reading=True) as connection:
        for table, ids in records.items():
            for piece in batches(sorted(ids)):
                which, given = among(connection, '"id"', piece)
                sql = f'SELECT count(*) FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND {which}'
                count += int(fetch(connection, f'{sql} AND "deleted_at" IS NULL', (workspace_id, given))[0][0])
    return count


def _undo(what: _Undo) -> Undone:
    version = 'SET "version" = "version" + 1 WHERE "id" = ?'
    change(what.connection, f"UPDATE {what.at('workspaces')} {version}", (what.workspace_id,))
    keys = (what.workspace_id, what.migration_id)
    before = f'SELECT "done" FROM {what.at("undone_moves")} WHERE "workspace_id" = ? AND "migration_id" = ?'
    for (text,) in fetch(what.connection, before, keys):
        return Undone.parse(text)
    done = Undone()
    list_touched(what.connection, what.schema, what.workspace_id)
    done.kept += [kept for to in SHAPES for kept in _touched(what, to)]
    _hand_over(what, done)
    for to in SHAPES:
        done.restored[to.name] += _restore(what, to)
        done.restored[to.name] += restore_removed(
            what.connection, what.schema, to, what.workspace_id, what.migration_id
        )
    forget_removed(what.connection, what.schema, what.workspace_id, what.migration_id)
    for table in ("journal", "live_moves", "live_matches", "delivered_columns"):
        change(what.connection, f'DELETE FROM {what.at(table)} WHERE "workspace_id" = ? AND "migration_id" = ?', keys)
    earlier = f'SELECT "migration_id" FROM {what.at("undone_moves")} WHERE "workspace_id" = ?'
    left_over = [replace(what, migration_id=name) for (name,) in fetch(what.connection, earlier, keys[:1])]
    while _remove_all(what, done.removed) + sum(_remove_all(other, done.left_over) for other in left_over):
        pass  # a record's referrer may have gone in the same round
    done.kept += [kept for to in SHAPES for kept in _left(what, to)]
    keep = f'INSERT INTO {what.at("undone_moves")} ("workspace_id", "migration_id", "done") VALUES (?, ?, ?)'
    change(what.connection, keep, (*keys, done.to_json()))
    return done


def _hand_over(what: _Undo, done: Undone) -> None:
    """Gives shared records to later migrations, and notes the changes of their journals."""
    place = (what.connection, what.schema, what.workspace_id)
    before = {name: str(journal_digest(*place, name)) for name in later_journals(*place, what.migration_id)}
    done.later = hand_over(*place, what.migration_id)
    for name, digest in before.items():
        after = str(journal_digest(*place, name))
        if after != digest:
            done.journals[name] = (digest, after)


def _touched(what: _Undo, to: TableShape) -> Iterator[Kept]:
    sql = (
        f'SELECT record."id", "source_kind", "source_id", person."act" = \'{DELETED}\' '
        f'FROM {what.at(to.name)} AS record JOIN "{TOUCHED}" AS person ON person."object" = \'{to.name}\' '
        'AND person."id" = record."id" '
        'WHERE record."workspace_id" = ? AND record."migration_id" = ?'
    )
    for record_id, kind, key, deleted in fetch(what.connection, sql, (what.workspace_id, what.migration_id)):
        yield Kept(to.name, record_id, kind, key, Why.DELETED if deleted else Why.EDITED)


def _restore(what: _Undo, to: TableShape) -> int:
    """Restores the records that the migration replaced, with their bookkeeping of that time."""
    columns = [name for name in to.columns if name not in ("workspace_id", "id")]
    if is_sqlite(what.connection):
        changes = ", ".join(f'"{name}" = json_extract(old."row", \'$."{name}"\')' for name in columns)
    else:
        names = ", ".join(f'"{name}"' for name in columns)
        parsed = f'json_populate_record(NULL::{what.at(to.name)}, old."row"::json)'
        changes = f"({names}) = (SELECT {names} FROM {parsed})"
    sql = (
        f"UPDATE {what.at(to.name)} AS record SET {changes} FROM {what.at('journal')} AS old "
        f'WHERE old."workspace_id" = record."workspace_id" AND old."object" = \'{to.name}\' AND old."id" = record."id" '
        'AND old."migration_id" = ? AND record."workspace_id" = ? AND record."migration_id" = ? '
        f"AND {untouched(to, 'record')}"
    )
    return change(what.connection, sql, (what.migration_id, what.workspace_id, what.migration_id))


def _remove_all(what: _Undo, removed: Counter[str]) -> int:
    """One round over all tables. Returns the number of removed records."""
    before = removed.total()
    for to in reversed(SHAPES):
        removed[to.name] += _remove(what, to)
    return removed.total() - before


def _remove(what: _Undo, to: TableShape) -> int:
    """Removes the migration's untouched records, unless a kept record refers to them."""
    own = what.at(to.name)
    free = " AND ".join(
        _is_free(what, own, shape(str(model.__tablename__)), reference)
        for model in OBJECTS
        for reference in model.references
        if to.name in reference.tables
    )
    sql = (
        f'DELETE FROM {own} WHERE "workspace_id" = ? AND "migration_id" = ? AND {untouched(to, own)} '
        f"AND {free or 'TRUE'}"
    )
    return change(what.connection, sql, (what.workspace_id, what.migration_id))


def _is_free(what: _Undo, target: str, by: TableShape, reference: Reference) -> str:
    """SQL that is true when no record leads to the record of `target` by this reference."""
    source, value = values_of(what.connection, what.at(by.name), reference, "other")
    return (
        f'NOT EXISTS (SELECT 1 FROM {source} WHERE other."workspace_id" = {target}."workspace_id" '
        f'AND {value} = {target}."id" AND {not_deleted(by, "other")})'
    )


def _left(what: _Undo, to: TableShape) -> Iterator[Kept]:
    sql = (
        f'SELECT "id", "source_kind", "source_id" FROM {what.at(to.name)} AS record WHERE "workspace_id" = ? '
        f'AND "migration_id" = ? AND {untouched(to, "record")}'
    )
    for record_id, kind, key in fetch(what.connection, sql, (what.workspace_id, what.migration_id)):
        yield Kept(to.name, record_id, kind, key, Why.IN_USE)
