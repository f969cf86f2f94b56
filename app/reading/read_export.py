"""A clinic's export is opened, every file of it recognised and cut into parts, and every row's identity kept.

It stops and goes on between any two files: every few seconds what is known so far is put into safe storage.
"""

import io
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.db import now
from app.index.attachments import Attachments
from app.index.entry import IndexEntry
from app.index.store import Index, remove
from app.mapping.context import Context
from app.migration.exports import fetched_files, zip_password_of
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.problems import Problem
from app.reading.attachments import keep
from app.reading.cut import Store
from app.reading.document_folders import ALL_PAGES, SortedOut, answered, sorted_out
from app.reading.documents import COLUMNS, note_rows
from app.reading.entries import Entry, Found, opened, private
from app.reading.file_index_columns import unlisted_columns, unlisted_rows
from app.reading.given import Given
from app.reading.grid import Grid
from app.reading.json_lists import SeveralLists
from app.reading.limits import Limits
from app.reading.log import already_read, note_files, note_problems
from app.reading.naming import is_printed_folder, list_path, name_of
from app.reading.one_file import Reading, read_file, read_rows
from app.reading.recognise import DOCUMENT, Header, understood
from app.reading.results import Already, FileDone
from app.sources import source as source_named
from app.storage import Objects
from app.trial.context import COPY_BYTES, attachments_prefix, index_key
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease, checkpoint, kept_counts, set_aside_in_reading
from app.worker.outcome import Done
from app.worker.runtime import Runtime

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Reading that is seen to advance: as bytes of the export are read and rows enter the index, the lease is renewed.

BUFFER = 256 * 1024


class WatchedFile(io.RawIOBase):
    """A file that beats whenever it is read."""

    def __init__(self, inner: BinaryIO, beat: Heartbeat) -> None:
        super().__init__()
        self._inner = inner
        self._beat = beat

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def readinto(self, buffer: "Buffer") -> int:
        self._beat()
        target = memoryview(buffer).cast("B")
        piece = self._inner.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


class BeatingIndex:
    """An index that beats whenever rows are added to it."""

    def __init__(self, index: Index, beat: Heartbeat) -> None:
        self._index = index
        self._beat = beat

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        self._beat()
        return self._index.add(kind, part, entries, file=file)

    def present(self, kind: str) -> None:
        self._index.present(kind)

    def drop_file(self, file: int) -> None:
        self._index.drop_file(file)

    @property
    def attachments(self) -> Attachments:
        return self._index.attachments


def watched(objects: Objects, key: bytes, file: ExportFile, beat: Heartbeat) -> Given:
    """A file in storage, to be read under watch."""

    def opened() -> BinaryIO:
        return io.BufferedReader(WatchedFile(objects.reader(file.object_key, key), beat), BUFFER)

    return Given(file.path, file.size, opened)


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


# Reads an export: every file recognised, proven, and cut into parts, one file at a time.

__all__ = ["Reading", "keep_attached", "read_export"]

_NOTES = "treatment_notes"


def read_export(found: Found, reading: Reading, already: Sequence[Already] = ()) -> Iterator[FileDone]:
    """One `FileDone` for each file, in order; those in `already` are passed over. Stop after any, go on later.

    A folder of notes that are a page each counts as one, and so does a folder of patients' own files, with those that
    no list names. A JSON file with lists of several kinds counts as one file for each list. Raises nothing for a bad
    file: it is refused, or not recognised, and told.
    """
    files = sorted_out(found, reading.source, reading.file_kinds)
    skip = {a.path for a in already}
    copies = {a.sha256: a.path for a in already if a.sha256}
    next_part = 1 + max((a.last_part for a in already), default=0)
    roots = files.attached_folders()
    lists = {a.kind for a in already if a.path not in roots}
    number = 0
    for entry in files.tables():
        left = [entry]
        for each in left:
            number += 1
            if each.path in skip:
                continue
            try:
                done = read_file(number, each, name_of(each.path, reading.source), reading, copies, next_part)
            except SeveralLists as several:  # each of them is a file, in its place
                left += [replace(entry, path=list_path(entry.path, name), list=name) for name in several.names]
                number -= 1
                continue
            if done.sha256:
                copies.setdefault(done.sha256, each.path)
            lists.add(done.kind)
            next_part += len(done.parts)
            yield done
    first = number + 1
    pages = files.page_folders()
    for number, folder in enumerate(pages, start=first):
        if f"{folder}{ALL_PAGES}" not in skip:
            done = _notes(number, folder, files, pages[folder], reading, next_part)
            next_part += len(done.parts)
            yield answered(done, reading.file_kinds)
    first += len(pages)
    for number, root in enumerate(roots, start=first):
        if root not in skip:
            done = _unlisted(number, root, lists, reading, next_part)
            next_part += len(done.parts)
            yield answered(done, reading.file_kinds)
    for number, documents in enumerate(files.unanswered, start=first + len(roots)):
        if documents.root not in skip:
            yield answered(documents.done(number), reading.file_kinds)


def keep_attached(found: Found, reading: Reading) -> Iterator[Entry]:
    """Stores what belongs to patients, one file after the other, and says of each when it is done. Those that are
    stored already are passed over. Has to be at its end before `read_export` begins."""
    attachments = reading.sink.attachments
    for entry in sorted_out(found, reading.source, reading.file_kinds).attached():
        if not attachments.has(entry.path):
            attachments.add(keep(entry, reading.store))
            yield entry
    attachments.settle()


def _unlisted(number: int, root: str, lists: Set[str | None], reading: Reading, next_part: int) -> FileDone:
    """Patients' own files that no list names: each is a row, its line the number of the file among them."""
    kind = next((k for k in reading.source.kinds if k.filing), None)
    if kind is None or kind.filing is None:
        return FileDone(number, root, problems=(Problem("unrecognised_file", file=root),))
    is_listed = kind.name in lists and not is_printed_folder(root)
    told = (kind.filing.unlisted_code,) if is_listed else ()
    columns = unlisted_columns(kind.filing)
    header = Header(kind, columns, columns, DOCUMENT, (), (), ())
    grid = Grid(header, lambda: unlisted_rows(reading.sink.attachments, root, told), is_api=True)
    done = FileDone(number, root, kind=kind.name, dialect=DOCUMENT)
    return read_rows(done, header, grid, reading, next_part)


def _notes(number: int, folder: str, files: SortedOut, count: int, reading: Reading, next_part: int) -> FileDone:
    """Notes as pages: each is a row, its line the number of the page in its folder."""
    path = f"{folder}{ALL_PAGES}"
    kind = next((k for k in reading.source.kinds if k.name == _NOTES), None)
    if kind is None:
        return FileDone(number, path, problems=(Problem("unrecognised_file", file=path, count=count),))
    header = replace(understood(kind, COLUMNS), columns=COLUMNS, unknown=(), dialect=DOCUMENT)
    twice = files.found.entries.in_two_forms()
    grid = Grid(header, lambda: note_rows(files.pages(folder), reading.store.limits, twice), is_api=True, count=count)
    done = FileDone(number, path, sum(page.size for page in files.pages(folder)), kind=kind.name, dialect=DOCUMENT)
    return read_rows(done, header, grid, reading, next_part)
