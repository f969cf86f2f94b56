"""The trials of a clinic's migration: started from a frozen plan, reviewed, approved."""

from collections.abc import Iterable

from sqlmodel import Session, col, desc, select

from app.migration.advance import By, Cause, Guard, GuardRefused, advance, locked
from app.migration.completeness_warnings import facts_of
from app.migration.exports import files_of
from app.migration.guards import approvable
from app.migration.ledger_validation import require_shape
from app.migration.models import Migration, Trial
from app.migration.plans import plan_of
from app.migration.states import Event
from app.migration.unanswered import files_apart, to_json
from app.problems import Problem


def start_trial(
    session: Session, migration_id: str, by: By, checklist_passes: Guard, *, workspace_version: int | None = None
) -> None:
    """Freezes the plan into a new trial.

    `workspace_version` is the version that the checklist checked: the work begins only if the workspace still has that
    version. None skips the comparison.
    """
    advance(session, migration_id, Event.START_TRIAL, by, guards={"checklist_passes": checklist_passes})
    migration = locked(session, migration_id)
    plan = plan_of(migration)
    migration.trial_number += 1
    session.add(migration)
    session.add(
        Trial(
            migration_id=migration.id,
            number=migration.trial_number,
            store=f"{migration.id}_{migration.trial_number}",
            plan=plan.model_dump(mode="json"),
            plan_fingerprint=plan.fingerprint(),
            workspace_version=-1 if workspace_version is None else workspace_version,
            unanswered=to_json(files_apart(files_of(session, migration.id, migration.export_number))),
        )
    )
    session.flush()


def approve(
    session: Session,
    migration_id: str,
    digest: str,
    by: By,
    warnings_ticked: Guard,
    accepted: Iterable[str] = (),
    is_whole: Guard | None = None,
) -> None:
    """Approves exactly the trial whose digest the clinic reviewed. Raises GuardRefused for any other trial.

    `warnings_ticked` refuses while a completeness warning is not ticked; `accepted` are the keys of ticked warnings.
    `is_whole` refuses a trial whose store is missing or damaged. Going live checks the store again.
    """
    is_current = approvable(digest)

    def check(session: Session, migration: Migration) -> Problem | None:
        damaged = is_whole(session, migration) if is_whole is not None else None
        return damaged or is_current(session, migration) or warnings_ticked(session, migration)

    facts = {"trial": locked(session, migration_id).trial_number, "digest": digest, **facts_of(accepted)}
    advance(session, migration_id, Event.APPROVE, by, Cause(facts=facts), guards={"approvable": check})


def current_trial(session: Session, migration: Migration) -> Trial | None:
    """The last started trial, or None. Raises LedgerChanged when its row does not have the shape that we write."""
    trial = session.get(Trial, (migration.id, migration.trial_number)) if migration.trial_number else None
    if trial is not None:
        require_shape(trial)
    return trial


def trials(session: Session, migration_id: str) -> list[Trial]:
    """All trials of a migration, newest first."""
    chosen = select(Trial).where(Trial.migration_id == migration_id).order_by(desc(col(Trial.number)))
    return list(session.exec(chosen))


__all__ = ["GuardRefused", "approve", "current_trial", "start_trial", "trials"]
