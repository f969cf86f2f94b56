"""Recomputes the checksum of each reading from the present ledger, as the product's own reading would."""

from sqlmodel import Session, select

from app.migration.models import Export, Work
from app.reading.seal import PHASE, all_files, seal_of_reading
from app.trial.account_seal import counted_in
from app.worker.leases import DONE


def seal_readings(session: Session, migration_id: str) -> None:
    """Seals every export of a migration that has been read, in the caller's transaction."""
    session.flush()
    read = select(Export).where(Export.migration_id == migration_id)
    for export in session.exec(read).all():
        if export.read_at is None:
            continue
        run = f"export:{export.number}"
        files, counts = all_files(session, migration_id, export.number), counted_in(session, migration_id, run)
        key = (migration_id, run, PHASE, 0)
        work = session.get(Work, key) or Work(migration_id=migration_id, run=run, phase=PHASE, number=0, state=DONE)
        work.result = {**work.result, "reading": seal_of_reading(export, export.inventory, files, counts)}
        session.add(work)
