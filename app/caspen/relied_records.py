"""The live records that a trial leads to, and whether they still exist when the trial is to go live.

A trial leaves out what the workspace already has: its records lead to locations, people, services and lists that people
made or that an earlier migration brought. People may delete these, and an earlier migration may be undone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from app.caspen.edit_entries import DELETED, entries, untouched
from app.caspen.references import dangling_links_in, values_of
from app.caspen.row_codec import shape
from app.caspen.statements import among, at, fetch, ids_there
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import OBJECTS

Ids = Mapping[str, frozenset[str]]  # by table


@dataclass(frozen=True, slots=True)
class ActsSoFar:
    """The acts in a live workspace up to a moment: the migrations that were undone, and the last entry's number."""

    undone: frozenset[str]
    entries: int


@dataclass(frozen=True, slots=True)
class Relied:
    """What a trial relied on: `acts` when the trial began, and the live records that its rows or names stand for.

    Live records that the trial's own records lead to need no mention. `acts` is None for a trial from before acts were
    kept. `matched` are those of `named` that stand for rows.
    """

    acts: ActsSoFar | None = None
    named: Ids = field(default_factory=dict)
    matched: Ids = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangedTargets:
    """Changes since the trial: undone migrations, and the number of records that are deleted or missing."""

    undone: tuple[str, ...] = ()
    deleted: int = 0
    missing: int = 0

    def __bool__(self) -> bool:
        return bool(self.undone or self.deleted or self.missing)


class Outdated(Exception):
    """A trial cannot go live, because what the trial relied on has changed. Nothing was written."""

    def __init__(self, changed: ChangedTargets) -> None:
        super().__init__("what the trial relied on has changed")
        self.changed = changed


def acts_so_far(stores: Stores, workspace_id: str) -> ActsSoFar:
    """Loads the acts so far. Call before reading anything of the workspace for a trial."""
    live = stores.live
    with live.database.connection(reading=True) as connection:
        newest = f'SELECT max("number") FROM {at(live.schema, "edits")} WHERE "workspace_id" = ?'
        ((number,),) = fetch(connection, newest, (workspace_id,))
        return ActsSoFar(_undone(connection, live.schema, workspace_id), int(number or 0))


def present(stores: Stores, workspace_id: str, named: Ids) -> dict[str, frozenset[str]]:
    """The records of `named` that the live workspace holds and that nobody has deleted."""
    live, by_table = stores.live, {}
    with live.database.connection(reading=True) as connection:
        for table, ids in named.items():
            which, given = among(connection, '"id"', sorted(ids))
            sql = f'SELECT "id" FROM {at(live.schema, table)} WHERE "workspace_id" = ? AND "deleted_at" IS NULL'
            rows = fetch(connection, f"{sql} AND {which}", (workspace_id, given)) if ids else []
            by_table[table] = frozenset(str(row[0]) for row in rows)
    return by_table


def check_relied(
    stores: Stores, trial: Store, workspace_id: str, relied: Relied, *, thorough: bool = True
) -> ChangedTargets:
    """The changes since a finished trial in the live records that the trial relied on.

    Without `thorough` only people's acts are checked, and no reference is followed.
    """
    with stores.comparing(trial) as sides:
        changed = changed_since(sides, workspace_id, relied)
        if changed or not thorough:
            return changed
        return ChangedTargets(missing=sum(column.count for column in dangling_links_in(sides, workspace_id)))


def changed_since(sides: Sides, workspace_id: str, relied: Relied) -> ChangedTargets:
    """The acts since the trial began on records that the trial relied on, and the named records that are missing."""
    missing = sum(
        len(ids) - len(ids_there(sides.connection, sides.live, workspace_id, table, ids))
        for table, ids in relied.named.items()
    )
    if relied.acts is None:
        return ChangedTargets(missing=missing)
    undone = _undone(sides.connection, sides.live, workspace_id) - relied.acts.undone
    gone = _deleted_since(sides, workspace_id, relied.acts.entries)
    deleted = sum(len(_leads_to(sides, workspace_id, table, ids, relied)) for table, ids in gone.items())
    return ChangedTargets(tuple(sorted(undone)), deleted, missing)


def links_into_nothing(sides: Sides, workspace_id: str) -> int:
    """How many references of the new live records lead nowhere. Records that people touched are left out.

    Needs `list_touched` first, and every table written.
    """
    broken = 0
    for model in OBJECTS:
        to = shape(str(model.__tablename__))
        for reference in model.references:
            source, value = values_of(sides.connection, at(sides.live, to.name), reference)
            nowhere = " AND ".join(
                f"NOT EXISTS (SELECT 1 FROM {at(sides.live, target)} AS there "
                f'WHERE there."workspace_id" = record."workspace_id" AND there."id" = {value})'
                for target in reference.tables
            )
            sql = (
                f'SELECT count(*) FROM {source} WHERE record."workspace_id" = ? AND {value} IS NOT NULL AND {nowhere} '
                f"AND {untouched(to, 'record')} AND EXISTS (SELECT 1 FROM {at(sides.trial, to.name)} AS mine "
                'WHERE mine."workspace_id" = record."workspace_id" AND mine."id" = record."id")'
            )
            ((count,),) = fetch(sides.connection, sql, (workspace_id,))
            broken += int(count)
    return broken


def _undone(connection: Connection, schema: str, workspace_id: str) -> frozenset[str]:
    sql = f'SELECT "migration_id" FROM {at(schema, "undone_moves")} WHERE "workspace_id" = ?'
    return frozenset(str(row[0]) for row in fetch(connection, sql, (workspace_id,)))


def _deleted_since(sides: Sides, workspace_id: str, after: int) -> dict[str, set[str]]:
    deleted: dict[str, set[str]] = {}
    for entry in entries(sides.connection, sides.live, workspace_id, after=after):
        if entry.act == DELETED and entry.is_sealed(workspace_id):
            deleted.setdefault(entry.table, set()).add(entry.id)
    return deleted


def _leads_to(sides: Sides, workspace_id: str, table: str, ids: set[str], relied: Relied) -> set[str]:
    """The live records among `ids` on which the trial relies. Records that the trial holds itself are conflicts
    instead."""
    relied_ids = set(ids & relied.named.get(table, frozenset())) | set(_led_to(sides, workspace_id, table, ids))
    return relied_ids - ids_there(sides.connection, sides.trial, workspace_id, table, relied_ids)


def _led_to(sides: Sides, workspace_id: str, table: str, ids: set[str]) -> Iterator[str]:
    for model in OBJECTS:
        for reference in model.references:
            if table in reference.tables:
                source, value = values_of(sides.connection, at(sides.trial, str(model.__tablename__)), reference)
                which, given = among(sides.connection, value, sorted(ids))
                sql = f'SELECT DISTINCT {value} FROM {source} WHERE record."workspace_id" = ? AND {which}'
                yield from (str(row[0]) for row in fetch(sides.connection, sql, (workspace_id, given)))
