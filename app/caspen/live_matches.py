"""The matches with which migrations went live: rows of their exports that stand for live records of the workspace.

Promotion writes them beside the records and an undo deletes them, so that every ledger of this Caspen knows them: that
of the web product, and that of each command.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.caspen.statements import among, at, change, fetch, listed
from app.caspen.stores import Sides, Stores


@dataclass(frozen=True, slots=True)
class Match:
    """A row of an export, by the table and the id of the live record it stands for. `whom`: see `Choice`."""

    table: str
    source_id: str
    id: str
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches of one migration. `source` names the system that gave the rows their ids."""

    source: str = ""
    rows: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchesOfMove:
    """The matches with which a migration is live."""

    migration_id: str
    rows: tuple[Match, ...]


def keep_matches(sides: Sides, workspace_id: str, migration_id: str, matches: Matches, moment: str) -> None:
    """Stores the matches of a migration that goes live. A second call replaces the rows of the first."""
    table = at(sides.live, "live_matches")
    change(
        sides.connection,
        f'DELETE FROM {table} WHERE "workspace_id" = ? AND "migration_id" = ?',
        (workspace_id, migration_id),
    )
    columns = ("workspace_id", "migration_id", "source", "object", "source_id", "id", "whom", "moment")
    sql = f"INSERT INTO {table} ({listed(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for row in matches.rows:
        given = (workspace_id, migration_id, matches.source, row.table, row.source_id, row.id, row.whom, moment)
        change(sides.connection, sql, given)


def load_matches(stores: Stores, workspace_id: str, source: str, tables: Sequence[str]) -> list[MatchesOfMove]:
    """The matches of the workspace's live migrations, the migration that went live first at the front."""
    live, moves = stores.live, dict[str, list[Match]]()
    with live.database.connection(reading=True) as connection:
        which, given = among(connection, '"object"', tables)
        sql = (
            f'SELECT "migration_id", "object", "source_id", "id", "whom" FROM {at(live.schema, "live_matches")} '
            f'WHERE "workspace_id" = ? AND "source" = ? AND {which} ORDER BY "moment", "migration_id"'
        )
        for migration_id, *row in fetch(connection, sql, (workspace_id, source, given)):
            moves.setdefault(str(migration_id), []).append(Match(*map(str, row)))
    return [MatchesOfMove(migration_id, tuple(rows)) for migration_id, rows in moves.items()]
