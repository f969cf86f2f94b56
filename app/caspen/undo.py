"""Takes a finalised migration back: its records go, what it replaced returns, and what people touched stays."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.engine import Connection

from app.caspen.edits import DELETED, TOUCHED, list_touched, not_deleted, untouched
from app.caspen.shapes import Shape, shape
from app.caspen.statements import at, change, fetch, is_sqlite
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS

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
    """Records by table, and those that stay."""

    removed: Counter[str] = field(default_factory=Counter)
    restored: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)


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
    """Undoes a migration in one transaction. Doing it twice changes nothing the second time."""
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


def _undo(what: _Undo) -> Undone:
    done = Undone()
    version = 'SET "version" = "version" + 1 WHERE "id" = ?'
    change(what.connection, f"UPDATE {what.at('workspaces')} {version}", (what.workspace_id,))
    list_touched(what.connection, what.schema, what.workspace_id)
    done.kept += [kept for to in SHAPES for kept in _touched(what, to)]
    for to in SHAPES:
        done.restored[to.name] += _restore(what, to)
    change(
        what.connection,
        f'DELETE FROM {what.at("journal")} WHERE "workspace_id" = ? AND "migration_id" = ?',
        (what.workspace_id, what.migration_id),
    )
    while sum(_remove(what, to, done) for to in reversed(SHAPES)):
        pass  # what referred to a record may have gone only after it was looked at
    done.kept += [kept for to in SHAPES for kept in _left(what, to)]
    return done


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


def _remove(what: _Undo, to: Shape, done: Undone) -> int:
    """Removes what the migration brought and nobody touched, unless something that stays refers to it."""
    here = what.at(to.name)
    free = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {what.at(str(model.__tablename__))} AS other "
        f'WHERE other."workspace_id" = {here}."workspace_id" AND other."{reference.column}" = {here}."id" '
        f"AND {not_deleted(shape(str(model.__tablename__)), 'other')})"
        for model in OBJECTS
        for reference in model.references
        if to.name in reference.tables and not reference.several
    )
    sql = (
        f'DELETE FROM {here} WHERE "workspace_id" = ? AND "migration_id" = ? AND {untouched(to, here)} '
        f"AND {free or 'TRUE'}"
    )
    removed = change(what.connection, sql, (what.workspace_id, what.migration_id))
    done.removed[to.name] += removed
    return removed


def _left(what: _Undo, to: Shape) -> Iterator[Kept]:
    sql = (
        f'SELECT "id", "source_kind", "source_id" FROM {what.at(to.name)} AS here WHERE "workspace_id" = ? '
        f'AND "migration_id" = ? AND {untouched(to, "here")}'
    )
    for record_id, kind, key in fetch(what.connection, sql, (what.workspace_id, what.migration_id)):
        yield Kept(to.name, record_id, kind, key, Why.IN_USE)
