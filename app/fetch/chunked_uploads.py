"""Chunked uploads: a browser sends files in pieces, and each piece is durable before its response.

An upload resumes after lost connections, reloads and restarts: a file is recognised by name and size. Pieces go into
encrypted storage, and the ledger holds the received bytes of each file. The hand-over needs every file complete.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.db import now
from app.errors import Stop
from app.links.connection_slots import exclusive_lock
from app.migration.advance import By, locked
from app.migration.audit import STOP_UPLOAD, write_act
from app.migration.exports import Stored, submit_files
from app.migration.models import Migration
from app.migration.upload_tables import UploadFile
from app.problems import Problem
from app.storage.writing import NO_ROOM
from app.worker.runtime import Confirm, Runtime

PIECE = 8 * 1024 * 1024
GRAIN = 64 * 1024  # bytes of a storage frame; only whole frames are durable before the end of a file
KEPT = timedelta(days=7)
CHUNK = 1024 * 1024
SPARE = 64 * 1024 * 1024  # left free by uploads, because the ledger may be on the same disk


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """A file that a person chose in the browser: its name, and its size in bytes."""

    name: str
    size: int


class WrongOffset(Exception):
    """A piece does not begin at the end of the received bytes. `received` is the right offset."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class StorageFull(Exception):
    """The storage has no room for a piece. Earlier pieces are kept."""


def begin(
    runtime: Runtime,
    migration: Migration,
    chosen: Sequence[ChosenFile],
    confirm: Callable[[Session, bool], object] | None = None,
) -> list[UploadFile]:
    """Starts or resumes an upload. Returns the chosen files with their received bytes, and deletes all other files.

    `confirm` takes whether the migration has uploaded files, and raises where the person's page is out of date.
    """
    with runtime.ledger.write() as session:
        locked(session, migration.id)
        before = load_upload_files(session, migration.id)
        kept = [_pop_match(before, file) for file in chosen]
        if confirm is not None:
            confirm(session, bool(before))
        require_room(runtime, sum(f.size - (row.received if row else 0) for f, row in zip(chosen, kept, strict=True)))
        for row in before:
            runtime.objects.delete(row.object_key)
        for row in (*before, *(row for row in kept if row)):
            session.delete(row)
        session.flush()
        fresh = [_build_row(migration.id, n, *pair) for n, pair in enumerate(zip(chosen, kept, strict=True), 1)]
        session.add_all(fresh)
    return fresh


def _pop_match(before: list[UploadFile], file: ChosenFile) -> UploadFile | None:
    """Removes the row of the same file from `before` and returns the row, or None."""
    match = next((row for row in before if (row.name, row.size) == (file.name, file.size)), None)
    if match is not None:
        before.remove(match)
    return match


def _build_row(migration_id: str, number: int, file: ChosenFile, before: UploadFile | None) -> UploadFile:
    if before is not None:
        return UploadFile(**before.model_dump(exclude={"number", "touched_at"}), number=number)
    token = secrets.token_hex(16)
    key = f"{migration_id}/uploads/{token}"
    return UploadFile(
        migration_id=migration_id, number=number, id=token, name=file.name, size=file.size, object_key=key
    )


def require_room(runtime: Runtime, more: int) -> None:
    """Raises Stop `no_space` where the storage cannot hold `more` bytes."""
    free = runtime.objects.free_space()
    if free is not None and free < more:
        raise Stop(Problem("no_space", details={"size": f"{more / 10**9:.1f} GB"}))


def load_upload_files(session: Session, migration_id: str) -> list[UploadFile]:
    """The uploaded files of a migration, in order."""
    query = select(UploadFile).where(UploadFile.migration_id == migration_id).order_by(col(UploadFile.number))
    return list(session.exec(query).all())


def load_upload_file(session: Session, migration_id: str, upload_id: str) -> UploadFile | None:
    """An uploaded file, locked until the end of the transaction, or None."""
    conditions = (UploadFile.migration_id == migration_id, UploadFile.id == upload_id)
    return session.exec(select(UploadFile).where(*conditions).with_for_update()).first()


def take(runtime: Runtime, migration: Migration, upload_id: str, start: int, piece: bytes) -> int | None:
    """Stores a piece durably. Returns the received bytes of the file, or None where the upload does not exist.

    A lock per file serialises two pages that send the same file, so a slow disk blocks neither other uploads nor the
    ledger. Raises WrongOffset or StorageFull.
    """
    with exclusive_lock(runtime.locks, f"upload:{upload_id}"):
        with runtime.ledger.read() as session:
            row = load_upload_file(session, migration.id, upload_id)
        if row is None:
            return None
        whole = runtime.objects.exists(row.object_key)  # the last piece was durable, and its response was lost
        try:
            received = row.size if whole else _write(runtime, runtime.key(migration), row, start, piece)
            digest = _sha256(runtime, migration, row.object_key) if received == row.size else ""
        except FileNotFoundError:  # the upload was stopped
            return None
        if _record_received(runtime, migration.id, upload_id, received, digest):
            return received
        if not whole:  # written after the stop; a complete file may have been handed over
            runtime.objects.delete(row.object_key)
        return None


def _record_received(runtime: Runtime, migration_id: str, upload_id: str, received: int, digest: str) -> bool:
    """Records the received bytes in the ledger. Returns False where the upload was stopped."""
    with runtime.ledger.write() as session:
        row = load_upload_file(session, migration_id, upload_id)
        if row is not None:
            row.received, row.sha256, row.touched_at = received, digest, now()
            session.add(row)
    return row is not None


def _write(runtime: Runtime, key: bytes, row: UploadFile, start: int, piece: bytes) -> int:
    free = runtime.objects.free_space()
    if free is not None and free < len(piece) + SPARE:
        raise StorageFull
    whole = start + len(piece) == row.size
    with runtime.objects.appender(row.object_key, key) as part:
        durable = min(row.received, part.position)
        if start != durable or not piece or start + len(piece) > row.size or (len(piece) % GRAIN and not whole):
            raise WrongOffset(durable)
        part.truncate(durable)
        try:
            part.write(piece)
            return part.finish() if whole else part.checkpoint()
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StorageFull from None
            raise


def _sha256(runtime: Runtime, migration: Migration, object_key: str) -> str:
    digest = hashlib.sha256()
    with runtime.objects.reader(object_key, runtime.key(migration)) as stored:
        while chunk := stored.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def finish(runtime: Runtime, migration: Migration, by: By, confirm: Confirm | None = None) -> bool:
    """Hands over the upload. Returns False where a file is incomplete. `confirm` may raise."""
    with runtime.write(confirm) as session:
        rows = load_upload_files(session, migration.id)
        if not rows or any(not row.sha256 for row in rows):
            return False
        stored = [Stored(row.name, row.object_key, row.size, row.sha256) for row in rows]
        for row in rows:
            session.delete(row)
        name = stored[0].path if len(stored) == 1 else f"{len(stored)} files"
        submit_files(session, migration.id, stored, way="upload", name=name, by=by)
    return True


def stop(
    runtime: Runtime,
    migration_id: str,
    confirm: Confirm | None = None,
    by: By | None = None,
) -> None:
    """Deletes the uploaded files and writes an audit line. A second call does nothing.

    `confirm` may raise. `by` is the person who stopped the upload, or None for an upload that expired.
    """
    with runtime.write(confirm) as session:
        rows = load_upload_files(session, migration_id)
        if rows and by is not None:
            migration = locked(session, migration_id)
            write_act(session, migration, by.name, by.actor.value, STOP_UPLOAD, {"files": len(rows)})
        for row in rows:
            runtime.objects.delete(row.object_key)
            session.delete(row)


def sweep_uploads(runtime: Runtime, at: datetime | None = None) -> None:
    """Deletes uploads without a new piece for a week."""
    with runtime.ledger.read() as session:
        old = (col(UploadFile.touched_at) < (at or now()) - KEPT,)
        left = session.exec(select(UploadFile.migration_id).where(*old).distinct()).all()
    for migration_id in left:
        stop(runtime, migration_id)
