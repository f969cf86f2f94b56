"""An export that was half read when the product was upgraded is read from the start, where its index has another form.

Nobody is asked: the files are here. What was noted of them so far is forgotten first, so that nothing is told twice.
"""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.engine.runtime import Runtime
from app.engine.work import READING, READY, Lease, kept_counts
from app.migration.advance import locked
from app.migration.models import ExportFile, Migration, Part, ProblemLine, Work

OF_LINKS = ("native_document", "folder_changed")
"""What downloading tells of an export, in the same run. Reading tells it not."""


def read_from_the_start(runtime: Runtime, migration: Migration, lease: Lease) -> None:
    """Makes every piece of reading open again, without anything of what was read. It is no attempt at the work.

    Does nothing where the piece is no longer ours, or the migration has moved on. Which files ended their readers is
    kept. What lies in storage of the old reading is swept like all that the ledger does not lead to.
    """
    with runtime.ledger.write() as session:
        if locked(session, migration.id).epoch != migration.epoch or not _is_ours(session, lease):
            return
        _forget(session, migration, lease.run)
        for work in session.exec(select(Work).where(Work.migration_id == migration.id, Work.run == lease.run)):
            if work.phase not in (READING, lease.phase):
                continue
            work.state, work.owner, work.leased_until, work.not_before = READY, None, None, None
            work.settled_at, work.attempts, work.done_weight = None, 0, 0
            work.result = kept_counts(work.result)
            session.add(work)


def _is_ours(session: Session, lease: Lease) -> bool:
    work = session.get(Work, (lease.migration_id, lease.run, lease.phase, lease.number))
    return work is not None and (work.owner, work.epoch) == (lease.owner, lease.epoch)


def _forget(session: Session, migration: Migration, run: str) -> None:
    """The files, parts and problems that reading noted; the files as they were handed over stay."""
    number = migration.export_number
    for table in (ExportFile, Part):
        mine = [col(table.migration_id) == migration.id, col(table.export_number) == number]
        only_read = [col(ExportFile.number) > 0] if table is ExportFile else []
        session.connection().execute(sa.delete(table).where(*mine, *only_read))
    told = sa.delete(ProblemLine).where(col(ProblemLine.migration_id) == migration.id, col(ProblemLine.run) == run)
    session.connection().execute(told.where(col(ProblemLine.code).not_in(OF_LINKS)))
