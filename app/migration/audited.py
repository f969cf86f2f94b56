"""The state, approval and finalisation time of a migration, from its audit trail.

The migration's row repeats these for pages and queries. The row alone proves nothing, because SQL can change it. Each
audit line has its own checksum, and the chain of a workspace ties the lines together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app.migration.audit import chain_hash, chain_holds
from app.migration.models import AuditEntry, Migration
from app.migration.states import LIVE, Actor, Event, State

TRIED_AGAIN = frozenset({Event.FAIL, Event.RETRY})
PLACE_COLUMNS = frozenset({"state", "paused_from", "trial_number", "workspace_id"})
"""The columns that place a migration. While one of them is wrong, every page of the migration is wrong."""
AFTER_LIVE = TRIED_AGAIN | {Event.UNDO, Event.UNDONE}
APPROVED = frozenset({State.FINALISING, State.FINALISING_FAILED, *LIVE})
"""The states that only an approved trial reaches."""
_ROW = (
    "workspace_id",
    "state",
    "paused_from",
    "trial_number",
    "approved_digest",
    "approved_by",
    "approved_at",
    "finalised_at",
)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which trial, and when, from the audit line of the approval."""

    by: str
    at: datetime
    trial: int
    digest: str


@dataclass(frozen=True, slots=True)
class Audited:
    """A migration according to its audit lines, and the columns of its row that differ.

    `state` is the target of the newest line, or None when the row differs. `approval` is the newest approval.
    `is_in_force`: only the approval's own work followed the approval.
    """

    differing: tuple[str, ...] = ("state",)
    approval: Approval | None = None
    is_in_force: bool = False
    finalised_at: datetime | None = None
    changed_at: datetime | None = None
    state: State | None = None

    @property
    def is_misplaced(self) -> bool:
        """Whether the row places the migration elsewhere than the audit trail does."""
        return not PLACE_COLUMNS.isdisjoint(self.differing)


def load_audited(session: Session, migration_id: str) -> Audited:
    """Loads the row and its audit lines in one statement, so that a concurrent change does not look like a
    difference."""
    return load_each(session, [migration_id])[migration_id]


def load_each(session: Session, migration_ids: Collection[str]) -> dict[str, Audited]:
    """Loads several migrations in one statement."""
    rows = session.exec(
        select(AuditEntry, *(getattr(Migration, name) for name in _ROW))
        .join(Migration, col(Migration.id) == AuditEntry.migration_id)
        .where(
            col(AuditEntry.migration_id).in_(migration_ids), col(AuditEntry.act).in_([event.value for event in Event])
        )
        .order_by(col(AuditEntry.id))
    ).all()
    of_each: dict[str, list[Any]] = {migration_id: [] for migration_id in migration_ids}
    for row in rows:
        of_each[str(row[0].migration_id)].append(row)
    return {migration_id: _audited_of(lines) for migration_id, lines in of_each.items()}


def load_misplaced(session: Session, migration_ids: Collection[str]) -> set[str]:
    """The migrations whose rows place them elsewhere than the audit trail does."""
    return {id_ for id_, audited in load_each(session, migration_ids).items() if audited.is_misplaced}


def is_approval_proven(session: Session, migration: Migration) -> bool:
    """Whether the audit trail holds the approval that a migration in `finalising` is about to make live.

    Compares `migration`, whose values go live, with the audit line, and checks the whole chain of the workspace.
    """
    audited = load_audited(session, migration.id)
    approval = audited.approval
    if audited.differing or approval is None or not audited.is_in_force or migration.state != State.FINALISING.value:
        return False
    wanted = (approval.by, approval.at, approval.trial, approval.digest)
    given = (migration.approved_by, migration.approved_at, migration.trial_number, migration.approved_digest)
    workspace = session.exec(select(Migration.workspace_id).where(Migration.id == migration.id)).one()
    return given == wanted and migration.workspace_id == workspace and chain_holds(session, workspace)


def live_moments(session: Session, workspace_id: str) -> dict[str, datetime]:
    """When each migration of a workspace went live, by migration id, from the audit lines. Skips altered lines."""
    lines = session.exec(
        select(AuditEntry).where(AuditEntry.workspace_id == workspace_id, AuditEntry.act == Event.FINALISED.value)
    )
    return {str(line.migration_id): line.at for line in lines if chain_hash(line) == line.hash}


def _audited_of(rows: Sequence[Any]) -> Audited:
    """Evaluates audit lines that were loaded together with the migration's row."""
    if not rows or any(chain_hash(row[0]) != row[0].hash for row in rows):
        return Audited()
    return _audited([row[0] for row in rows], dict(zip(_ROW, rows[-1][1:], strict=True)))


def _audited(lines: Sequence[AuditEntry], row: Mapping[str, object]) -> Audited:
    newest = lines[-1]
    approved = _newest(lines, Event.APPROVE)
    finalised = _newest(lines, Event.FINALISED)
    approval = _approval_of(lines[approved]) if approved is not None else None
    is_in_force = approved is not None and _follow(lines[approved + 1 :], AFTER_LIVE | {Event.FINALISED})
    finalised_at = lines[finalised].at if finalised is not None else None
    state = newest.facts.get("to")
    expected = {
        "state": state,
        "paused_from": newest.facts.get("from") if newest.act == Event.PAUSE else None,
        "approved_digest": approval.digest if approval else None,
        "approved_by": approval.by if approval else None,
        "approved_at": approval.at if approval else None,
        "finalised_at": finalised_at,
        "trial_number": sum(line.act == Event.START_TRIAL for line in lines),
    }
    differing = [name for name, value in expected.items() if row[name] != value]
    if any(line.workspace_id != row["workspace_id"] for line in lines):
        differing.append("workspace_id")
    went_on = finalised is not None and not _follow(lines[finalised + 1 :], AFTER_LIVE)
    if (went_on or (state in APPROVED and not is_in_force)) and "state" not in differing:
        differing.append("state")
    stands = State(str(state)) if "state" not in differing else None
    return Audited(tuple(differing), approval, is_in_force, finalised_at, newest.at, stands)


def _newest(lines: Sequence[AuditEntry], event: Event) -> int | None:
    return next((number for number in reversed(range(len(lines))) if lines[number].act == event), None)


def _follow(lines: Sequence[AuditEntry], events: frozenset[Event]) -> bool:
    return all(line.act in events for line in lines)


def _approval_of(line: AuditEntry) -> Approval | None:
    """The approval that a line holds, or None when the line is no clinic's approval of a trial."""
    trial, digest = line.facts.get("trial"), line.facts.get("digest")
    if line.role != Actor.CLINIC or not isinstance(trial, int) or not isinstance(digest, str):
        return None
    return Approval(line.by, line.at, trial, digest)
