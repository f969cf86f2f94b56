"""The approved trial becomes the clinic's live workspace: exactly what was reviewed, in one step or not at all.

What a person edited or deleted since is never written over or made again; it is listed as a conflict.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.caspen.conflicts import Conflict, find_conflicts
from app.caspen.content import Digest, Digests, content_hash, merge
from app.caspen.journal import keep_replaced
from app.caspen.shapes import Shape, shape
from app.caspen.statements import at, canonical_columns, change, fetch, is_sqlite, listed, stream, upsert_rule
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import OBJECTS
from app.caspen.tables.columns import moment_text
from app.db import now

UNTOUCHED = '{live}."edited_at" IS NULL AND {live}."deleted_at" IS NULL'


class Unproven(Exception):
    """The live workspace would not hold what was approved; nothing was written."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(f"the live digest differs for {', '.join(kinds)}")
        self.kinds = kinds


@dataclass(slots=True)
class Promoted:
    """Records by source kind, and the proof: approved digest = live digest + that of the conflicts."""

    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    conflicts: list[Conflict] = field(default_factory=list)
    live: Digests = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is promoted: the trial of a migration, with the digests that were approved."""

    workspace_id: str
    migration_id: str
    trial: int
    approved: Mapping[str, Digest]


def promote(
    stores: Stores,
    store: Store,
    what: Promotion,
    *,
    moment: datetime | None = None,
    last_look: Callable[[Sides], None] | None = None,
) -> Promoted:
    """Moves a trial's records into the live workspace. Doing it twice changes nothing the second time.

    Raises Unproven, with nothing written, when what would be live is not what was approved. `last_look` may do so, too:
    it sees what is about to be live, under the workspace's lock.
    """
    done = Promoted()
    with stores.promoting(store) as sides:
        raise_version(sides, what.workspace_id)
        for model in OBJECTS:
            _promote_table(sides, shape(str(model.__tablename__)), what, moment_text(moment or now()), done)
        _prove(what, done)
        if last_look is not None:
            last_look(sides)
    return done


def raise_version(sides: Sides, workspace_id: str) -> None:
    """Marks the workspace as changed, which also locks it against people's edits until the end."""
    table = at(sides.live, "workspaces")
    sql = f'UPDATE {table} SET "version" = "version" + 1 WHERE "id" = ?'
    if not change(sides.connection, sql, (workspace_id,)):
        raise LookupError(workspace_id)


def _promote_table(sides: Sides, to: Shape, what: Promotion, moment: str, done: Promoted) -> None:
    conflicts = find_conflicts(sides, to, what.workspace_id)
    done.conflicts += conflicts
    _count(sides, to, what, {one.id for one in conflicts}, done)
    keep_replaced(sides, to, what.workspace_id, what.migration_id, what.trial)
    _upsert(sides, to, what.workspace_id, moment)
    merge(done.live, _live_digests(sides, to, what.workspace_id, {one.id for one in conflicts}))


def _count(sides: Sides, to: Shape, what: Promotion, conflicts: set[str], done: Promoted) -> None:
    """What is about to happen to the trial's records, while the live ones are still as they were."""
    differs = 'here."content_hash" <> live."content_hash" AND ' + UNTOUCHED.format(live="live")
    sql = (
        'SELECT here."source_kind", count(*), sum(CASE WHEN live."id" IS NULL THEN 1 ELSE 0 END), '
        f"sum(CASE WHEN {differs} THEN 1 ELSE 0 END) FROM {at(sides.trial, to.name)} AS here "
        f'LEFT JOIN {at(sides.live, to.name)} AS live ON live."workspace_id" = here."workspace_id" '
        'AND live."id" = here."id" WHERE here."workspace_id" = ? GROUP BY 1'
    )
    in_conflict = Counter(one.source_kind for one in done.conflicts if one.table == to.name and one.id in conflicts)
    for kind, count, created, updated in fetch(sides.connection, sql, (what.workspace_id,)):
        done.created[kind] += int(created)
        done.updated[kind] += int(updated)
        done.unchanged[kind] += int(count) - int(created) - int(updated) - in_conflict[kind]


def _upsert(sides: Sides, to: Shape, workspace_id: str, moment: str) -> None:
    """Values of the day of finalisation are set here, and kept where the record was live before."""
    today = [name for name in to.rest if name == "created_at"]
    chosen = ", ".join("?" if name in today else f'"{name}"' for name in to.columns)
    rule = upsert_rule(to, keep=today, where=" AND " + UNTOUCHED.format(live=f'"{to.name}"'))
    if is_sqlite(sides.connection):
        rule = rule.replace("IS DISTINCT FROM", "IS NOT")
    else:
        chosen = chosen.replace("?", "?::timestamptz")
    sql = (
        f"INSERT INTO {at(sides.live, to.name)} ({listed(to.columns)}) SELECT {chosen} "
        f'FROM {at(sides.trial, to.name)} WHERE "workspace_id" = ? ORDER BY "id" {rule}'
    )
    change(sides.connection, sql, (*[moment] * len(today), workspace_id))


def _live_digests(sides: Sides, to: Shape, workspace_id: str, conflicts: set[str]) -> Digests:
    """What the live records of this trial hold now, computed from their columns."""
    place_id, place_kind = to.place("id"), to.place("source_kind")
    found: Digests = {}
    sql = (
        f"SELECT {canonical_columns(sides.connection, to, to.content, 'live.')} "
        f'FROM {at(sides.live, to.name)} AS live WHERE live."workspace_id" = ? AND EXISTS ('
        f'SELECT 1 FROM {at(sides.trial, to.name)} AS here WHERE here."workspace_id" = live."workspace_id" '
        'AND here."id" = live."id")'
    )
    for row in stream(sides.connection, to, sql, (workspace_id,)):
        record_id = str(row[place_id])
        if record_id not in conflicts:
            found.setdefault(str(row[place_kind]), Digest()).add(record_id, content_hash(to.content, row))
    return found


def _prove(what: Promotion, done: Promoted) -> None:
    """approved = live + conflicts, for every kind."""
    reached = merge({}, done.live)
    for conflict in done.conflicts:
        reached.setdefault(conflict.source_kind, Digest()).add(conflict.id, conflict.trial_hash)
    kinds = sorted(reached.keys() | what.approved.keys())
    wrong = [kind for kind in kinds if reached.get(kind, Digest()) != what.approved.get(kind, Digest())]
    if wrong:
        raise Unproven(wrong)
