"""What is no longer needed of a clinic's data is destroyed: the copies with their key, the trials with their stores."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.caspen.journal import forget_replaced, replaced_by
from app.db import now
from app.engine.runtime import Runtime
from app.migration.advance import By, advance, locked
from app.migration.arriving import UploadFile
from app.migration.audit import write_audit
from app.migration.checked_links import forget_checked
from app.migration.models import AuditEntry, Export, HelpMessage, LinkedFile, Migration, Trial
from app.migration.states import WAITS_FOR_CLINIC, WORKING, Actor, Event, State

AT_ONCE = (State.CANCELLED.value,)
AFTER_RETENTION = (State.FINALISED.value, State.UNDONE.value)


def due_for_purge(session: Session, retention_days: int, at: datetime | None = None) -> list[str]:
    """Cancelled migrations at once, finished ones after the retention."""
    before = (at or now()) - timedelta(days=retention_days)
    found = select(Migration.id).where(Migration.wrapped_key != "")
    at_once = session.exec(found.where(col(Migration.state).in_(AT_ONCE))).all()
    in_time = session.exec(found.where(col(Migration.state).in_(AFTER_RETENTION), col(Migration.since) < before)).all()
    return [*at_once, *in_time]


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
    converts = col(Migration.conversion_date)
    abandoned = select(Migration.id).where(
        col(Migration.state).in_([state.value for state in WAITS_FOR_CLINIC]),
        col(Migration.since) < before,
        Migration.export_number > 0,
        sa.or_(converts.is_(None), converts < before.date().isoformat()),
        ~sa.exists(acted.correlate(Migration.__table__)),  # type: ignore[attr-defined]  # set by the table class
        ~sa.exists(wrote.correlate(Migration.__table__)),  # type: ignore[attr-defined]  # set by the table class
    )
    with runtime.ledger.read() as session:
        found = session.exec(abandoned).all()
    ended = []
    for migration_id in found:  # one transaction each: it holds the audit of one workspace
        with runtime.ledger.write() as session:
            locked(session, migration_id)
            if session.exec(abandoned.where(Migration.id == migration_id)).first() is not None:
                advance(session, migration_id, Event.ABANDON, By("worker", Actor.WORKER))
                ended.append(migration_id)
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

    `confirm` raises, before the key goes, where what the person saw is not so any more.
    """
    with runtime.ledger.read() as session:
        if session.get_one(Migration, migration_id).state in WORKING:
            return
    drop_trials(runtime, migration_id)
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        migration = locked(session, migration_id)
        if not migration.wrapped_key or migration.state in WORKING:
            return
        migration.wrapped_key = ""
        session.add(migration)
        for export in session.exec(select(Export).where(Export.migration_id == migration_id)):
            export.sealed_link = export.sealed_password = None
            session.add(export)
        forget_checked(session, migration_id)
        session.connection().execute(sa.delete(UploadFile).where(col(UploadFile.migration_id) == migration_id))
        session.connection().execute(sa.delete(LinkedFile).where(col(LinkedFile.migration_id) == migration_id))
        write_audit(
            session,
            workspace_id=migration.workspace_id,
            migration_id=migration_id,
            by=by,
            role=role,
            act="purge",
        )
    forget_replaced(runtime.caspen, migration.workspace_id, migration_id)  # without a key nobody can undo it any more
    runtime.objects.delete_prefix(migration_id)


def forget_journals(runtime: Runtime) -> int:
    """Finishes what a process did not that died over a purge: what a move replaced goes with its key."""
    kept = replaced_by(runtime.caspen)
    with runtime.ledger.read() as session:
        found = select(Migration.workspace_id, Migration.id).where(Migration.wrapped_key == "")
        over = [(workspace, move) for workspace, move in session.exec(found) if move in kept]
    for workspace_id, migration_id in over:
        forget_replaced(runtime.caspen, workspace_id, migration_id)
    return len(over)


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
