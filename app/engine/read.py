"""A clinic's export is opened, every file of it recognised and cut into parts, and every row's identity kept.

It stops and goes on between any two files: every few seconds what is known so far is put into safe storage.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.db import now
from app.engine.bench import COPY_BYTES, attachments_prefix, index_key
from app.engine.heartbeat import Heartbeat
from app.engine.index.store import Index, remove
from app.engine.outcome import Done
from app.engine.reading.cut import Store
from app.engine.reading.entries import Found, opened, private
from app.engine.reading.limits import Limits
from app.engine.reading.reader import Reading, keep_attached, read_export
from app.engine.reading.results import FileDone
from app.engine.reading_log import already_read, note_files, note_problems
from app.engine.runtime import Runtime
from app.engine.watched import BeatingIndex, watched
from app.engine.work import Lease, checkpoint, kept_counts, set_aside_in_reading
from app.mapping.context import Context
from app.migration.exports import fetched_files, zip_password_of
from app.migration.models import Migration
from app.migration.plans import plan_of
from app.sources import source as source_named

SAFE_EVERY_SECONDS = 1.0
SAFE_COST = 10.0  # putting the index into safe storage may take a tenth of the time


@dataclass
class Progress:
    """What has been read since it was last put into safe storage."""

    safe: str | None
    path: Path
    pending: list[FileDone] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    cost: float = 0.0

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self.since > max(SAFE_EVERY_SECONDS, self.cost * SAFE_COST)


def read(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Reads every file of the export that has not been read yet."""
    at = Progress(lease.result.get("index"), runtime.scratch.folder / f"{migration.id}.reading")
    with runtime.ledger.read() as session:
        already = already_read(session, migration) if at.safe else []
    with _index(runtime, migration, at) as index, found_in(runtime, migration, beat) as found:
        reading = _reading(runtime, migration, lease, BeatingIndex(index, beat))
        advance = _advance(runtime, migration, found, beat)
        for entry in keep_attached(found, reading):
            advance(entry.size)
            if at.is_due:
                beat.leave_file()
                _put_safe(runtime, migration, lease, at)

        def size_of(path: str) -> int:
            entry = found.entries.at(path)
            return entry.size if entry else 0

        advance(sum(size_of(file.path) for file in already))
        for done in read_export(found, reading, already):
            at.pending.append(done)
            advance(size_of(done.path))
            if at.is_due:
                beat.leave_file()
                _put_safe(runtime, migration, lease, at)
        beat.leave_file()
        store_index(runtime, migration, at.path, key := _index_name(migration, lease, "read"))
        result = {**kept_counts(lease.result), "index": key}

        def write(session: Session) -> None:
            note_files(session, migration, at.pending)
            note_problems(session, migration, found.problems)

        old = at.safe
        return Done(result, write, lambda: runtime.objects.delete(old) if old else None)


def _advance(runtime: Runtime, migration: Migration, found: Found, beat: Heartbeat) -> Callable[[int], None]:
    """Beats with the share of the files that are done, told in bytes of what was handed over."""
    handed = found_size(runtime, migration)
    total = max(found.entries.size + found.attached.size, 1)
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += size
        beat(min(handed, handed * done // total))

    return advance


def found_size(runtime: Runtime, migration: Migration) -> int:
    """How large the files are that were handed over."""
    with runtime.ledger.read() as session:
        return sum(file.size for file in fetched_files(session, migration.id, migration.export_number))


@contextmanager
def _index(runtime: Runtime, migration: Migration, at: Progress) -> Iterator[Index]:
    """The index so far: a new one, or what an earlier worker had put into safe storage."""
    if at.safe is None:
        index = Index.create(at.path)
    else:
        with runtime.objects.reader(at.safe, runtime.key(migration)) as kept, at.path.open("wb") as plain:
            shutil.copyfileobj(kept, plain, COPY_BYTES)
        index = Index.resume(at.path)
    try:
        yield index
    finally:
        index.close()
        remove(at.path)


@contextmanager
def found_in(runtime: Runtime, migration: Migration, beat: Heartbeat) -> Iterator[Found]:
    """The files of an export, as raw as they were handed over, for as long as the block."""
    with runtime.ledger.read() as session:
        files = fetched_files(session, migration.id, migration.export_number)
        password = zip_password_of(session, migration, runtime.link_key(migration))
        aside = set_aside_in_reading(session, migration)
    watch = beat.watch()
    watch = replace(watch, aside=watch.aside | aside)
    given = [watched(runtime.objects, runtime.key(migration), file, beat) for file in files]
    source = source_named(migration.source)
    with opened(given, source, Limits(), private(runtime.scratch.folder), password, watch) as found:
        yield found


def _reading(runtime: Runtime, migration: Migration, lease: Lease, sink: BeatingIndex) -> Reading:
    plan = plan_of(migration)
    prefix = f"{migration.id}/export-{migration.export_number}/parts/{lease.epoch}-"
    return Reading(
        source=source_named(migration.source),
        context=Context(ZoneInfo(plan.timezone), plan.country, now().date()),
        store=Store(
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
    """The index and the ledger move forward together: whoever takes over goes on from here."""
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


def store_index(runtime: Runtime, migration: Migration, path: Path, key: str) -> None:
    """Puts an index into encrypted storage."""
    with path.open("rb") as plain, runtime.objects.writer(key, runtime.key(migration)) as kept:
        while chunk := plain.read(COPY_BYTES):
            kept.write(chunk)


def _index_name(migration: Migration, lease: Lease, step: str) -> str:
    return f"{index_key(migration.id, migration.export_number)}-{lease.epoch}-{step}"
