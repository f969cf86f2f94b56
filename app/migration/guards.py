"""The checks that can refuse a line of the table, on the server, for everyone: each answers the problem, or nothing."""

from collections.abc import Collection
from datetime import timedelta

from sqlmodel import Session, col, select

from app.db import now
from app.mapping.kind import Source
from app.migration.advance import Guard
from app.migration.audited import load_audited
from app.migration.completeness import doubts, unticked
from app.migration.completeness_words import said
from app.migration.exports import current_export
from app.migration.models import ChangeRequest, Migration, Trial
from app.migration.states import Actor, State
from app.problems import Problem

UNDO_DAYS = 30
SHARED_KEPT = "shared_kept"  # in the report of a move: what it shares with earlier moves was written down


def approvable(digest: str) -> Guard:
    """Refused unless the current trial balances, is the one that was seen, and no blocking request is open."""

    def ask(session: Session, migration: Migration) -> Problem | None:
        trial = session.get(Trial, (migration.id, migration.trial_number))
        if trial is None or trial.finished_at is None or trial.dropped_at is not None or trial.digest != digest:
            return Problem("approval_outdated")
        if not trial.balanced:
            return Problem("trial_unbalanced")
        if open_requests(session, migration.id):
            return Problem("change_request_open")
        return None

    return ask


def doubts_ticked(source: Source, accepted: Collection[str]) -> Guard:
    """Refused while the export may not be whole and that was not ticked, each doubt by its key."""

    def ask(session: Session, migration: Migration) -> Problem | None:
        trial = session.get(Trial, (migration.id, migration.trial_number))
        open_ones = unticked(doubts(session, migration, source, trial), accepted)
        names = ". ".join(said(doubt, source).title for doubt in open_ones)
        return Problem("doubt_not_ticked", details={"name": names}) if open_ones else None

    return ask


def open_requests(session: Session, migration_id: str) -> list[ChangeRequest]:
    """Blocking change requests that nobody has answered or withdrawn."""
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
    """Refused once the 30 days are over, or what it needs was deleted on request.

    When the move went live is what the audit trail says. Refused where the row of the migration says something else.
    Refused also while a later move is live of which nobody wrote down what it shares with this one.
    """
    audited = load_audited(session, migration.id)
    if audited.differing:
        return Problem("history_differs")
    finalised = audited.finalised_at
    if finalised is None or now() - finalised > timedelta(days=UNDO_DAYS) or not migration.wrapped_key:
        return Problem("undo_too_late")
    later = select(Migration).where(
        Migration.workspace_id == migration.workspace_id,
        Migration.id != migration.id,
        Migration.state != State.UNDONE.value,
        col(Migration.finalised_at) > finalised,
    )
    unknown = any(not move.report.get(SHARED_KEPT) for move in session.exec(later))
    return Problem("undo_later_first") if unknown else None


def export_kept(session: Session, migration: Migration) -> Problem | None:
    """Refused once our copy of the export is deleted: what is not kept cannot be read another time."""
    export = current_export(session, migration)
    kept = export is not None and export.fetched_at is not None and bool(migration.wrapped_key)
    return None if kept else Problem("export_not_kept")


def pausable(actor: Actor) -> Guard:
    """Support may pause any work; the clinic its fetching only."""

    def ask(session: Session, migration: Migration) -> Problem | None:
        where = migration.paused_from or migration.state
        mine = actor is Actor.SUPPORT or where == State.FETCHING
        return None if mine else Problem("pause_not_allowed")

    return ask
