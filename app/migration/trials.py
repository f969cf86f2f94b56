"""The trial migrations of a clinic's move: started from a frozen plan, looked at, approved."""

from collections.abc import Iterable

from sqlmodel import Session, col, desc, select

from app.migration.advance import By, Cause, Guard, Refused, Ring, advance, locked
from app.migration.completeness import facts_of
from app.migration.exports import files_of
from app.migration.guards import approvable
from app.migration.ledger_shapes import require_shape
from app.migration.models import Migration, Trial
from app.migration.plans import plan_of
from app.migration.states import Event
from app.migration.unanswered import files_apart, to_json
from app.problems import Problem


def start_trial(
    session: Session, migration_id: str, by: By, checklist_passes: Guard, *, workspace_version: int | None = None
) -> Ring:
    """Freezes the plan into a new trial. `workspace_version` is what the checklist looked at: the work begins only if
    the workspace is still the same then. (None: it is not compared.)"""
    ring = advance(session, migration_id, Event.START_TRIAL, by, guards={"checklist_passes": checklist_passes})
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
    return ring


def approve(
    session: Session,
    migration_id: str,
    digest: str,
    by: By,
    doubts_ticked: Guard,
    accepted: Iterable[str] = (),
    is_whole: Guard | None = None,
) -> Ring:
    """The clinic approves exactly the trial whose digest it saw. Raises Refused where that is not the current one.

    `doubts_ticked` refuses while a doubt about the export stands unticked; `accepted` are the keys that were ticked.
    `is_whole` refuses a trial whose store is missing or damaged; going live asks for that once more.
    """
    right_one = approvable(digest)

    def both(session: Session, migration: Migration) -> Problem | None:
        damaged = is_whole(session, migration) if is_whole is not None else None
        return damaged or right_one(session, migration) or doubts_ticked(session, migration)

    facts = {"trial": locked(session, migration_id).trial_number, "digest": digest, **facts_of(accepted)}
    return advance(session, migration_id, Event.APPROVE, by, Cause(facts=facts), guards={"approvable": both})


def current_trial(session: Session, migration: Migration) -> Trial | None:
    """The last trial that was started, if any. Raises LedgerChanged where its row has another shape than we write."""
    trial = session.get(Trial, (migration.id, migration.trial_number)) if migration.trial_number else None
    if trial is not None:
        require_shape(trial)
    return trial


def trials(session: Session, migration_id: str) -> list[Trial]:
    """All trials of a migration, newest first."""
    found = select(Trial).where(Trial.migration_id == migration_id).order_by(desc(col(Trial.number)))
    return list(session.exec(found))


__all__ = ["Refused", "approve", "current_trial", "start_trial", "trials"]
