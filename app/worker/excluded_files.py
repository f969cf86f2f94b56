"""Which file ended its reader, and which files are therefore never opened again.

A file that crashes, hangs or exhausts the process that reads it twice is excluded, and the rest of the export is read.
The counts stand in the result of the piece that reads.
"""

from collections.abc import Mapping

from sqlmodel import Session, select

from app.db import Database
from app.migration.ledger_json import WorkResult
from app.migration.models import Migration, Work
from app.worker.leases import LEASED, READING, READY, Lease, LostLease

ENDS_OF_A_FILE = 2
MANY_ENDINGS = 10
MOST_ENDINGS = 100  # files; later deaths of readers count as attempts again


def expire_owner(ledger: Database, owner: str, ended_by: str = "") -> list[str]:
    """Ends every lease of a dead worker, and returns the migrations that wait for another worker.

    `ended_by` is the key of the file that ended the worker. The death then counts for the file, not as an attempt.
    """
    with ledger.write() as session:
        held = session.exec(select(Work).where(Work.owner == owner, Work.state == LEASED)).all()
        for work in held:
            _release(session, work, ended_by, times=1 if ended_by else 0)
        return sorted({work.migration_id for work in held})


def release_for_file(ledger: Database, lease: Lease, key: str, problem: str) -> None:
    """Releases a piece because one file could not be read. The failure counts for the file, not as an attempt.

    Does nothing when another worker holds the piece.
    """
    with ledger.write() as session:
        work = _held(session, lease)
        if work is not None:
            _release(session, work, key)
            work.last_problem = problem


def exclude_file(ledger: Database, lease: Lease, key: str) -> None:
    """Releases a piece that ended too many readers in one file, and excludes the file from further reading.

    Does nothing when another worker holds the piece.
    """
    with ledger.write() as session:
        work = _held(session, lease)
        if work is not None:
            _release(session, work, key, times=ENDS_OF_A_FILE)
            work.attempts = 0


def note_opening(ledger: Database, lease: Lease, key: str) -> None:
    """Notes in the ledger which file is about to be read. Raises LostLease when another worker holds the piece."""
    with ledger.write() as session:
        work = _held(session, lease)
        if work is None:
            raise LostLease(lease.phase)
        work.result = {**work.result, "opening": key}
        session.add(work)


def ended_by_file(result: WorkResult) -> Mapping[str, int]:
    """How many readers each file has ended, by key, from the result of an open piece."""
    return result.get("ended_by_file", {})


def kept_counts(result: WorkResult) -> WorkResult:
    """The counts that every later result of an open piece must keep."""
    return {"ended_by_file": dict(ended_by_file(result))} if ended_by_file(result) else {}


def excluded_files(result: WorkResult) -> frozenset[str]:
    """The files that a piece no longer opens. A file is excluded when it has ended two readers; once ten files are
    excluded, a single ended reader is enough."""
    counts = ended_by_file(result)
    most = ENDS_OF_A_FILE if sum(count >= ENDS_OF_A_FILE for count in counts.values()) < MANY_ENDINGS else 1
    return frozenset(key for key, count in counts.items() if count >= most)


def files_excluded_in_reading(session: Session, migration: Migration) -> frozenset[str]:
    """The files that ended their readers while the export was read. They are never opened again."""
    work = session.get(Work, (migration.id, f"export:{migration.export_number}", READING, 0))
    return excluded_files(work.result) if work is not None else frozenset()


def _release(session: Session, work: Work, key: str, times: int = 1) -> None:
    """Makes a leased piece ready for any worker. Counts `times` ended readers for the file of this key."""
    for _ in range(times):
        _count(work, key)
    work.state, work.owner, work.leased_until = READY, None, None
    session.add(work)


def _count(work: Work, key: str) -> None:
    counts = ended_by_file(work.result)
    kept = work.result.copy()
    kept.pop("opening", None)
    work.result = {**kept, "ended_by_file": {**counts, key: counts.get(key, 0) + 1}}
    if len(counts) < MOST_ENDINGS:
        work.attempts = max(work.attempts - 1, 0)


def _held(session: Session, lease: Lease) -> Work | None:
    """The piece, locked for this transaction, or None when another worker holds it."""
    return session.exec(
        select(Work)
        .where(
            Work.migration_id == lease.migration_id,
            Work.run == lease.run,
            Work.phase == lease.phase,
            Work.number == lease.number,
            Work.epoch == lease.epoch,
            Work.owner == lease.owner,
            Work.state == LEASED,
        )
        .with_for_update()
    ).first()
