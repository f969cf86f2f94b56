"""Counts what an undo would keep, by the rules of `undo`. Changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.caspen.edit_entries import list_touched, not_deleted, untouched
from app.caspen.references import values_of
from app.caspen.row_codec import TableShape, shape
from app.caspen.shared_records import count_kept_by_later
from app.caspen.statements import among, at, change, fetch, lay_out
from app.caspen.stores import Stores
from app.caspen.tables import OBJECTS, Reference

GOING = "records_that_may_go"  # a temporary table of a reading transaction
MOST = 20_000
"""Records of a migration up to which the references to them are followed. A page waits for the answer."""
_SHAPES = tuple(shape(str(model.__tablename__)) for model in OBJECTS)
Place = tuple[str, str]  # the table and the id of a record


@dataclass(frozen=True, slots=True)
class KeptByUndo:
    """Untouched records of a migration that its undo would keep.

    * `later`: another live migration holds them too.
    * `in_use`: records that stay refer to them; None where the migration has too many records to follow.
    """

    later: int = 0
    in_use: int | None = 0


def count_kept_by_undo(stores: Stores, workspace_id: str, migration_id: str) -> KeptByUndo:
    """How many records an undo of this migration would keep now, without those that people touched."""
    later = count_kept_by_later(stores, workspace_id, migration_id)
    live = stores.live
    with live.database.connection(reading=True) as connection:
        own = _OwnRecords(connection, live.schema, workspace_id, migration_id)
        if own.count() > MOST:
            return KeptByUndo(later, None)
        return KeptByUndo(later, own.count_in_use())


@dataclass(frozen=True, slots=True)
class _OwnRecords:
    """The records of one migration, and those of migrations that were undone before: an undo tries to remove both."""

    connection: Connection
    schema: str
    workspace_id: str
    migration_id: str

    def count(self) -> int:
        """The migration's records, those that people touched too."""
        where = '"workspace_id" = ? AND "migration_id" = ?'
        queries = (f"SELECT count(*) FROM {at(self.schema, to.name)} WHERE {where}" for to in _SHAPES)
        return sum(int(fetch(self.connection, sql, (self.workspace_id, self.migration_id))[0][0]) for sql in queries)

    def count_in_use(self) -> int:
        """The migration's records that would neither go nor be restored nor be held by another migration.

        Like the undo, takes away what nothing refers to, then what only this referred to, and so on.
        """
        list_touched(self.connection, self.schema, self.workspace_id)
        lay_out(self.connection, GOING, ("object", "id", "migration_id"), key=("object", "id"))
        for to in _SHAPES:
            self._list_going(to)
        referrers: Counter[Place] = Counter()
        targets: dict[Place, list[Place]] = defaultdict(list)
        for referrer, target in self._links():
            referrers[target] += 1
            if referrer is not None:
                targets[referrer].append(target)
        going = f'SELECT "object", "id", "migration_id" FROM "{GOING}"'
        migrations = {(str(table), str(own)): str(name) for table, own, name in fetch(self.connection, going)}
        free = [place for place in migrations if not referrers[place]]
        while free:
            place = free.pop()
            del migrations[place]
            for target in targets[place]:
                referrers[target] -= 1
                if not referrers[target]:
                    free.append(target)
        return sum(name == self.migration_id for name in migrations.values())

    def _list_going(self, to: TableShape) -> None:
        """Lists the untouched records of a table that are not restored, and that no other migration holds."""
        undone = f'SELECT "migration_id" FROM {at(self.schema, "undone_moves")} WHERE "workspace_id" = ?'
        before = [str(name) for (name,) in fetch(self.connection, undone, (self.workspace_id,))]
        which, given = among(self.connection, 'record."migration_id"', [self.migration_id, *before])
        own = (
            f'{{0}}."workspace_id" = record."workspace_id" AND {{0}}."object" = \'{to.name}\' '
            'AND {0}."id" = record."id"'
        )
        sql = (
            f'INSERT INTO "{GOING}" SELECT \'{to.name}\', record."id", record."migration_id" '
            f'FROM {at(self.schema, to.name)} AS record WHERE record."workspace_id" = ? AND {which} '
            f"AND {untouched(to, 'record')} "
            f"AND NOT EXISTS (SELECT 1 FROM {at(self.schema, 'journal')} AS old WHERE {own.format('old')} "
            'AND old."migration_id" = record."migration_id") '
            f"AND NOT EXISTS (SELECT 1 FROM {at(self.schema, 'shared_records')} AS shared WHERE {own.format('shared')} "
            'AND shared."brought_by" = record."migration_id")'
        )
        change(self.connection, sql, (self.workspace_id, given))

    def _links(self) -> Iterator[tuple[Place | None, Place]]:
        """What refers to listed records, and to which; None for all referrers together that are not listed.

        Each table of referrers is read once: most columns of references have no index.
        """
        for model in OBJECTS:
            by = shape(str(model.__tablename__))
            for reference in model.references:
                for referrer, table, target in self._links_of(by, reference):
                    yield (by.name, referrer) if referrer else None, (table, target)

    def _links_of(self, by: TableShape, reference: Reference) -> list[tuple[str, str, str]]:
        source, value = values_of(self.connection, at(self.schema, by.name), reference, "other")
        tables = ", ".join(f"'{table}'" for table in reference.tables)
        # SQLite keeps the order of tables in a CROSS JOIN: it looks each reference up by the key of the list.
        sql = (
            "SELECT DISTINCT coalesce(own.id, ''), target.object, target.id "
            f'FROM (SELECT other."id" AS id, {value} AS value FROM {source} WHERE other."workspace_id" = ? '
            f'AND {value} IS NOT NULL AND {not_deleted(by, "other")}) AS link CROSS JOIN "{GOING}" AS target '
            f'LEFT JOIN "{GOING}" AS own ON own."object" = \'{by.name}\' AND own."id" = link.id '
            f'WHERE target."object" IN ({tables}) AND target."id" = link.value'
        )
        return [(str(own), str(table), str(to)) for own, table, to in fetch(self.connection, sql, (self.workspace_id,))]
