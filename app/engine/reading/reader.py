"""Reads an export: every file recognised, proven, and cut into parts, one file at a time."""

from collections.abc import Iterator, Sequence

from app.engine.reading.documents import COLUMNS, note_rows
from app.engine.reading.entries import Entry, Found
from app.engine.reading.grid import Grid
from app.engine.reading.naming import name_of
from app.engine.reading.one_file import Reading, read_file, read_rows
from app.engine.reading.recognise import understood
from app.engine.reading.results import Already, FileDone
from app.problems import Problem

__all__ = ["Reading", "read_export"]

_NOTES, _FILES = "treatment_notes", "patient_files"


def read_export(found: Found, reading: Reading, already: Sequence[Already] = ()) -> Iterator[FileDone]:
    """One `FileDone` for each file, in order; those in `already` are passed over. Stop after any, go on later.

    A folder of patients' own files counts as one, and so does a folder of notes that are a page each. Raises nothing
    for a bad file: it is refused, or not recognised, and told.
    """
    skip = {a.path for a in already}
    copies = {a.sha256: a.path for a in already if a.sha256}
    next_part = 1 + max((a.last_part for a in already), default=0)
    attached: dict[str, int] = {}
    pages: dict[str, list[Entry]] = {}
    number = 0
    for number, entry in enumerate(found.entries, start=1):
        if entry.attached:
            attached[entry.attached] = attached.get(entry.attached, 0) + 1
            continue
        name = name_of(entry.path, reading.source)
        if name.notes_folder:
            pages.setdefault(name.notes_folder, []).append(entry)
        elif entry.path not in skip:
            done = read_file(number, entry, name, reading, copies, next_part)
            if done.sha256:
                copies.setdefault(done.sha256, entry.path)
            next_part += len(done.parts)
            yield done
    first = number + 1
    for number, folder in enumerate(sorted(pages), start=first):
        if f"{folder}*.html" not in skip:
            done = _notes(number, f"{folder}*.html", pages[folder], reading, next_part)
            next_part += len(done.parts)
            yield done
    first += len(pages)
    for number, folder in enumerate(sorted(attached), start=first):
        if folder not in skip:
            yield _attached(number, folder, attached[folder], reading)


def _attached(number: int, folder: str, count: int, reading: Reading) -> FileDone:
    kind = next((k for k in reading.source.kinds if k.name == _FILES), None)
    if kind is None:
        return FileDone(number, folder, problems=(Problem("unrecognised_file", file=folder, count=count),))
    told = () if kind.imported else (Problem("kind_not_imported", kind.name, folder, count=count),)
    return FileDone(number, folder, kind=kind.name, rows=count, problems=told)


def _notes(number: int, path: str, entries: Sequence[Entry], reading: Reading, next_part: int) -> FileDone:
    """Notes as pages: each is a row, its line the number of the page in its folder."""
    kind = next((k for k in reading.source.kinds if k.name == _NOTES), None)
    if kind is None:
        return FileDone(number, path, problems=(Problem("unrecognised_file", file=path, count=len(entries)),))
    header = understood(kind, COLUMNS)
    grid = Grid(header, lambda: note_rows(entries, reading.store.limits), is_api=True)
    done = FileDone(number, path, sum(e.size for e in entries), kind=kind.name, dialect="documents")
    return read_rows(done, header, grid, reading, next_part)
