"""Destroys a clinic's data that is no longer needed: the copies with their key, and the stores of trials."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col, select

from app.caspen.replaced_records import forget_replaced, replaced_by
from app.db import now
from app.fetch.chunked_uploads import KEPT
from app.index.stored_index import index_key
from app.migration.advance import By, GuardRefused, advance, locked
from app.migration.audit import PURGE, chain_hash, write_act
from app.migration.audited import Audited, load_audited, load_misplaced
from app.migration.checked_links import forget_checked, forget_old
from app.migration.models import AuditEntry, Export, ExportFile, HelpMessage, LinkedFile, Migration, Part, Trial, Work
from app.migration.states import OVER, WAITS_FOR_CLINIC, WORKING, Actor, Event, State
from app.migration.upload_tables import UploadFile
from app.problems import Problem
from app.reading.attachment_storage import attachments_prefix
from app.worker.leases import DONE
from app.worker.runtime import Runtime

AT_ONCE = (State.CANCELLED.value,)
AFTER_RETENTION = (State.FINALISED.value, State.UNDONE.value)
log = structlog.get_logger()


def due_for_purge(session: Session, retention_days: int, at: datetime | None = None) -> list[str]:
    """Cancelled migrations at once, finished migrations after the retention period.

    The audit trail decides on the state and its time. A migration's row alone destroys nothing.
    """
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
    """Whether the audit trail says that a migration is over, and the row agrees."""
    return audited.state in OVER and not audited.is_misplaced


def give_up_abandoned(runtime: Runtime, at: datetime | None = None) -> list[str]:
    """Ends migrations that wait for their clinic and had no act for the retention period.

    Migrations without a handed-over export are kept, and so are those with a Trial Conversion date in the future.
    """
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
        candidates = session.exec(abandoned).all()
    ended = []
    for migration_id in candidates:  # one transaction each, because it holds the audit of one workspace
        try:
            with runtime.ledger.write() as session:
                locked(session, migration_id)
                changed_at = load_audited(session, migration_id).changed_at
                still = session.exec(abandoned.where(Migration.id == migration_id)).first() is not None
                if not still or (changed_at is not None and changed_at >= before):
                    continue
                advance(session, migration_id, Event.ABANDON, By("worker", Actor.WORKER))
            ended.append(migration_id)
        except GuardRefused as refused:
            log.error(refused.problem.code, migration=migration_id, refused=Event.ABANDON.value)
    return ended


def purge(
    runtime: Runtime,
    migration_id: str,
    by: str = "worker",
    role: str = "worker",
    confirm: Callable[[Session], object] | None = None,
) -> None:
    """Destroys every copy of a clinic's export, its trials, what it replaced and its key. Keeps the ledger's lines.

    Does nothing while work is in progress. A second call changes nothing. `confirm` raises, before the key is deleted,
    when the data has changed since the person saw it. Raises GuardRefused when the audit trail does not say that the
    migration is over, or the row differs from the trail.
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
    forget_replaced(runtime.caspen, migration.workspace_id, migration_id)  # without a key an undo is impossible
    runtime.objects.delete_prefix(migration_id)


def _require_over(session: Session, migration_id: str) -> None:
    if not is_over(load_audited(session, migration_id)):
        log.error("history_differs", migration=migration_id, refused=PURGE)
        raise GuardRefused(Problem("history_differs"))


def forget_journals(runtime: Runtime) -> int:
    """Finishes purges that a dead process left unfinished: deletes what the migration replaced.

    A missing key counts only when an audit line says that the key was destroyed.
    """
    kept = replaced_by(runtime.caspen)
    with runtime.ledger.read() as session:
        purged = select(Migration.workspace_id, Migration.id).where(Migration.wrapped_key == "")
        over = [
            (workspace, move) for workspace, move in session.exec(purged) if move in kept and _is_purged(session, move)
        ]
    for workspace_id, migration_id in over:
        forget_replaced(runtime.caspen, workspace_id, migration_id)
    return len(over)


def _is_purged(session: Session, migration_id: str) -> bool:
    lines = select(AuditEntry).where(AuditEntry.migration_id == migration_id, AuditEntry.act == PURGE)
    return any(chain_hash(line) == line.hash for line in session.exec(lines))


def compared_key(migration_id: str, trial: int) -> str:
    """The prefix of the objects with a trial's totals per client."""
    return f"{migration_id}/compared-{trial}"


def drop_trials(runtime: Runtime, migration_id: str, *, but: int | None = None) -> None:
    """Drops the stores of a migration's trials, except that of trial `but`."""
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


# The functions below remove objects of dead processes that no ledger row names. They check only the prefixes that this
# product writes. While an export is fetched or read, its objects are not in the ledger yet, so they are skipped.

AGE = timedelta(hours=1)
UPLOAD_AGE = timedelta(days=1)  # the first file of a large upload may be this old before the last file arrives
PIECES_AGE = KEPT + timedelta(days=1)  # an unfinished upload expires through its own row first
IN_THE_MAKING = frozenset({State.FETCHING.value, State.READING.value})


def sweep_orphans(runtime: Runtime, at: datetime | None = None) -> int:
    """Removes objects and stores that nothing needs, and returns their number. A second call changes nothing."""
    moment = at or now()
    with runtime.ledger.write() as session:
        forget_old(session, moment)
    with runtime.ledger.read() as session:
        migrations = session.exec(select(Migration).where(Migration.wrapped_key != "")).all()
        elsewhere = load_misplaced(session, [migration.id for migration in migrations])
    known = [migration for migration in migrations if not _is_made(migration) and migration.id not in elsewhere]
    swept = sum(_sweep(runtime, migration.id, moment) for migration in known)
    return swept + _drop_again(runtime)


def wanted_objects(session: Session, migration_id: str) -> set[str]:
    """The objects that the ledger names: handed-over and partly sent files, parts, and the index in any state."""
    files = session.exec(select(ExportFile.object_key).where(ExportFile.migration_id == migration_id)).all()
    sent = session.exec(select(UploadFile.object_key).where(UploadFile.migration_id == migration_id)).all()
    parts = session.exec(select(Part.object_key).where(Part.migration_id == migration_id)).all()
    of_runs = select(Work.run, Work.phase, Work.state, Work.result).where(Work.migration_id == migration_id)
    works = session.exec(of_runs.where(col(Work.phase).in_(("read", "resolve")))).all()
    resolved = {run for run, phase, state, _ in works if phase == "resolve" and state == DONE}
    indexes = {str(result["index"]) for run, _, _, result in works if "index" in result and run not in resolved}
    exports = session.exec(select(Migration.export_number).where(Migration.id == migration_id)).one()
    sealed = {index_key(migration_id, number) for number in range(1, exports + 1)}
    return {key for key in (*files, *sent, *parts) if key} | indexes | sealed


def _is_made(migration: Migration) -> bool:
    return migration.state in IN_THE_MAKING or migration.paused_from in IN_THE_MAKING


def _sweep(runtime: Runtime, migration_id: str, moment: datetime) -> int:
    with runtime.ledger.read() as session:
        wanted = wanted_objects(session, migration_id)
        migration = session.get_one(Migration, migration_id)
        number, trials = migration.export_number, migration.trial_number
    swept = 0
    for prefix, age in places(migration_id, number):
        for key in list(runtime.objects.older(prefix, moment - age)):
            if key not in wanted:
                runtime.objects.delete(key)
                swept += 1
        swept += runtime.objects.sweep_unfinished(prefix, moment - age)
    for export in range(1, number + 1):  # contents of files have no row; they are deleted with their export
        swept += runtime.objects.sweep_unfinished(attachments_prefix(migration_id, export).rstrip("/"), moment - AGE)
    for trial in range(1, trials + 1):  # a trial's totals are deleted with the trial
        swept += runtime.objects.sweep_unfinished(compared_key(migration_id, trial), moment - AGE)
    return swept


def places(migration_id: str, exports: int) -> Iterator[tuple[str, timedelta]]:
    """The prefixes that are swept, each with the minimum age of an object. Other prefixes have their own rules."""
    yield f"{migration_id}/files", UPLOAD_AGE
    yield f"{migration_id}/uploads", PIECES_AGE
    for number in range(1, exports + 1):
        yield f"{migration_id}/files-{number}", AGE
        yield f"{migration_id}/export-{number}", AGE


def _is_replaced(number: int, migration: Migration) -> bool:
    """Whether a trial was dropped for good: a newer trial exists, or the migration has no copies any more."""
    is_gone = migration.state == State.CANCELLED or not migration.wrapped_key
    return is_gone or number < migration.trial_number


def _drop_again(runtime: Runtime) -> int:
    """Drops stores that a paused worker made again after their trial was dropped."""
    names = set(runtime.caspen.trial_names())
    if not names:
        return 0
    with runtime.ledger.read() as session:
        dropped = session.exec(
            select(Trial.migration_id, Trial.number, Migration)
            .join(Migration, col(Migration.id) == Trial.migration_id)
            .where(col(Trial.dropped_at).is_not(None))
        ).all()
        elsewhere = load_misplaced(session, {migration.id for _, _, migration in dropped})
    known = [(number, migration) for _, number, migration in dropped if migration.id not in elsewhere]
    gone = [(migration.id, number) for number, migration in known if _is_replaced(number, migration)]
    again = [store for store in (runtime.caspen.trial(*each) for each in gone) if store.name in names]
    for store in again:
        runtime.caspen.drop_trial(store)
    return len(again)
