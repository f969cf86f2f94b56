"""What people changed in Caspen between a trial and its finalisation, and what therefore stays as they made it."""

from dataclasses import dataclass

from app.caspen.edits import DELETED, TOUCHED
from app.caspen.live import actual_hashes
from app.caspen.shapes import Shape
from app.caspen.statements import at, fetch
from app.caspen.stores import Sides


@dataclass(frozen=True, slots=True)
class Conflict:
    """A reviewed record that is not brought, because a person edited or deleted the live one."""

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int
    deleted: bool
    trial_hash: bytes


def find_conflicts(sides: Sides, to: Shape, workspace_id: str) -> list[Conflict]:
    """The records of a table that people touched and that hold something else than what was reviewed.

    The gateway's entries say what people touched: `list_touched` must have laid them out in this transaction.
    """
    sql = (
        f'SELECT here."id", here."source_kind", here."source_id", here."line", person."act" = \'{DELETED}\' '
        f"FROM {at(sides.trial, to.name)} AS here JOIN {at(sides.live, to.name)} AS live "
        'ON live."workspace_id" = here."workspace_id" AND live."id" = here."id" '
        f'JOIN "{TOUCHED}" AS person ON person."object" = \'{to.name}\' AND person."id" = live."id" '
        'WHERE here."workspace_id" = ? ORDER BY here."id"'
    )
    touched = fetch(sides.connection, sql, (workspace_id,))
    ids = [str(row[0]) for row in touched]
    reviewed = actual_hashes(sides.connection, sides.trial, workspace_id, to, ids)
    lives = actual_hashes(sides.connection, sides.live, workspace_id, to, ids)
    return [
        Conflict(to.name, record_id, kind, key, int(line or 0), bool(deleted), reviewed[record_id])
        for record_id, kind, key, line, deleted in touched
        if deleted or lives[record_id] != reviewed[record_id]
    ]
