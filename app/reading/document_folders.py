"""Folders of documents whose name says neither notes nor files: the clinic is asked once for the folder.

Such a folder holds a folder for each client, named by the client's id, with documents in it. The plan answers by the
folder's path, with a slash behind it: `treatment_notes`, `patient_files` or `leave_out`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.problems import Problem
from app.reading.entries import Entry, Found
from app.reading.grid import Wanted
from app.reading.naming import DOCUMENTS, NOTE_FILES, PAGES, TEXTS, name_of
from app.reading.results import FileDone

NOTES, FILES = "treatment_notes", "patient_files"
ANSWERS = (NOTES, FILES, LEAVE_OUT)
ALL_PAGES = "*.html"  # behind a folder: the line of its notes among the files of an export
_PAGES = PAGES | TEXTS
_CLIENT = re.compile(
    r"(?P<root>(?:[^/]+/)+?)[A-Za-z0-9._:-]*\d[A-Za-z0-9._:-]*\s+-\s+[^/]+/(?:[^/]+/)*[^/]+\.(?P<type>\w+)"
)


@dataclass(frozen=True, slots=True)
class DocumentFolder:
    """A folder that the clinic is asked about, or leaves out.

    Its `count` documents have `size` bytes; `pages` of them are pages or texts.
    """

    root: str
    count: int
    size: int
    pages: int
    is_left_out: bool

    def done(self, number: int) -> FileDone:
        """The folder's line among the files of the export. Nothing of it is read."""
        facts = {"rows_seen": self.count, "pages": self.pages, **({"left_out": True} if self.is_left_out else {})}
        code = "file_left_out" if self.is_left_out else "documents_folder_unknown"
        problem = Problem(code, file=self.root, count=self.count)
        return FileDone(number, self.root, self.size, problems=(problem,), facts=facts)


@dataclass(frozen=True, slots=True)
class SortedOut:
    """An export with the documents of answered folders as notes or files, each way through it read anew.

    `notes` are the answered folders of notes and `files` those of which some are kept as files, each with the number
    of its documents; `unanswered` are the folders that are neither.
    """

    found: Found
    source: Source
    file_kinds: Mapping[str, str]
    notes: Mapping[str, int]
    files: Mapping[str, int]
    unanswered: tuple[DocumentFolder, ...]

    def tables(self) -> Iterator[Entry]:
        """The files that are neither notes nor documents of such a folder."""
        return (entry for entry, root in self._judged() if root is None)

    def page_folders(self) -> dict[str, int]:
        """The folders of notes that are a page each, each with the number of its pages."""
        return dict(sorted(Counter({**self.found.entries.page_folders(), **self.notes}).items()))

    def pages(self, folder: str) -> Iterator[Entry]:
        """The note pages of one folder, in the order of their paths."""
        yield from self.found.entries.pages(folder)
        if folder in self.notes:
            for entry, root in self._judged():
                if root == folder and _is_page(entry):
                    yield replace(entry, page=root)

    def attached(self) -> Iterator[Entry]:
        """The files that belong to patients."""
        yield from self.found.attached
        if self.files:
            for entry, root in self._judged():
                if root in self.files and not self._is_note(entry, root):
                    yield replace(entry, attached=root)

    def attached_folders(self) -> list[str]:
        """The folders of patients' files, in their order."""
        return sorted({*self.found.attached.folders(), *self.files})

    def _judged(self) -> Iterator[tuple[Entry, str | None]]:
        for entry in self.found.entries.tables:
            yield entry, _root_of(entry, self.source)

    def _is_note(self, entry: Entry, root: str | None) -> bool:
        return self.file_kinds.get(root or "") == NOTES and _is_page(entry)


def folder_of(path: str) -> str | None:
    """The folder of a line among the files of an export, with a slash behind it; None for the line of a file."""
    folder = path.removesuffix(ALL_PAGES)
    return folder if folder.endswith("/") else None


def answered(done: FileDone, file_kinds: Mapping[str, str]) -> FileDone:
    """The line of a folder, with the mark of the answer that it was read with."""
    mark = Wanted(file_kinds.get(folder_of(done.path) or "")).mark
    return replace(done, facts={**done.facts, "answered": mark}) if mark else done


def sorted_out(found: Found, source: Source, file_kinds: Mapping[str, str]) -> SortedOut:
    """Goes once through an export, and counts the documents of folders about which the clinic is asked.

    Of a folder of notes, pages and texts become notes and all other documents files of their client.
    """
    notes, files, counts, sizes, pages = (Counter[str]() for _ in range(5))
    for entry in found.entries.tables:
        root = _root_of(entry, source)
        if root is None:
            continue
        answer = file_kinds.get(root)
        if answer == NOTES and _is_page(entry):
            notes[root] += 1
        elif answer in (NOTES, FILES):
            files[root] += 1
        else:
            counts[root] += 1
            sizes[root] += entry.size
            pages[root] += _is_page(entry)
    unanswered = tuple(
        DocumentFolder(root, counts[root], sizes[root], pages[root], file_kinds.get(root) == LEAVE_OUT)
        for root in sorted(counts)
    )
    return SortedOut(found, source, file_kinds, notes, files, unanswered)


def _is_page(entry: Entry) -> bool:
    return entry.path.rpartition(".")[2].lower() in _PAGES


def _root_of(entry: Entry, source: Source) -> str | None:
    """The folder of all clients' folders that a document lies in; None for any other file."""
    match = None if entry.page or entry.refused else _CLIENT.fullmatch(entry.path)
    if match is None or match["type"].lower() not in DOCUMENTS | NOTE_FILES | _PAGES:
        return None
    if name_of(entry.path, source).place(source) is not None:
        return None  # the folder's name says what it holds, such as letters
    return match["root"]
