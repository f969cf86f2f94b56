"""Takes a finalised migration back: its records go, what it replaced returns, and what people touched stays.

What a later migration that is live brought too stays as well, and is that migration's from then on.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from sqlalchemy.engine import Connection

from app.caspen.edits import DELETED, TOUCHED, list_touched, not_deleted, untouched
from app.caspen.journal import journal_digest
from app.caspen.links import values_of
from app.caspen.row_codec import Shape, shape
from app.caspen.shared import hand_over, later_journals
from app.caspen.statements import among, at, batches, change, fetch, is_sqlite
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS, Reference

SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)


class Why(StrEnum):
    """Why a record of the migration stays."""

    EDITED = "edited"
    DELETED = "deleted"
    IN_USE = "in_use"  # something that stays refers to it, such as a new visit of an imported client


@dataclass(frozen=True, slots=True)
class Kept:
    table: str
    id: str
    source_kind: str
    source_id: str
    why: Why


@dataclass(slots=True)
class Undone:
    """Records by table, and those that stay.

    `later` counts what stays because a later migration brought it too. `left_over` counts what went of migrations that
    were taken back before: records that others needed until now. `journals` holds the digest of the journal of
    each later migration before and after the undo, where the undo changed it.
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
        """Reads what `to_json` wrote."""
        stored = json.loads(text)
        kept = [Kept(**{**record, "why": Why(record["why"])}) for record in stored["kept"]]
        journals = {name: (before, after) for name, (before, after) in stored["journals"].items()}
        removed, restored, later = (Counter[str](stored[name]) for name in ("removed", "restored", "later"))
        return cls(removed, restored, kept, later, journals, Counter[str](stored.get("left_over", {})))


class _OnlyLooking(Exception):
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
    """Undoes a migration in one transaction. A second call changes nothing and gives the same answer."""
    with stores.live.database.connection() as connection:
        return _undo(_Undo(connection, stores.live.schema, workspace_id, migration_id))


def preview_undo(stores: Stores, workspace_id: str, migration_id: str) -> Undone:
    """What `undo` would do now. Nothing is changed."""
    try:
        with stores.live.database.connection() as connection:
            done = _undo(_Undo(connection, stores.live.schema, workspace_id, migration_id))
            raise _OnlyLooking
    except _OnlyLooking:
        return done


def count_there(stores: Stores, workspace_id: str, records: Mapping[str, Collection[str]]) -> int:
    """How many of these records, ids by table, the live workspace still has. A deleted record is not there."""
    live, there = stores.live, 0
    with live.database.connection(reading=True) as connection:
        for table, ids in records.items():
            for piece in batches(sorted(ids)):
                which, given = among(connection, '"id"', piece)
                sql = f'SELECT count(*) FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND {which}'
                there += int(fetch(connection, f'{sql} AND "deleted_at" IS NULL', (workspace_id, given))[0][0])
    return there


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
    change(
        what.connection,
        f'DELETE FROM {what.at("journal")} WHERE "workspace_id" = ? AND "migration_id" = ?',
        keys,
    )
    earlier = f'SELECT "migration_id" FROM {what.at("undone_moves")} WHERE "workspace_id" = ?'
    left_over = [replace(what, migration_id=name) for (name,) in fetch(what.connection, earlier, keys[:1])]
    while _remove_all(what, done.removed) + sum(_remove_all(other, done.left_over) for other in left_over):
        pass  # what referred to a record may have gone only after it was looked at
    done.kept += [kept for to in SHAPES for kept in _left(what, to)]
    keep = f'INSERT INTO {what.at("undone_moves")} ("workspace_id", "migration_id", "done") VALUES (?, ?, ?)'
    change(what.connection, keep, (*keys, done.to_json()))
    return done


def _hand_over(what: _Undo, done: Undone) -> None:
    """Gives what later migrations hold to them, and notes how their journals changed by that."""
    place = (what.connection, what.schema, what.workspace_id)
    before = {name: str(journal_digest(*place, name)) for name in later_journals(*place, what.migration_id)}
    done.later = hand_over(*place, what.migration_id)
    for name, digest in before.items():
        after = str(journal_digest(*place, name))
        if after != digest:
            done.journals[name] = (digest, after)


def _touched(what: _Undo, to: Shape) -> Iterator[Kept]:
    sql = (
        f'SELECT here."id", "source_kind", "source_id", person."act" = \'{DELETED}\' FROM {what.at(to.name)} AS here '
        f'JOIN "{TOUCHED}" AS person ON person."object" = \'{to.name}\' AND person."id" = here."id" '
        'WHERE here."workspace_id" = ? AND here."migration_id" = ?'
    )
    for record_id, kind, key, deleted in fetch(what.connection, sql, (what.workspace_id, what.migration_id)):
        yield Kept(to.name, record_id, kind, key, Why.DELETED if deleted else Why.EDITED)


def _restore(what: _Undo, to: Shape) -> int:
    """Puts back what the migration replaced, with whatever it was proven by then."""
    columns = [name for name in to.columns if name not in ("workspace_id", "id")]
    if is_sqlite(what.connection):
        changes = ", ".join(f'"{name}" = json_extract(old."row", \'$."{name}"\')' for name in columns)
    else:
        names = ", ".join(f'"{name}"' for name in columns)
        parsed = f'json_populate_record(NULL::{what.at(to.name)}, old."row"::json)'
        changes = f"({names}) = (SELECT {names} FROM {parsed})"
    sql = (
        f"UPDATE {what.at(to.name)} AS here SET {changes} FROM {what.at('journal')} AS old "
        f'WHERE old."workspace_id" = here."workspace_id" AND old."object" = \'{to.name}\' AND old."id" = here."id" '
        'AND old."migration_id" = ? AND here."workspace_id" = ? AND here."migration_id" = ? '
        f"AND {untouched(to, 'here')}"
    )
    return change(what.connection, sql, (what.migration_id, what.workspace_id, what.migration_id))


def _remove_all(what: _Undo, removed: Counter[str]) -> int:
    """One round over all tables. Of a migration that was taken back before, what others needed then may go now."""
    before = removed.total()
    for to in reversed(SHAPES):
        removed[to.name] += _remove(what, to)
    return removed.total() - before


def _remove(what: _Undo, to: Shape) -> int:
    """Removes what the migration brought and nobody touched, unless something that stays refers to it."""
    here = what.at(to.name)
    free = " AND ".join(
        _is_free(what, here, shape(str(model.__tablename__)), reference)
        for model in OBJECTS
        for reference in model.references
        if to.name in reference.tables
    )
    sql = (
        f'DELETE FROM {here} WHERE "workspace_id" = ? AND "migration_id" = ? AND {untouched(to, here)} '
        f"AND {free or 'TRUE'}"
    )
    return change(what.connection, sql, (what.workspace_id, what.migration_id))


def _is_free(what: _Undo, here: str, by: Shape, reference: Reference) -> str:
    """The condition that no record leads to the one in `here` by this reference."""
    source, value = values_of(what.connection, what.at(by.name), reference, "other")
    return (
        f'NOT EXISTS (SELECT 1 FROM {source} WHERE other."workspace_id" = {here}."workspace_id" '
        f'AND {value} = {here}."id" AND {not_deleted(by, "other")})'
    )


def _left(what: _Undo, to: Shape) -> Iterator[Kept]:
    sql = (
        f'SELECT "id", "source_kind", "source_id" FROM {what.at(to.name)} AS here WHERE "workspace_id" = ? '
        f'AND "migration_id" = ? AND {untouched(to, "here")}'
    )
    for record_id, kind, key in fetch(what.connection, sql, (what.workspace_id, what.migration_id)):
        yield Kept(to.name, record_id, kind, key, Why.IN_USE)
