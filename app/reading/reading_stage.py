"""The phase `read`: a worker reads a clinic's export and saves the progress every few seconds.

Reading can stop between any two files and continue later. Reading the export's bytes and adding rows to the index renew
the lease. The files themselves are read in `read_export.py`, which knows no ledger.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.db import now
from app.index.attachments import Attachments
from app.index.entry import IndexEntry
from app.index.store import Index, remove
from app.index.stored_index import fetch_index, index_key, store_index
from app.mapping.context import Context
from app.migration.exports import fetched_files
from app.migration.ledger_json import WorkResult
from app.migration.models import Migration
from app.migration.plans import plan_of
from app.reading.attachment_storage import attachments_prefix
from app.reading.cut import PartStore
from app.reading.entries import ExportFiles
from app.reading.file_reading import ReadingContext
from app.reading.read_export import read_export, store_attachments
from app.reading.reading_ledger import already_read, note_files, note_problems
from app.reading.results import FileDone
from app.reading.watched_export import open_migration_export
from app.sources import source as source_named
from app.worker.excluded_files import kept_counts
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease, checkpoint
from app.worker.outcome import Done
from app.worker.runtime import Runtime


class BeatingIndex:
    """An index that sends a heartbeat whenever rows are added."""

    def __init__(self, index: Index, beat: Heartbeat) -> None:
        self._index = index
        self._beat = beat

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        """See Index.add."""
        self._beat()
        return self._index.add(kind, part, entries, file=file)

    def present(self, kind: str) -> None:
        self._index.present(kind)

    def drop_file(self, file: int) -> None:
        self._index.drop_file(file)

    @property
    def attachments(self) -> Attachments:
        """The attachments of the index."""
        return self._index.attachments


SAFE_EVERY_SECONDS = 1.0
SAFE_COST = 10.0  # saving the index may take a tenth of the time


@dataclass
class Progress:
    """What was read since the last save. `safe` is the storage key of the saved index, `cost` the seconds of the last
    save."""

    safe: str | None
    path: Path
    pending: list[FileDone] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    cost: float = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to save."""
        return time.monotonic() - self.since > max(SAFE_EVERY_SECONDS, self.cost * SAFE_COST)


def read(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Reads every file of the export that was not read yet. A second call after a crash continues from the last
    save."""
    at = Progress(lease.result.get("index"), runtime.scratch.folder / f"{migration.id}.reading")
    with runtime.ledger.read() as session:
        already = already_read(session, migration) if at.safe else []
    with _index(runtime, migration, at) as index, open_migration_export(runtime, migration, beat) as export:
        reading = _reading(runtime, migration, lease, BeatingIndex(index, beat))
        advance = _advance(runtime, migration, export, beat)
        for entry in store_attachments(export, reading):
            advance(entry.size)
            if at.is_due:
                beat.leave_file()
                _put_safe(runtime, migration, lease, at)

        def size_of(path: str) -> int:
            entry = export.entries.at(path)
            return entry.size if entry else 0

        advance(sum(size_of(file.path) for file in already))
        for done in read_export(export, reading, already):
            at.pending.append(done)
            advance(size_of(done.path))
            if at.is_due:
                beat.leave_file()
                _put_safe(runtime, migration, lease, at)
        beat.leave_file()
        store_index(runtime, migration, at.path, key := _index_name(migration, lease, "read"))
        result: WorkResult = {**kept_counts(lease.result), "index": key}

        def write(session: Session) -> None:
            note_files(session, migration, at.pending)
            note_problems(session, migration, export.problems)

        old = at.safe
        return Done(result, write, lambda: runtime.objects.delete(old) if old else None)


def _advance(runtime: Runtime, migration: Migration, export: ExportFiles, beat: Heartbeat) -> Callable[[int], None]:
    """Returns a function that reports progress: given the unpacked bytes of a file, it beats with the share of
    handed-over bytes."""
    handed = handed_over_bytes(runtime, migration)
    total = max(export.entries.size + export.attached.size, 1)
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += size
        beat(min(handed, handed * done // total))

    return advance


def handed_over_bytes(runtime: Runtime, migration: Migration) -> int:
    """Returns the total size in bytes of the files as handed over."""
    with runtime.ledger.read() as session:
        return sum(file.size for file in fetched_files(session, migration.id, migration.export_number))


@contextmanager
def _index(runtime: Runtime, migration: Migration, at: Progress) -> Iterator[Index]:
    """Opens a new index, or the index that an earlier worker saved."""
    if at.safe is None:
        index = Index.create(at.path)
    else:
        fetch_index(runtime, migration, at.safe, at.path)
        index = Index.resume(at.path)
    try:
        yield index
    finally:
        index.close()
        remove(at.path)


def _reading(runtime: Runtime, migration: Migration, lease: Lease, sink: BeatingIndex) -> ReadingContext:
    plan = plan_of(migration)
    prefix = f"{migration.id}/export-{migration.export_number}/parts/{lease.epoch}-"
    return ReadingContext(
        source=source_named(migration.source),
        context=Context(ZoneInfo(plan.timezone), plan.country, now().date()),
        store=PartStore(
            runtime.objects,
            prefix,
            runtime.key(migration),
            files=attachments_prefix(migration.id, migration.export_number),
        ),
        sink=sink,
        file_kinds=plan.file_kinds,
        column_pairs=plan.column_pairs,
        headerless=frozenset(plan.headerless),
        encodings=plan.file_encodings,
    )


def _put_safe(runtime: Runtime, migration: Migration, lease: Lease, at: Progress) -> None:
    """Saves the index and the ledger together: the next worker continues from here."""
    began = time.monotonic()
    key = _index_name(migration, lease, secrets.token_hex(4))
    store_index(runtime, migration, at.path, key)
    with runtime.ledger.write() as session:
        checkpoint(
            session, runtime.ledger, lease, {**kept_counts(lease.result), "index": key}, runtime.settings.lease_seconds
        )
        note_files(session, migration, at.pending)
    if at.safe:
        runtime.objects.delete(at.safe)
    at.safe, at.pending = key, []
    at.since = time.monotonic()
    at.cost = at.since - began


def _index_name(migration: Migration, lease: Lease, step: str) -> str:
    return f"{index_key(migration.id, migration.export_number)}-{lease.epoch}-{step}"
