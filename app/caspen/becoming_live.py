"""Counts how many records of a trial are new to the live workspace and how many the workspace already has."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from app.caspen.statements import at, fetch
from app.caspen.stores import Sides, Store, Stores


@dataclass(frozen=True, slots=True)
class BecomingLive:
    """Records of one table of a trial: `new` to the workspace, live with other content (`changed`), or live and
    equal."""

    new: int = 0
    changed: int = 0
    same: int = 0

    @property
    def total(self) -> int:
        return self.new + self.changed + self.same

    @property
    def live_already(self) -> int:
        return self.changed + self.same


def count_becoming_live(
    stores: Stores, trial: Store, workspace_id: str, tables: Sequence[str]
) -> dict[str, BecomingLive]:
    """Counts the records of each of `tables`. Reads only. Every count is 0 when the trial store no longer exists.

    A table without imported live records is counted without a comparison.
    """
    if not stores.exists(trial):
        return {table: BecomingLive() for table in tables}
    with stores.comparing(trial) as sides:
        return {table: _count(sides, table, workspace_id) for table in tables}


def _count(sides: Sides, table: str, workspace_id: str) -> BecomingLive:
    trial_table, live_table = at(sides.trial, table), at(sides.live, table)
    if not _has_imported(sides.connection, live_table, workspace_id):
        sql = f'SELECT count(*) FROM {trial_table} WHERE "workspace_id" = ?'
        return BecomingLive(new=int(fetch(sides.connection, sql, (workspace_id,))[0][0]))
    sql = (
        f'SELECT count(*), count(live."id"), '
        f'coalesce(sum(CASE WHEN live."content_hash" <> record."content_hash" THEN 1 ELSE 0 END), 0) '
        f'FROM {trial_table} AS record LEFT JOIN {live_table} AS live ON live."workspace_id" = record."workspace_id" '
        f'AND live."id" = record."id" WHERE record."workspace_id" = ?'
    )
    total, already_live, changed = map(int, fetch(sides.connection, sql, (workspace_id,))[0])
    return BecomingLive(total - already_live, changed, already_live - changed)


def _has_imported(connection: Connection, live: str, workspace_id: str) -> bool:
    sql = f'SELECT 1 FROM {live} WHERE "workspace_id" = ? AND "source_kind" IS NOT NULL LIMIT 1'
    return bool(fetch(connection, sql, (workspace_id,)))
