"""What is no longer needed of a clinic's data is destroyed: the copies with their key, the trials with their stores."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from app.caspen.journal import forget_replaced, replaced_by
from app.db import now
from app.engine.runtime import Runtime
from app.migration.advance import By, Refused, advance, locked
from app.migration.arriving import UploadFile
from app.migration.audit import chain_hash, write_act
from app.migration.audited import Audited, load_audited
from app.migration.checked_links import forget_checked
from app.migration.models import AuditEntry, Export, HelpMessage, LinkedFile, Migration, Trial
from app.migration.states import OVER, WAITS_FOR_CLINIC, WORKING, Actor, Event, State
from app.problems import Problem

AT_ONCE = (State.CANCELLED.value,)
AFTER_RETENTION = (State.FINALISED.value, State.UNDONE.value)
PURGE = "purge"
log = structlog.get_logger()


def due_for_purge(session: Session, retention_days: int, at: datetime | None = None) -> list[str]:
    """Cancelled migrations at once, finished ones after the retention. What they are, and since when, is what the audit
    trail says: the row of a migration alone destroys nothing."""
    before = (at or now()) - timedelta(days=retention_days)
    over = col(Migration.state).in_((*AT_ONCE, *AFTER_RETENTION))
    due = []
    for migration_id in session.exec(select(Migration.id).where(Migration.wrapped_key != "", over)).all():
        audited = load_audited(session, migration_id)
        if not is_over(audited):
            log.error("history_differs", migration=migration_id, refused=PURGE)
        elif audited.state in AT_ONCE or (audited.changed_at is not None and audited.changed_at < before):
            due.append(migration_id)
    return due


def is_over(audited: Audited) -> bool:
    """Whether the audit trail says that a move is over, and its row says the same."""
    return audited.state in OVER and not audited.is_misplaced


def give_up_abandoned(runtime: Runtime, at: datetime | None = None) -> list[str]:
    """Ends the moves that wait for their clinic and that nobody has been at for as long as copies are kept. A clinic
    that has handed nothing over may take its time, and so may one whose Trial Conversion date is still to come."""
    before = (at or now()) - timedelta(days=runtime.settings.retention_days)
    acted = select(AuditEntry.id).where(
        AuditEntry.migration_id == Migration.id, AuditEntry.role != Actor.WORKER.value, col(AuditEntry.at) >= before
    )
    wrote = select(HelpMessage.id).where(
        HelpMessage.migration_id == Migration.id, col(HelpMessage.written_at) >= before
    )
    handed_over = select(AuditEntry.id).where(
        AuditEntry.migration_id == Migration.id, AuditEntry.act == Event.SUBMIT_EXPORT.value
    )
    converts = col(Migration.conversion_date)
    abandoned = select(Migration.id).where(
        col(Migration.state).in_([state.value for state in WAITS_FOR_CLINIC]),
        col(Migration.since) < before,
        Migration.export_number > 0,
        sa.exists(handed_over.correlate(Migration.__table__)),  # type: ignore[attr-defined]  # set by the table class
        sa.or_(converts.is_(None), converts < before.date().isoformat()),
        ~sa.exists(acted.correlate(Migration.__table__)),  # type: ignore[attr-defined]  # set by the table class
        ~sa.exists(wrote.correlate(Migration.__table__)),  # type: ignore[attr-defined]  # set by the table class
    )
    with runtime.ledger.read() as session:
        found = session.exec(abandoned).all()
    ended = []
    for migration_id in found:  # one transaction each: it holds the audit of one workspace
        try:
            with runtime.ledger.write() as session:
                locked(session, migration_id)
                changed_at = load_audited(session, migration_id).changed_at
                still = session.exec(abandoned.where(Migration.id == migration_id)).first() is not None
                if not still or (changed_at is not None and changed_at >= before):
                    continue
                advance(session, migration_id, Event.ABANDON, By("worker", Actor.WORKER))
            ended.append(migration_id)
        except Refused as refused:
            log.error(refused.problem.code, migration=migration_id, refused=Event.ABANDON.value)
    return ended


def purge(
    runtime: Runtime,
    migration_id: str,
    by: str = "worker",
    role: str = "worker",
    confirm: Callable[[Session], object] | None = None,
) -> None:
    """Destroys every copy of a clinic's export, its trials, what it replaced and its key. The ledger's own lines stay,
    and so does everything while work is going on. Twice is once.

    `confirm` raises, before the key goes, where what the person saw is not so any more. Raises Refused where the audit
    trail does not say that the move is over, or the row says something else than the audit trail.
    """
    with runtime.ledger.read() as session:
        if session.get_one(Migration, migration_id).state in WORKING:
            return
        _require_over(session, migration_id)
    drop_trials(runtime, migration_id)
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        migration = locked(session, migration_id)
        if not migration.wrapped_key or migration.state in WORKING:
            return
        _require_over(session, migration_id)
        migration.wrapped_key = ""
        session.add(migration)
        for export in session.exec(select(Export).where(Export.migration_id == migration_id)):
            export.sealed_link = export.sealed_password = None
            session.add(export)
        forget_checked(session, migration_id)
        session.connection().execute(sa.delete(UploadFile).where(col(UploadFile.migration_id) == migration_id))
        session.connection().execute(sa.delete(LinkedFile).where(col(LinkedFile.migration_id) == migration_id))
        write_act(session, migration, by, role, PURGE)
    forget_replaced(runtime.caspen, migration.workspace_id, migration_id)  # without a key nobody can undo it any more
    runtime.objects.delete_prefix(migration_id)


def _require_over(session: Session, migration_id: str) -> None:
    if not is_over(load_audited(session, migration_id)):
        log.error("history_differs", migration=migration_id, refused=PURGE)
        raise Refused(Problem("history_differs"))


def forget_journals(runtime: Runtime) -> int:
    """Finishes what a process did not that died over a purge: what a move replaced goes with its key.

    A key that is not there, and of which no audit line says that it was destroyed, takes nothing with it.
    """
    kept = replaced_by(runtime.caspen)
    with runtime.ledger.read() as session:
        found = select(Migration.workspace_id, Migration.id).where(Migration.wrapped_key == "")
        over = [
            (workspace, move) for workspace, move in session.exec(found) if move in kept and _is_purged(session, move)
        ]
    for workspace_id, migration_id in over:
        forget_replaced(runtime.caspen, workspace_id, migration_id)
    return len(over)


def _is_purged(session: Session, migration_id: str) -> bool:
    lines = select(AuditEntry).where(AuditEntry.migration_id == migration_id, AuditEntry.act == PURGE)
    return any(chain_hash(line) == line.hash for line in session.exec(lines))


def compared_key(migration_id: str, trial: int) -> str:
    """Below which name lies what a trial was held against, client by client."""
    return f"{migration_id}/compared-{trial}"


def drop_trials(runtime: Runtime, migration_id: str, *, but: int | None = None) -> None:
    """Drops the stores of a migration's trials, all or all but one."""
    with runtime.ledger.read() as session:
        numbers = session.exec(
            select(Trial.number).where(Trial.migration_id == migration_id, col(Trial.dropped_at).is_(None))
        ).all()
    for number in numbers:
        if number == but:
            continue
        runtime.caspen.drop_trial(runtime.caspen.trial(migration_id, number))
        runtime.objects.delete_prefix(compared_key(migration_id, number))
        with runtime.ledger.write() as session:
            trial = session.get_one(Trial, (migration_id, number))
            trial.dropped_at = now()
            session.add(trial)
