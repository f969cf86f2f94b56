"""A download as the clinic follows it: how far each file is, what it waits for, and how it is stopped for good.

Pausing and resuming are the migration's own acts (`Event.PAUSE`, `Event.RESUME`): a paused download keeps what is
durable and goes on from there. Stopping deletes what is here, forgets the link, and leads back to the hand-over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.fetch.fetch_export import PHASE, prefix_of
from app.migration.advance import By, advance, locked
from app.migration.exports import replace_export
from app.migration.guards import pausable
from app.migration.models import Export, LinkedFile, Migration, Work
from app.migration.states import Event, State
from app.problems import catalogue
from app.worker.leases import READY
from app.worker.runtime import Runtime

MOST = 200
SUMS = (
    sa.func.count(),
    sa.func.sum(LinkedFile.bytes_done),
    sa.func.sum(LinkedFile.expected_size),
    sa.func.sum(sa.case((col(LinkedFile.expected_size).is_(None), 1), else_=0)),
    sa.func.sum(sa.case((col(LinkedFile.sha256) != "", 1), else_=0)),
)


@dataclass(frozen=True, slots=True)
class FileProgress:
    """One file: bytes that are durable, of all; `size` is None where the provider does not tell."""

    path: str
    done: int
    size: int | None
    complete: bool


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The whole link. `waits_for` is the code of what must pass by itself, `until` when it is tried again, and `files`
    the first of them. `listed` is False while nobody has looked behind the link yet."""

    listed: bool
    paused: bool
    done: int
    size: int | None
    files_done: int
    files_all: int
    waits_for: str | None
    until: datetime | None
    files: tuple[FileProgress, ...]


def download_of(session: Session, migration: Migration) -> DownloadProgress:
    """How far the download of the current link is."""
    mine = (
        col(LinkedFile.migration_id) == migration.id,
        col(LinkedFile.export_number) == migration.export_number,
    )
    row = session.connection().execute(sa.select(*SUMS).where(*mine)).one()
    count, done, size, unsized, complete = (int(value or 0) for value in row)
    first = session.exec(select(LinkedFile).where(*mine).order_by(LinkedFile.object_key).limit(MOST)).all()
    waits_for, until = _waits(session, migration)
    return DownloadProgress(
        listed=count > 0,
        paused=migration.state == State.PAUSED,
        done=done,
        size=None if unsized else size,
        files_done=complete,
        files_all=count,
        waits_for=waits_for,
        until=until,
        files=tuple(FileProgress(f.path, f.bytes_done, f.expected_size, f.sha256 != "") for f in first),
    )


def _waits(session: Session, migration: Migration) -> tuple[str | None, datetime | None]:
    found = session.exec(
        select(Work.last_problem, Work.not_before).where(
            Work.migration_id == migration.id,
            Work.run == f"export:{migration.export_number}",
            Work.phase == PHASE,
            Work.state == READY,
            col(Work.not_before).is_not(None),
        )
    ).first()
    return found if found is not None and found[0] in catalogue() else (None, None)


def stop_download(
    runtime: Runtime, migration: Migration, by: By, confirm: Callable[[Session], object] | None = None
) -> None:
    """Deletes what was downloaded and the link with it, and lets the clinic hand over something else.

    `confirm` raises where what the person saw is not so any more.
    """
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        current = locked(session, migration.id)
        if current.state == State.PAUSED and current.paused_from == State.FETCHING:
            advance(session, migration.id, Event.RESUME, by, guards={"pausable": pausable(by.actor)})
        ring = replace_export(session, migration.id, by, "the download was stopped")
        export = session.get(Export, (migration.id, migration.export_number))
        if export is not None:
            export.sealed_link = export.sealed_password = None
            session.add(export)
        session.connection().execute(
            sa.delete(LinkedFile).where(
                col(LinkedFile.migration_id) == migration.id,
                col(LinkedFile.export_number) == migration.export_number,
            )
        )
    runtime.objects.delete_prefix(prefix_of(migration))
    runtime.doorbell.ring(ring.migration_id)
