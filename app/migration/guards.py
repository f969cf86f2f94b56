"""The guards of the state table: checks on the server that return a problem, or None. They apply to everyone."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.db import now
from app.formatting import full
from app.mapping.kind import Source
from app.migration.advance import Guard
from app.migration.audit import deletion
from app.migration.audited import load_audited
from app.migration.completeness_warnings import completeness_warnings, unticked
from app.migration.exports import current_export
from app.migration.models import ChangeRequest, Migration, Trial
from app.migration.states import Actor, State
from app.migration.warning_texts import to_text
from app.problems import Problem

UNDO_DAYS = 30
SHARED_KEPT: Final = "held_kept"
"""The key in a migration's report: the records that it holds together with earlier migrations were stored."""


def approvable(digest: str) -> Guard:
    """Refuses unless the current trial balances, has this digest, and has no open blocking request."""

    def check(session: Session, migration: Migration) -> Problem | None:
        trial = session.get(Trial, (migration.id, migration.trial_number))
        if trial is None or trial.finished_at is None or trial.dropped_at is not None or trial.digest != digest:
            return Problem("approval_outdated")
        if not trial.balanced:
            return Problem("trial_unbalanced")
        if open_requests(session, migration.id):
            return Problem("change_request_open")
        return None

    return check


def warnings_ticked(source: Source, accepted: Collection[str]) -> Guard:
    """Refuses while a completeness warning is not ticked. `accepted` are the keys of the ticked warnings."""

    def check(session: Session, migration: Migration) -> Problem | None:
        trial = session.get(Trial, (migration.id, migration.trial_number))
        remaining = unticked(completeness_warnings(session, migration, source, trial), accepted)
        names = ". ".join(to_text(warning, source).title for warning in remaining)
        return Problem("doubt_not_ticked", details={"name": names}) if remaining else None

    return check


def open_requests(session: Session, migration_id: str) -> list[ChangeRequest]:
    """Blocking change requests that are neither answered nor withdrawn."""
    return list(
        session.exec(
            select(ChangeRequest).where(
                ChangeRequest.migration_id == migration_id,
                col(ChangeRequest.blocking),
                col(ChangeRequest.answered_at).is_(None),
                col(ChangeRequest.withdrawn_at).is_(None),
            )
        )
    )


def undoable(session: Session, migration: Migration) -> Problem | None:
    """Refuses an undo after 30 days, or when the data for the undo was deleted on request.

    The audit trail decides when the migration went live. Refuses too when the migration's row differs from the trail,
    and while a later migration is live whose shared records were not stored.
    """
    audited = load_audited(session, migration.id)
    if audited.differing:
        return Problem("history_differs")
    finalised = audited.finalised_at
    if finalised is None or now() - finalised > timedelta(days=UNDO_DAYS):
        return Problem("undo_too_late")
    if not migration.wrapped_key:
        return Problem("undo_copies_deleted", details=deletion_words(session, migration))
    later = select(Migration).where(
        Migration.workspace_id == migration.workspace_id,
        Migration.id != migration.id,
        Migration.state != State.UNDONE.value,
        col(Migration.finalised_at) > finalised,
    )
    unknown = any(not move.report.get(SHARED_KEPT) for move in session.exec(later))
    return Problem("undo_later_first") if unknown else None


def deletion_words(session: Session, migration: Migration) -> dict[str, str]:
    """Who deleted our copies and when, as the words of `undo_copies_deleted` name them."""
    deleted = deletion(session, migration.id)
    if deleted is None:
        return {}
    zone = ZoneInfo((migration.plan or {}).get("timezone", "Australia/Sydney"))
    return {"who": deleted.who, "when": f"on {full(deleted.at, zone)}"}


def export_kept(session: Session, migration: Migration) -> Problem | None:
    """Refuses when our copy of the export is deleted, because reading again needs the copy."""
    export = current_export(session, migration)
    kept = export is not None and export.fetched_at is not None and bool(migration.wrapped_key)
    return None if kept else Problem("export_not_kept")


def pausable(actor: Actor) -> Guard:
    """Support may pause any work. The clinic may pause only its fetching."""

    def check(session: Session, migration: Migration) -> Problem | None:
        where = migration.paused_from or migration.state
        mine = actor is Actor.SUPPORT or where == State.FETCHING
        return None if mine else Problem("pause_not_allowed")

    return check
