"""Proves that every reference of a trial leads to a record: in the trial itself, or in the live workspace.

The databases hold no foreign keys, because a trial's records point into another store. When two linked records of a
trial both belong to a client, they must belong to the same client.
"""

from dataclasses import dataclass
from functools import cache

from sqlalchemy.engine import Connection

from app.caspen.statements import at, fetch, is_sqlite
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import BY_NAME, OBJECTS, Imported, Reference

OWNER = "clients"
MADE_BY_IMPORTS = frozenset({"users", "categories", "taxes"})
"""Tables of records that an import makes itself where a row lacks one."""


@cache
def parents_of(table: str) -> tuple[Reference, ...]:
    """The references of a table without which a record cannot be: those that are never empty.

    References to records that an import makes itself are left out.
    """
    model = BY_NAME[table]
    columns = model.metadata.tables[str(model.__tablename__)].columns
    return tuple(
        reference
        for reference in model.references
        if not (reference.several or columns[reference.column].nullable)
        and MADE_BY_IMPORTS.isdisjoint(reference.tables)
    )


@dataclass(frozen=True, slots=True)
class Dangling:
    """A column with broken references: their number, and the first record that has one.

    A reference is broken when it leads nowhere or to another client's record.
    """

    table: str
    column: str
    count: int
    first_id: str


def dangling_links(stores: Stores, trial: Store, workspace_id: str) -> tuple[Dangling, ...]:
    """Every column with a broken reference. Empty when all references hold.

    A record that a person deleted in Caspen still counts as a target: its history may point at it.
    """
    with stores.comparing(trial) as sides:
        return dangling_links_in(sides, workspace_id)


def dangling_links_in(sides: Sides, workspace_id: str) -> tuple[Dangling, ...]:
    """The same as `dangling_links`, in the caller's transaction."""
    columns = [
        _count_dangling(sides, model, reference, workspace_id) for model in OBJECTS for reference in model.references
    ]
    return tuple(column for column in columns if column.count)


def _count_dangling(sides: Sides, model: type[Imported], reference: Reference, workspace_id: str) -> Dangling:
    table = str(model.__tablename__)
    source, value = values_of(sides.connection, at(sides.trial, table), reference)
    nowhere = " AND ".join(_not_to(sides, model, BY_NAME[target], value) for target in reference.tables)
    sql = (
        f'SELECT count(*), min(record."id") FROM {source} '
        f'WHERE record."workspace_id" = ? AND {value} IS NOT NULL AND {nowhere}'
    )
    ((count, first),) = fetch(sides.connection, sql, (workspace_id,))
    return Dangling(table, reference.column, int(count), str(first))


def _not_to(sides: Sides, model: type[Imported], target: type[Imported], value: str) -> str:
    """SQL that is true when a reference leads to no record of `target`."""
    there = (
        'EXISTS (SELECT 1 FROM {} AS there WHERE there."workspace_id" = record."workspace_id" AND there."id" = {}{})'
    )
    trial, live = (at(schema, str(target.__tablename__)) for schema in (sides.trial, sides.live))
    in_trial, in_live = there.format(trial, value, ""), there.format(live, value, "")
    if not (model.is_of_client() and target.is_of_client()):
        return f"NOT {in_trial} AND NOT {in_live}"
    own = there.format(trial, value, ' AND there."client_id" = record."client_id"')
    return f"NOT {own} AND ({in_trial} OR NOT {in_live})"


def values_of(connection: Connection, table: str, reference: Reference, name: str = "record") -> tuple[str, str]:
    """The FROM clause for a reference, with `name` as the table's alias, and the SQL of one referred id."""
    column = f'{name}."{reference.column}"'
    if not reference.several:
        return f"{table} AS {name}", column
    if is_sqlite(connection):
        return f"{table} AS {name}, json_each({column}) AS item", "item.value"
    return f"{table} AS {name}, json_array_elements_text({column}::json) AS item(value)", "item.value"
