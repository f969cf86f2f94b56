"""Columns of live records that a later export says nothing about: a record that it brings again keeps their values.

The file of an earlier export had a column from which the value came, and the file of this export has no such column.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.caspen.bookkeeping import IDENTITY
from app.caspen.canonical_values import Cell, nested_text
from app.caspen.row_codec import Row, shape
from app.caspen.statements import among, at, batches, canonical_columns, change, fetch, stream
from app.caspen.stores import Sides, Store


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """What live records of a part keep, by table: `columns`, and whole records whose keys have one of the `endings`."""

    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    endings: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, table: str, key: str) -> frozenset[str]:
        """The columns that the live record of a key keeps."""
        if any(key.endswith(ending) for ending in self.endings.get(table, ())):
            return frozenset(shape(table).content) - frozenset(IDENTITY)
        return self.columns.get(table, frozenset())

    @property
    def tables(self) -> frozenset[str]:
        return frozenset({*self.columns, *self.endings})


def load_kept_cells(live: Store, workspace_id: str, table: str, ids: Iterable[str]) -> dict[str, Row]:
    """The content of live records among `ids` in canonical form, by id. Records that people deleted are left out."""
    to, rows = shape(table), dict[str, Row]()
    place, nested = to.place("id"), [i for i, name in enumerate(to.content) if to.is_nested(name)]
    with live.database.connection(reading=True) as connection:
        chosen = canonical_columns(connection, to, to.content)
        for piece in batches(ids):
            which, given = among(connection, '"id"', piece)
            sql = (
                f'SELECT {chosen} FROM {at(live.schema, to.name)} WHERE "workspace_id" = ? AND "deleted_at" IS NULL '
                f"AND {which}"
            )
            for row in stream(connection, to, sql, (workspace_id, given)):
                cells: list[Cell] = list(row)
                for i in nested:
                    if cells[i] is not None and not isinstance(cells[i], str):
                        cells[i] = nested_text(cells[i])  # PostgreSQL's driver gives the value
                rows[str(cells[place])] = tuple(cells)
    return rows


def note_delivered(sides: Sides, workspace_id: str, migration_id: str, columns: Mapping[str, Iterable[str]]) -> None:
    """Keeps which columns the export of a migration had, by kind. A second call replaces the first."""
    table = at(sides.live, "delivered_columns")
    where = f'DELETE FROM {table} WHERE "workspace_id" = ? AND "migration_id" = ?'
    change(sides.connection, where, (workspace_id, migration_id))
    for kind, names in columns.items():
        for name in names:
            sql = f'INSERT INTO {table} ("workspace_id", "migration_id", "kind", "name") VALUES (?, ?, ?, ?)'
            change(sides.connection, sql, (workspace_id, migration_id, kind, name))


def load_delivered(live: Store, workspace_id: str, migration_id: str) -> dict[str, frozenset[str]]:
    """The columns that the exports of other live migrations had, by kind."""
    with live.database.connection(reading=True) as connection:
        sql = (
            f'SELECT DISTINCT "kind", "name" FROM {at(live.schema, "delivered_columns")} '
            'WHERE "workspace_id" = ? AND "migration_id" <> ?'
        )
        return _by_kind(fetch(connection, sql, (workspace_id, migration_id)))


def _by_kind(rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    columns: dict[str, set[str]] = {}
    for kind, name in rows:
        columns.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in columns.items()}
