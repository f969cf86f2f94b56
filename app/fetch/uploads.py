"""Files that a browser sends in pieces, over cut lines, reloads and restarts: each piece is durable once answered.

A file is known again by its name and size, so whoever chooses the same files goes on where they stopped. Pieces go
straight into encrypted storage; the ledger holds how far each file is. Nothing is handed over before all is here.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.links.slots import alone
from app.migration.advance import By, locked
from app.migration.audit import STOP_UPLOAD, write_act
from app.migration.exports import Stored, submit_files
from app.migration.models import Migration
from app.migration.upload_tables import UploadFile
from app.problems import Problem
from app.storage.writing import NO_ROOM
from app.worker.runtime import Runtime

PIECE = 8 * 1024 * 1024
GRAIN = 64 * 1024  # only whole frames are durable before a file's end
KEPT = timedelta(days=7)
CHUNK = 1024 * 1024
SPARE = 64 * 1024 * 1024  # left free by uploads, because the ledger may be on the same disk


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file as the browser knows it: its name, and its size in bytes."""

    name: str
    size: int


class WrongPlace(Exception):
    """A piece that does not begin where the file ends; `received` is where it does."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class Full(Exception):
    """The storage has no room for a piece. What arrived before it stays."""


def begin(
    runtime: Runtime,
    migration: Migration,
    chosen: Sequence[Chosen],
    confirm: Callable[[Session, bool], object] | None = None,
) -> list[UploadFile]:
    """The files that were chosen, each with how much of it is here. What was chosen before and is not now goes.

    `confirm` raises where what the person saw is not so any more; it learns whether anything would go.
    """
    with runtime.ledger.write() as session:
        locked(session, migration.id)
        before = rows_of(session, migration.id)
        kept = [_known(before, file) for file in chosen]
        if confirm is not None:
            confirm(session, bool(before))
        require_room(runtime, sum(f.size - (row.received if row else 0) for f, row in zip(chosen, kept, strict=True)))
        for row in before:
            runtime.objects.delete(row.object_key)
        for row in (*before, *(row for row in kept if row)):
            session.delete(row)
        session.flush()
        fresh = [_row(migration.id, n, *pair) for n, pair in enumerate(zip(chosen, kept, strict=True), 1)]
        session.add_all(fresh)
    return fresh


def _known(before: list[UploadFile], file: Chosen) -> UploadFile | None:
    """The same file as it was sent before, taken out of `before`."""
    found = next((row for row in before if (row.name, row.size) == (file.name, file.size)), None)
    if found is not None:
        before.remove(found)
    return found


def _row(migration_id: str, number: int, file: Chosen, before: UploadFile | None) -> UploadFile:
    if before is not None:
        return UploadFile(**before.model_dump(exclude={"number", "touched_at"}), number=number)
    token = secrets.token_hex(16)
    key = f"{migration_id}/uploads/{token}"
    return UploadFile(
        migration_id=migration_id, number=number, id=token, name=file.name, size=file.size, object_key=key
    )


def require_room(runtime: Runtime, more: int) -> None:
    """Refuses before the first byte what the storage would not hold."""
    free = runtime.objects.free_space()
    if free is not None and free < more:
        raise Stop(Problem("no_space", details={"size": f"{more / 10**9:.1f} GB"}))


def rows_of(session: Session, migration_id: str) -> list[UploadFile]:
    found = select(UploadFile).where(UploadFile.migration_id == migration_id).order_by(col(UploadFile.number))
    return list(session.exec(found).all())


def row_of(session: Session, migration_id: str, upload_id: str) -> UploadFile | None:
    """One file, locked until the end of the transaction."""
    which = (UploadFile.migration_id == migration_id, UploadFile.id == upload_id)
    return session.exec(select(UploadFile).where(*which).with_for_update()).first()


def take(runtime: Runtime, migration: Migration, upload_id: str, start: int, piece: bytes) -> int | None:
    """Adds a piece, durably; returns how much of the file is here, None where no such file is being sent.

    Two pages that send the same file wait for each other by a lock of the file's own, so that nobody else waits for a
    slow disk: the ledger learns in a moment what is durable already.
    """
    with alone(runtime.locks, f"upload:{upload_id}"):
        with runtime.ledger.read() as session:
            row = row_of(session, migration.id, upload_id)
        if row is None:
            return None
        whole = runtime.objects.exists(row.object_key)  # its last piece was durable, and nobody could say so any more
        try:
            received = row.size if whole else _written(runtime, runtime.key(migration), row, start, piece)
            digest = _sha256(runtime, migration, row.object_key) if received == row.size else ""
        except FileNotFoundError:  # the upload was stopped meanwhile
            return None
        if _told(runtime, migration.id, upload_id, received, digest):
            return received
        if not whole:  # written after it was stopped; what is whole may have been handed over
            runtime.objects.delete(row.object_key)
        return None


def _told(runtime: Runtime, migration_id: str, upload_id: str, received: int, digest: str) -> bool:
    """Writes down what is durable; False where the file is not sent any more."""
    with runtime.ledger.write() as session:
        row = row_of(session, migration_id, upload_id)
        if row is not None:
            row.received, row.sha256, row.touched_at = received, digest, now()
            session.add(row)
    return row is not None


def _written(runtime: Runtime, key: bytes, row: UploadFile, start: int, piece: bytes) -> int:
    free = runtime.objects.free_space()
    if free is not None and free < len(piece) + SPARE:
        raise Full
    whole = start + len(piece) == row.size
    with runtime.objects.appender(row.object_key, key) as part:
        durable = min(row.received, part.position)
        if start != durable or not piece or start + len(piece) > row.size or (len(piece) % GRAIN and not whole):
            raise WrongPlace(durable)
        part.truncate(durable)
        try:
            part.write(piece)
            return part.finish() if whole else part.checkpoint()
        except OSError as error:
            if error.errno in NO_ROOM:
                raise Full from None
            raise


def _sha256(runtime: Runtime, migration: Migration, object_key: str) -> str:
    digest = hashlib.sha256()
    with runtime.objects.reader(object_key, runtime.key(migration)) as stored:
        while chunk := stored.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def finish(runtime: Runtime, migration: Migration, by: By, confirm: Callable[[Session], object] | None = None) -> bool:
    """Hands over what was sent, once all of it is here; says whether it was. `confirm` may refuse by raising."""
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        rows = rows_of(session, migration.id)
        if not rows or any(not row.sha256 for row in rows):
            return False
        stored = [Stored(row.name, row.object_key, row.size, row.sha256) for row in rows]
        for row in rows:
            session.delete(row)
        name = stored[0].path if len(stored) == 1 else f"{len(stored)} files"
        ring = submit_files(session, migration.id, stored, way="upload", name=name, by=by)
    runtime.doorbell.ring(ring.migration_id)
    return True


def stop(
    runtime: Runtime,
    migration_id: str,
    confirm: Callable[[Session], object] | None = None,
    by: By | None = None,
) -> None:
    """Deletes what arrived, with an audit line of the person who stopped the upload. Twice is once.

    `confirm` may refuse by raising. `by` is None where nobody went on with the upload for too long.
    """
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        rows = rows_of(session, migration_id)
        if rows and by is not None:
            migration = locked(session, migration_id)
            write_act(session, migration, by.name, by.actor.value, STOP_UPLOAD, {"files": len(rows)})
        for row in rows:
            runtime.objects.delete(row.object_key)
            session.delete(row)


def sweep_uploads(runtime: Runtime, at: datetime | None = None) -> None:
    """Deletes uploads that nobody went on with for a week."""
    with runtime.ledger.read() as session:
        old = (col(UploadFile.touched_at) < (at or now()) - KEPT,)
        left = session.exec(select(UploadFile.migration_id).where(*old).distinct()).all()
    for migration_id in left:
        stop(runtime, migration_id)
