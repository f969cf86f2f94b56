"""What a process that died left in storage, and no line of the ledger leads to, is removed after a while.

Only what this code itself writes under a migration's name is looked at. While an export is fetched or read, what it
makes is not in the ledger yet, and is left alone.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.db import now
from app.engine.bench import attachments_prefix, index_key
from app.engine.purge import compared_key
from app.engine.runtime import Runtime
from app.engine.uploads import KEPT
from app.engine.work import DONE
from app.migration.arriving import UploadFile
from app.migration.audited import load_misplaced
from app.migration.checked_links import forget_old
from app.migration.models import ExportFile, Migration, Part, Trial, Work
from app.migration.states import State

AGE = timedelta(hours=1)
UPLOAD_AGE = timedelta(days=1)  # of a large upload, the first file may be that old before the last one has come
PIECES_AGE = KEPT + timedelta(days=1)  # an upload in pieces is given up by its own line first
IN_THE_MAKING = frozenset({State.FETCHING.value, State.READING.value})


def sweep_orphans(runtime: Runtime, at: datetime | None = None) -> int:
    """Removes what nobody needs, and says how many objects and stores that were. Twice is once."""
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
    """The objects that the ledger leads to: what was handed over or is being sent, parts, the index in any state."""
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
    for export in range(1, number + 1):  # contents of files have no line of their own: they go with their export
        swept += runtime.objects.sweep_unfinished(attachments_prefix(migration_id, export).rstrip("/"), moment - AGE)
    for trial in range(1, trials + 1):  # what a trial was held against goes with it
        swept += runtime.objects.sweep_unfinished(compared_key(migration_id, trial), moment - AGE)
    return swept


def places(migration_id: str, exports: int) -> Iterator[tuple[str, timedelta]]:
    """Where this looks, and how old a thing must be there. Other rooms of storage keep their own order."""
    yield f"{migration_id}/files", UPLOAD_AGE
    yield f"{migration_id}/uploads", PIECES_AGE
    for number in range(1, exports + 1):
        yield f"{migration_id}/files-{number}", AGE
        yield f"{migration_id}/export-{number}", AGE


def _is_replaced(number: int, migration: Migration) -> bool:
    """Whether a trial of this number is dropped for good: a newer one came, or the move has no copies any more."""
    is_gone = migration.state == State.CANCELLED or not migration.wrapped_key
    return is_gone or number < migration.trial_number


def _drop_again(runtime: Runtime) -> int:
    """A worker that was paused may have made a store anew after its trial was dropped."""
    names = set(runtime.caspen.trial_names())
    if not names:
        return 0
    with runtime.ledger.read() as session:
        found = session.exec(
            select(Trial.migration_id, Trial.number, Migration)
            .join(Migration, col(Migration.id) == Trial.migration_id)
            .where(col(Trial.dropped_at).is_not(None))
        ).all()
        elsewhere = load_misplaced(session, {migration.id for _, _, migration in found})
    known = [(number, migration) for _, number, migration in found if migration.id not in elsewhere]
    gone = [(migration.id, number) for number, migration in known if _is_replaced(number, migration)]
    again = [store for store in (runtime.caspen.trial(*each) for each in gone) if store.name in names]
    for store in again:
        runtime.caspen.drop_trial(store)
    return len(again)
