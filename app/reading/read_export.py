"""Reads a clinic's export: opens it, recognises every file, writes parts, and stores every row's identity.

Reading can stop between any two files and continue later: the progress is saved every few seconds.
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
from app.index.attachments import Attachment, Attachments
from app.index.entry import IndexEntry
from app.index.store import Index, remove
from app.mapping.context import Context
from app.mapping.kind_roles import KindRole
from app.migration.exports import fetched_files, zip_password_of
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.problems import Problem
from app.reading.attachment_storage import store_attachment
from app.reading.cut import PartStore
from app.reading.document_folders import ALL_PAGES, SortedDocuments, sort_documents, with_answer_mark
from app.reading.documents import note_rows
from app.reading.entries import ExportFiles, FileEntry, open_export, private_scratch
from app.reading.file_index_columns import unlisted_columns, unlisted_rows
from app.reading.file_reading import ReadingContext, read_file, read_rows
from app.reading.given_files import GivenFile
from app.reading.grid import Grid
from app.reading.json_lists import SeveralLists
from app.reading.limits import Limits
from app.reading.naming import is_printed_folder, list_path, name_of
from app.reading.reading_ledger import already_read, note_files, note_problems
from app.reading.recognise import DOCUMENT, Header, match_columns
from app.reading.results import AlreadyRead, FileDone
from app.sources import source as source_named
from app.storage import Objects
from app.trial.context import COPY_BYTES, attachments_prefix, index_key
from app.worker.heartbeat import Heartbeat
from app.worker.leases import Lease, checkpoint, kept_counts, set_aside_in_reading
from app.worker.outcome import Done
from app.worker.runtime import Runtime

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Heartbeats: reading bytes of the export and adding rows to the index renew the lease.

BUFFER = 256 * 1024


class WatchedFile(io.RawIOBase):
    """A file that sends a heartbeat on every read."""

    def __init__(self, inner: BinaryIO, beat: Heartbeat) -> None:
        super().__init__()
        self._inner = inner
        self._beat = beat

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seekable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.RawIOBase."""
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        """See io.RawIOBase."""
        return self._inner.tell()

    def readinto(self, buffer: "Buffer") -> int:
        """See io.RawIOBase."""
        self._beat()
        target = memoryview(buffer).cast("B")
        piece = self._inner.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """See io.RawIOBase."""
        if not self.closed:
            self._inner.close()
        super().close()


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


def watch_file(objects: Objects, key: bytes, file: ExportFile, beat: Heartbeat) -> GivenFile:
    """Returns a file in storage whose reads renew the lease."""

    def open_export() -> BinaryIO:
        return io.BufferedReader(WatchedFile(objects.reader(file.object_key, key), beat), BUFFER)

    return GivenFile(file.path, file.size, open_export)


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
        result = {**kept_counts(lease.result), "index": key}

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
        with runtime.objects.reader(at.safe, runtime.key(migration)) as kept, at.path.open("wb") as plain:
            shutil.copyfileobj(kept, plain, COPY_BYTES)
        index = Index.resume(at.path)
    try:
        yield index
    finally:
        index.close()
        remove(at.path)


@contextmanager
def open_migration_export(runtime: Runtime, migration: Migration, beat: Heartbeat) -> Iterator[ExportFiles]:
    """Opens the files of an export as handed over, for the duration of the block."""
    with runtime.ledger.read() as session:
        files = fetched_files(session, migration.id, migration.export_number)
        password = zip_password_of(session, migration, runtime.link_key(migration))
        aside = set_aside_in_reading(session, migration)
    watch = beat.watch()
    watch = replace(watch, aside=watch.aside | aside)
    given = [watch_file(runtime.objects, runtime.key(migration), file, beat) for file in files]
    source = source_named(migration.source)
    with open_export(given, source, Limits(), private_scratch(runtime.scratch.folder), password, watch) as export:
        yield export


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


def store_index(runtime: Runtime, migration: Migration, path: Path, key: str) -> None:
    """Writes an index into encrypted storage."""
    with path.open("rb") as plain, runtime.objects.writer(key, runtime.key(migration)) as kept:
        while chunk := plain.read(COPY_BYTES):
            kept.write(chunk)


def _index_name(migration: Migration, lease: Lease, step: str) -> str:
    return f"{index_key(migration.id, migration.export_number)}-{lease.epoch}-{step}"


# Reads an export file by file.

__all__ = ["ReadingContext", "read_export", "store_attachments"]


def read_export(
    export: ExportFiles, reading: ReadingContext, already: Sequence[AlreadyRead] = ()
) -> Iterator[FileDone]:
    """Yields a result per file, in order; files in `already` are skipped. The caller may stop after any result and
    continue later.

    A folder of note pages counts as a file, and so does a folder of patients' files with the files that no list names.
    A JSON file with lists of several kinds counts as a file per list. Raises nothing for a bad file: its result carries
    the code.
    """
    files = sort_documents(export, reading.source, reading.file_kinds)
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
            except SeveralLists as several:  # each list is a file, in this place
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
            yield with_answer_mark(done, reading.file_kinds)
    first += len(pages)
    for number, root in enumerate(roots, start=first):
        if root not in skip:
            done = _unlisted(number, root, lists, reading, next_part)
            next_part += len(done.parts)
            yield with_answer_mark(done, reading.file_kinds)
    for number, documents in enumerate(files.unanswered, start=first + len(roots)):
        if documents.root not in skip:
            yield with_answer_mark(documents.done(number), reading.file_kinds)


def store_attachments(export: ExportFiles, reading: ReadingContext) -> Iterator[FileEntry]:
    """Stores patients' files, and yields each file when it is durable. Files that are already stored are skipped. Must
    be exhausted before `read_export` begins."""
    attachments = reading.sink.attachments
    waiting: list[tuple[FileEntry, Attachment]] = []

    def durable() -> Iterator[FileEntry]:
        batch.settle()
        for entry, attachment in waiting:
            attachments.add(attachment)
            yield entry
        waiting.clear()

    with reading.store.objects.batch() as batch:
        for entry in sort_documents(export, reading.source, reading.file_kinds).attached():
            if attachments.has(entry.path):
                continue
            waiting.append((entry, store_attachment(entry, reading.store, batch)))
            if batch.is_full:
                yield from durable()
        yield from durable()
    attachments.settle()


def _unlisted(number: int, root: str, lists: Set[str | None], reading: ReadingContext, next_part: int) -> FileDone:
    """Reads patients' files that no list names: each is a row, its line the file's number."""
    kind = next((k for k in reading.source.kinds if k.filing), None)
    if kind is None or kind.filing is None:
        return FileDone(number, root, problems=(Problem("unrecognised_file", file=root),))
    is_listed = kind.name in lists and not is_printed_folder(root, reading.source.layout)
    codes = (kind.filing.unlisted_code,) if is_listed else ()
    columns = unlisted_columns(kind.filing)
    header = Header(kind, columns, columns, DOCUMENT, (), (), ())
    grid = Grid(header, lambda: unlisted_rows(reading.sink.attachments, root, codes), is_api=True)
    done = FileDone(number, root, kind=kind.name, dialect=DOCUMENT)
    return read_rows(done, header, grid, reading, next_part)


def _notes(
    number: int, folder: str, files: SortedDocuments, count: int, reading: ReadingContext, next_part: int
) -> FileDone:
    """Reads note pages: each is a row, its line the page's number in its folder."""
    path = f"{folder}{ALL_PAGES}"
    kind = reading.source.with_role(KindRole.NOTE)
    if kind is None or kind.pages is None:
        return FileDone(number, path, problems=(Problem("unrecognised_file", file=path, count=count),))
    columns = kind.pages.columns
    header = replace(match_columns(kind, columns), columns=columns, unknown=(), dialect=DOCUMENT)
    twice = files.export.entries.in_two_forms()
    grid = Grid(header, lambda: note_rows(files.pages(folder), reading.store.limits, twice), is_api=True, count=count)
    done = FileDone(number, path, sum(page.size for page in files.pages(folder)), kind=kind.name, dialect=DOCUMENT)
    return read_rows(done, header, grid, reading, next_part)
