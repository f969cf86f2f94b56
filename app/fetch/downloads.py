"""The progress of a download for the clinic's page, and the stop of a download.

Pause and resume are events of the migration (`Event.PAUSE`, `Event.RESUME`): a paused download keeps its durable
bytes. Stopping deletes the downloaded bytes and the link, and returns the clinic to the hand-over.
"""

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
from app.worker.runtime import Confirm, Runtime

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
    """The progress of one file. `done` are durable bytes, `size` is None where the provider gives no size."""

    path: str
    done: int
    size: int | None
    complete: bool


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The progress of all files of a link. `files` are the first MOST files.

    `waits_for` is the code of a temporary problem, `until` the time of the retry. `listed` is False before the files
    of the link are known.
    """

    listed: bool
    paused: bool
    done: int
    size: int | None
    files_done: int
    files_all: int
    waits_for: str | None
    until: datetime | None
    files: tuple[FileProgress, ...]


def load_download_progress(session: Session, migration: Migration) -> DownloadProgress:
    """The progress of the download of the migration's current link."""
    mine = (
        col(LinkedFile.migration_id) == migration.id,
        col(LinkedFile.export_number) == migration.export_number,
    )
    row = session.connection().execute(sa.select(*SUMS).where(*mine)).one()
    count, done, size, unsized, complete = (int(value or 0) for value in row)
    first = session.exec(select(LinkedFile).where(*mine).order_by(LinkedFile.object_key).limit(MOST)).all()
    waits_for, until = _load_wait(session, migration)
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


def _load_wait(session: Session, migration: Migration) -> tuple[str | None, datetime | None]:
    wait = session.exec(
        select(Work.last_problem, Work.not_before).where(
            Work.migration_id == migration.id,
            Work.run == f"export:{migration.export_number}",
            Work.phase == PHASE,
            Work.state == READY,
            col(Work.not_before).is_not(None),
        )
    ).first()
    return wait if wait is not None and wait[0] in catalogue() else (None, None)


def stop_download(runtime: Runtime, migration: Migration, by: By, confirm: Confirm | None = None) -> None:
    """Deletes the downloaded files and the link, and returns the migration to the hand-over.

    `confirm` is called in the transaction and raises where the person's page is out of date.
    """
    with runtime.write(confirm) as session:
        current = locked(session, migration.id)
        if current.state == State.PAUSED and current.paused_from == State.FETCHING:
            advance(session, migration.id, Event.RESUME, by, guards={"pausable": pausable(by.actor)})
        replace_export(session, migration.id, by, "the download was stopped")
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
