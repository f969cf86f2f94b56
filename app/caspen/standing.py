"""Whether the live workspace still holds what was approved: the trial's records looked up there, one by one, later on.

What people edited or deleted since is theirs, and is only counted. Everything else must be there, as it was approved.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from app.caspen.content import content_hash
from app.caspen.readback import SHOWN, Altered
from app.caspen.shapes import Shape, shape
from app.caspen.statements import at, canonical_columns, fetch, stream
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import OBJECTS


@dataclass(slots=True)
class Standing:
    """Records that stand as approved, that people changed, and that are wrong: altered, missing, or nobody's.

    `contents`: files whose bytes are not there, or are not those that were approved. Whoever can open them says so.
    """

    as_approved: int = 0
    by_people: int = 0
    altered: list[Altered] = field(default_factory=list)
    missing: list[Altered] = field(default_factory=list)
    added: list[Altered] = field(default_factory=list)
    contents: list[Altered] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (self.altered or self.missing or self.added or self.contents)


def standing_of(
    stores: Stores, trial: Store, workspace_id: str, migration_id: str, conflicts: Container[str] = ()
) -> Standing:
    """Compares the live workspace with the trial that was promoted. `conflicts`: ids that stayed as people had them.

    The first thousand of each fault are named.
    """
    found = Standing()
    with stores.beside(trial) as sides:
        for model in OBJECTS:
            to = shape(str(model.__tablename__))
            _compare(sides, to, workspace_id, conflicts, found)
            found.added += list(_added(sides, to, workspace_id, migration_id))[:SHOWN]
    return found


def _compare(sides: Sides, to: Shape, workspace_id: str, conflicts: Container[str], found: Standing) -> None:
    columns = canonical_columns(sides.connection, to, to.content, "live.")
    marks = 'live."edited_at" IS NOT NULL OR live."deleted_at" IS NOT NULL, live."id" IS NULL'
    told = 'here."content_hash", here."id", here."source_kind", here."source_id", here."line"'
    sql = (
        f"SELECT {columns}, {marks}, {told} FROM {at(sides.trial, to.name)} AS here "
        f'LEFT JOIN {at(sides.live, to.name)} AS live ON live."workspace_id" = here."workspace_id" '
        'AND live."id" = here."id" WHERE here."workspace_id" = ?'
    )
    end = len(to.content)
    for row in stream(sides.connection, to, sql, (workspace_id,)):
        touched, gone, approved, record_id, kind, source_id, line = row[end:]
        which = Altered(to.name, str(record_id), str(kind), str(source_id), int(line or 0))
        if gone:
            _note(found.missing, which)
        elif touched or str(record_id) in conflicts:
            found.by_people += 1
        elif content_hash(to.content, row).hex() == approved:
            found.as_approved += 1
        else:
            _note(found.altered, which)


def _added(sides: Sides, to: Shape, workspace_id: str, migration_id: str) -> Iterator[Altered]:
    """Records that say that this migration brought them, and that the trial does not know."""
    sql = (
        f'SELECT live."id", live."source_kind", live."source_id", live."line" FROM {at(sides.live, to.name)} AS live '
        'WHERE live."workspace_id" = ? AND live."migration_id" = ? AND NOT EXISTS '
        f'(SELECT 1 FROM {at(sides.trial, to.name)} AS here WHERE here."workspace_id" = live."workspace_id" '
        'AND here."id" = live."id")'
    )
    connection: Connection = sides.connection
    for record_id, kind, source_id, line in fetch(connection, sql, (workspace_id, migration_id)):
        yield Altered(to.name, str(record_id), str(kind), str(source_id), int(line or 0))


def _note(where: list[Altered], which: Altered) -> None:
    if len(where) < SHOWN:
        where.append(which)
