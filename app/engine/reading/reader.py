"""Reads an export: every file recognised, proven, and cut into parts, one file at a time."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from app.engine.reading.attachments import keep
from app.engine.reading.beside import unlisted_columns, unlisted_rows
from app.engine.reading.document_folders import ALL_PAGES, SortedOut, answered, sorted_out
from app.engine.reading.documents import COLUMNS, note_rows
from app.engine.reading.entries import Entry, Found
from app.engine.reading.grid import Grid
from app.engine.reading.json_lists import SeveralLists
from app.engine.reading.naming import is_printed_folder, list_path, name_of
from app.engine.reading.one_file import Reading, read_file, read_rows
from app.engine.reading.recognise import DOCUMENT, Header, understood
from app.engine.reading.results import Already, FileDone
from app.problems import Problem

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
    told = (kind.filing.unlisted,) if is_listed else ()
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
