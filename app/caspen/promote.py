"""Makes the approved trial the clinic's live workspace: exactly the reviewed records, in one transaction.

Records that a person edited or deleted since are never overwritten or made again; they are listed as conflicts. The
same holds for records whose own columns claim such an act (see `edits`). Only content that the digest proves is copied.
The other columns are written here (see `bookkeeping`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.caspen.bookkeeping import BY_COLUMN, Value
from app.caspen.canonical_values import moment_text
from app.caspen.digests import Digest, Digests, content_hash, merge
from app.caspen.edit_entries import DELETED, TOUCHED, list_touched, untouched
from app.caspen.kept_columns import note_delivered
from app.caspen.live_matches import Matches, keep_matches
from app.caspen.live_records import actual_hashes
from app.caspen.relied_records import ChangedTargets, Outdated, Relied, changed_since, links_into_nothing
from app.caspen.removed_records import remove_former
from app.caspen.replaced_records import journal_digest, keep_replaced
from app.caspen.row_codec import TableShape, shape
from app.caspen.shared_records import keep_shared
from app.caspen.statements import (
    among,
    at,
    canonical_columns,
    change,
    fetch,
    is_sqlite,
    listed,
    refresh_statistics,
    stream,
    upsert_rule,
)
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import OBJECTS
from app.db import now


@dataclass(frozen=True, slots=True)
class Conflict:
    """A reviewed record that is not written, because a person edited or deleted the live record.

    `is_new`: the record differs from what the last import brought, so the person's change counts against it.
    """

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int
    deleted: bool
    trial_hash: bytes
    is_new: bool = True


def find_conflicts(sides: Sides, to: TableShape, workspace_id: str) -> list[Conflict]:
    """The records of a table that people touched and that differ from the reviewed records.

    The records that the trial counts as unchanged are among them: the live record keeps the person's change.

    `list_touched` must run first in this transaction: it names the touched records.
    """
    sql = (
        f'SELECT record."id", record."source_kind", record."source_id", record."line", person."act" = \'{DELETED}\', '
        "coalesce(live.\"content_hash\", '') "
        f"FROM {at(sides.trial, to.name)} AS record JOIN {at(sides.live, to.name)} AS live "
        'ON live."workspace_id" = record."workspace_id" AND live."id" = record."id" '
        f'JOIN "{TOUCHED}" AS person ON person."object" = \'{to.name}\' AND person."id" = live."id" '
        'WHERE record."workspace_id" = ? ORDER BY record."id"'
    )
    touched = fetch(sides.connection, sql, (workspace_id,))
    ids = [str(row[0]) for row in touched]
    reviewed = actual_hashes(sides.connection, sides.trial, workspace_id, to, ids)
    lives = actual_hashes(sides.connection, sides.live, workspace_id, to, ids)
    return [
        Conflict(
            to.name,
            record_id,
            kind,
            key,
            int(line or 0),
            bool(deleted),
            reviewed[record_id],
            reviewed[record_id].hex() != brought,
        )
        for record_id, kind, key, line, deleted, brought in touched
        if deleted or lives[record_id] != reviewed[record_id]
    ]


class Unproven(Exception):
    """The live workspace would not hold what was approved. Nothing was written."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(f"the live digest differs for {', '.join(kinds)}")
        self.kinds = kinds


@dataclass(slots=True)
class Promoted:
    """Records by source kind, and the proof: approved digest = live digest + that of the conflicts.

    `replaced` is a digest of the records that the journal keeps for an undo. `removed` are live records that their rows
    no longer become; `left` counts those that people changed since the trial.
    """

    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    conflicts: list[Conflict] = field(default_factory=list)
    live: Digests = field(default_factory=dict)
    replaced: Digest = field(default_factory=Digest)
    removed: Counter[str] = field(default_factory=Counter)
    left: int = 0


@dataclass(frozen=True, slots=True)
class Promotion:
    """The trial to promote, with the digests that were approved.

    `earlier` are the migrations that went live before by the ledger, or None when unknown; `fallen` those of the ledger
    that did not. A live record that names neither one of `earlier` nor another migration that went live in the
    workspace counts as brought by this migration. `relied` are the live records that the trial leads to. For later
    migrations, `matches` are those that stand for rows, and `delivered` the columns of the export by kind.
    """

    workspace_id: str
    migration_id: str
    trial: int
    approved: Mapping[str, Digest]
    earlier: frozenset[str] | None = None
    fallen: frozenset[str] = frozenset()
    relied: Relied = field(default_factory=Relied)
    matches: Matches = field(default_factory=Matches)
    delivered: Mapping[str, frozenset[str]] = field(default_factory=dict)


def promote(
    stores: Stores,
    store: Store,
    what: Promotion,
    *,
    moment: datetime | None = None,
    final_check: Callable[[Sides], None] | None = None,
) -> Promoted:
    """Moves a trial's records into the live workspace. A second call changes nothing.

    Raises Unproven, with nothing written, when the live records would differ from the approved records, and Outdated
    when a record that the trial relied on no longer exists. `final_check` may raise too: it reads the future live
    state, under the workspace's lock.
    """
    done = Promoted()
    with stores.promoting(store) as sides:
        raise_version(sides, what.workspace_id)
        list_touched(sides.connection, sides.live, what.workspace_id)
        over = f'DELETE FROM {at(sides.live, "undone_moves")} WHERE "workspace_id" = ? AND "migration_id" = ?'
        change(sides.connection, over, (what.workspace_id, what.migration_id))
        went = f"INSERT INTO {at(sides.live, 'live_moves')} VALUES (?, ?) ON CONFLICT DO NOTHING"
        change(sides.connection, went, (what.workspace_id, what.migration_id))
        note_delivered(sides, what.workspace_id, what.migration_id, what.delivered)
        at_moment = moment_text(moment or now())
        keep_matches(sides, what.workspace_id, what.migration_id, what.matches, at_moment)
        for model in OBJECTS:
            _promote_table(sides, shape(str(model.__tablename__)), what, at_moment, done)
        _prove(what, done)
        former = remove_former(sides, what.workspace_id, what.migration_id, what.trial)
        done.removed, done.left = former.records, former.left
        _require_relied(sides, what, done)
        done.replaced = journal_digest(sides.connection, sides.live, what.workspace_id, what.migration_id)
        if final_check is not None:
            final_check(sides)
    with stores.live.database.connection() as connection:
        refresh_statistics(
            connection, stores.live.schema, (*(str(model.__tablename__) for model in OBJECTS), "journal")
        )
    return done


def raise_version(sides: Sides, workspace_id: str) -> None:
    """Raises the workspace's version, which also locks the workspace against people's edits until the transaction
    ends."""
    table = at(sides.live, "workspaces")
    sql = f'UPDATE {table} SET "version" = "version" + 1 WHERE "id" = ?'
    if not change(sides.connection, sql, (workspace_id,)):
        raise LookupError(workspace_id)


def _promote_table(sides: Sides, to: TableShape, what: Promotion, moment: str, done: Promoted) -> None:
    conflicts = find_conflicts(sides, to, what.workspace_id)
    done.conflicts += conflicts
    ids = {conflict.id for conflict in conflicts}
    _count(sides, to, what, ids, done)
    _adopt_strays(sides, to, what)
    keep_replaced(sides, to, what.workspace_id, what.migration_id, what.trial)
    _upsert(sides, to, what, moment)
    _write_moment(sides, to, what, moment)
    _remove_left_over(sides, to, what)
    keep_shared(sides, to, what.workspace_id, what.migration_id, moment, _matched(what, to))
    merge(done.live, _live_digests(sides, to, what.workspace_id, ids))


def _count(sides: Sides, to: TableShape, what: Promotion, conflicts: set[str], done: Promoted) -> None:
    """Counts created, updated and unchanged records before anything is written."""
    differs = 'record."content_hash" <> live."content_hash" AND ' + untouched(to, "live")
    sql = (
        'SELECT record."source_kind", count(*), sum(CASE WHEN live."id" IS NULL THEN 1 ELSE 0 END), '
        f"sum(CASE WHEN {differs} THEN 1 ELSE 0 END) FROM {at(sides.trial, to.name)} AS record "
        f'LEFT JOIN {at(sides.live, to.name)} AS live ON live."workspace_id" = record."workspace_id" '
        'AND live."id" = record."id" WHERE record."workspace_id" = ? GROUP BY 1'
    )
    in_conflict = Counter(
        row.source_kind for row in done.conflicts if row.is_new and row.table == to.name and row.id in conflicts
    )
    for kind, count, created, updated in fetch(sides.connection, sql, (what.workspace_id,)):
        done.created[kind] += int(created)
        done.updated[kind] += int(updated)
        done.unchanged[kind] += int(count) - int(created) - int(updated) - in_conflict[kind]


def _brought(sides: Sides, to: TableShape) -> str:
    """SQL that is true for untouched live records of the trial."""
    return (
        f'"{to.name}"."workspace_id" = ? AND {untouched(to, to.name)} AND EXISTS (SELECT 1 FROM '
        f'{at(sides.trial, to.name)} AS record WHERE record."workspace_id" = "{to.name}"."workspace_id" '
        f'AND record."id" = "{to.name}"."id")'
    )


def _change_live(sides: Sides, to: TableShape, sql: str, given: Sequence[Any]) -> None:
    if is_sqlite(sides.connection):
        sql = sql.replace("IS DISTINCT FROM", "IS NOT").replace("::timestamptz", "")
    change(sides.connection, sql, given)


def _adopt_strays(sides: Sides, to: TableShape, what: Promotion) -> None:
    """Makes untouched live records of the trial that name an unknown migration or none records of this migration.

    A record of a migration that went live keeps its bookkeeping, also when the ledger does not have that migration.
    """
    if what.earlier is None:
        return
    moves = f'SELECT "migration_id" FROM {at(sides.live, "live_moves")} WHERE "workspace_id" = ?'
    went = {str(name) for (name,) in fetch(sides.connection, moves, (what.workspace_id,))} - what.fallen
    known, given = among(sides.connection, '"migration_id"', sorted({*what.earlier, *went, what.migration_id}))
    sql = (
        f'UPDATE {at(sides.live, to.name)} SET "migration_id" = ? WHERE {_brought(sides, to)} '
        f'AND ("migration_id" IS NULL OR NOT ({known}))'
    )
    _change_live(sides, to, sql, (what.migration_id, what.workspace_id, given))


def _upsert(sides: Sides, to: TableShape, what: Promotion, moment: str) -> None:
    """Copies content and writes bookkeeping. Records that were already live keep the columns with `is_kept`."""
    written = {Value.MIGRATION: what.migration_id, Value.MOMENT: moment}
    terms = {Value.MIGRATION: "?", Value.MOMENT: "?::timestamptz", Value.NOTHING: "NULL", Value.INITIAL: "1"}
    lines = [BY_COLUMN.get(name) if name in to.rest else None for name in to.columns]
    chosen = ", ".join(
        f'"{name}"' if line is None or line.value is Value.COPIED else terms[line.value]
        for name, line in zip(to.columns, lines, strict=True)
    )
    given = [written[line.value] for line in lines if line is not None and line.value in written]
    kept = [name for name in to.rest if BY_COLUMN[name].is_kept]
    rule = upsert_rule(to, keep=kept, where=f" AND {untouched(to, to.name)}")
    sql = (
        f"INSERT INTO {at(sides.live, to.name)} ({listed(to.columns)}) SELECT {chosen} "
        f'FROM {at(sides.trial, to.name)} WHERE "workspace_id" = ? ORDER BY "id" {rule}'
    )
    _change_live(sides, to, sql, (*given, what.workspace_id))


def _write_moment(sides: Sides, to: TableShape, what: Promotion, moment: str) -> None:
    """Sets this moment on the records of this migration, also on those of an attempt that was not settled."""
    journal = (
        f'EXISTS (SELECT 1 FROM {at(sides.live, "journal")} AS old WHERE old."workspace_id" = '
        f'"{to.name}"."workspace_id" AND old."migration_id" = ? AND old."object" = \'{to.name}\' '
        f'AND old."id" = "{to.name}"."id")'
    )
    for name in to.rest:
        line = BY_COLUMN[name]
        if line.value is not Value.MOMENT:
            continue
        sql = (
            f'UPDATE {at(sides.live, to.name)} SET "{name}" = ?::timestamptz WHERE {_brought(sides, to)} '
            f'AND "migration_id" = ? AND "{name}" IS DISTINCT FROM ?::timestamptz'
        )
        given: list[Any] = [moment, what.workspace_id, what.migration_id, moment]
        if line.is_kept:
            sql, given = f"{sql} AND NOT {journal}", [*given, what.migration_id]
        _change_live(sides, to, sql, given)


def _remove_left_over(sides: Sides, to: TableShape, what: Promotion) -> None:
    """Deletes untouched records that name this migration and are outside the trial, such as those of a failed attempt.

    A record that stands for a row stays: an earlier migration that was undone gave it to this one.
    """
    live, trial, old = (at(s, t) for s, t in ((sides.live, to.name), (sides.trial, to.name), (sides.live, "journal")))
    same = f'."workspace_id" = "{to.name}"."workspace_id" AND'
    is_matched, ids = among(sides.connection, '"id"', sorted(_matched(what, to)))
    sql = (
        f'DELETE FROM {live} WHERE "workspace_id" = ? AND "migration_id" = ? AND {untouched(to, to.name)} '
        f"AND NOT ({is_matched}) "
        f'AND NOT EXISTS (SELECT 1 FROM {trial} AS record WHERE record{same} record."id" = "{to.name}"."id") '
        f'AND NOT EXISTS (SELECT 1 FROM {old} AS old WHERE old{same} old."migration_id" = ? '
        f'AND old."object" = \'{to.name}\' AND old."id" = "{to.name}"."id")'
    )
    _change_live(sides, to, sql, (what.workspace_id, what.migration_id, ids, what.migration_id))


def _matched(what: Promotion, to: TableShape) -> frozenset[str]:
    return what.relied.matched.get(to.name, frozenset())


def _live_digests(sides: Sides, to: TableShape, workspace_id: str, conflicts: set[str]) -> Digests:
    """The digests of the live records of this trial, computed from their columns.

    Raises Unproven when the stored hash of an untouched record differs from the hash of its content. An edit in Caspen
    does not change the stored hash.
    """
    place_id, place_kind, end = to.place("id"), to.place("source_kind"), len(to.content)
    digests: Digests = {}
    sql = (
        f"SELECT {canonical_columns(sides.connection, to, (*to.content, 'content_hash'), 'live.')}, "
        f"{untouched(to, 'live')} "
        f'FROM {at(sides.live, to.name)} AS live WHERE live."workspace_id" = ? AND EXISTS ('
        f'SELECT 1 FROM {at(sides.trial, to.name)} AS record WHERE record."workspace_id" = live."workspace_id" '
        'AND record."id" = live."id")'
    )
    for row in stream(sides.connection, to, sql, (workspace_id,)):
        record_id, kind = str(row[place_id]), str(row[place_kind])
        if record_id in conflicts:
            continue
        content = content_hash(to.content, row)
        if row[end + 1] and content.hex() != row[end]:
            raise Unproven([kind])
        digests.setdefault(kind, Digest()).add(record_id, content)
    return digests


def _require_relied(sides: Sides, what: Promotion, done: Promoted) -> None:
    """Checks that the live records that the trial relied on still exist, and that no reference leads nowhere.

    A promotion that writes no record is a repetition, so later changes of the workspace do not stop it.
    """
    if done.created.total() + done.updated.total() + done.removed.total():
        changed = changed_since(sides, what.workspace_id, what.relied)
        if changed:
            raise Outdated(changed)
    nowhere = links_into_nothing(sides, what.workspace_id)
    if nowhere:
        raise Outdated(ChangedTargets(missing=nowhere))


def _prove(what: Promotion, done: Promoted) -> None:
    """Checks that approved = live + conflicts, for every kind."""
    reached = merge({}, done.live)
    for conflict in done.conflicts:
        reached.setdefault(conflict.source_kind, Digest()).add(conflict.id, conflict.trial_hash)
    kinds = sorted(reached.keys() | what.approved.keys())
    wrong = [kind for kind in kinds if reached.get(kind, Digest()) != what.approved.get(kind, Digest())]
    if wrong:
        raise Unproven(wrong)
