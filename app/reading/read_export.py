"""Reads an export file by file: recognises every file, writes parts, and adds every row's identity to the index.

Knows no ledger: the caller keeps the results, and may stop between any two files and continue later.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from app.index.attachments import Attachment
from app.mapping.kind_roles import KindRole
from app.problems import Problem
from app.reading.attachment_storage import store_attachment
from app.reading.document_folders import ALL_PAGES, SortedDocuments, sort_documents, with_answer_mark
from app.reading.documents import note_rows
from app.reading.entries import ExportFiles, FileEntry
from app.reading.file_index_columns import unlisted_columns, unlisted_rows
from app.reading.file_reading import ReadingContext, read_file, read_rows
from app.reading.grid import Grid
from app.reading.json_lists import SeveralLists
from app.reading.naming import is_printed_folder, list_path, name_of
from app.reading.recognise import DOCUMENT, Header, match_columns
from app.reading.results import AlreadyRead, FileDone
from app.storage.batch import FULL_OBJECTS


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
            if batch.is_full or len(waiting) == FULL_OBJECTS:  # files that storage has already fill no batch
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
