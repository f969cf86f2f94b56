"""Folders of documents whose names say neither notes nor files: the clinic gets a question per folder.

Such a folder holds a folder per client, named by the client's id, with documents inside. The plan stores the answer
under the folder's path with a trailing slash: the source's kind of notes, its kind of files, or `leave_out`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.mapping.plan import LEAVE_OUT
from app.problems import Problem
from app.reading.entries import ExportFiles, FileEntry
from app.reading.grid import ReadingAnswer
from app.reading.naming import DOCUMENTS, NOTE_FILES, PAGES, TEXTS, name_of
from app.reading.results import FileDone

ALL_PAGES = "*.html"  # appended to a folder: the path of its notes in the list of files
_PAGES = PAGES | TEXTS
_CLIENT = re.compile(
    r"(?P<root>(?:[^/]+/)+?)[A-Za-z0-9._:-]*\d[A-Za-z0-9._:-]*\s+-\s+[^/]+/(?:[^/]+/)*[^/]+\.(?P<type>\w+)"
)


@dataclass(frozen=True, slots=True)
class DocumentFolder:
    """A folder with a question or an answer to leave it out. `count` documents have `size` bytes together; `pages` of
    them are pages or texts."""

    root: str
    count: int
    size: int
    pages: int
    is_left_out: bool

    def done(self, number: int) -> FileDone:
        """Returns the folder's entry in the list of files. None of its documents is read."""
        facts = {"rows_seen": self.count, "pages": self.pages, **({"left_out": True} if self.is_left_out else {})}
        code = "file_left_out" if self.is_left_out else "documents_folder_unknown"
        problem = Problem(code, file=self.root, count=self.count)
        return FileDone(number, self.root, self.size, problems=(problem,), facts=facts)


@dataclass(frozen=True, slots=True)
class SortedDocuments:
    """An export whose documents in answered folders count as notes or files. Each iteration reads the table anew.

    `notes` are the answered folders of notes and `files` those with documents kept as files, each with its document
    count; `unanswered` are the folders without either answer.
    """

    export: ExportFiles
    source: Source
    file_kinds: Mapping[str, str]
    notes: Mapping[str, int]
    files: Mapping[str, int]
    unanswered: tuple[DocumentFolder, ...]

    def tables(self) -> Iterator[FileEntry]:
        """Yields the files outside of document folders."""
        return (entry for entry, root in self._with_roots() if root is None)

    def page_folders(self) -> dict[str, int]:
        """Returns the folders of note pages with their page counts, sorted by path."""
        return dict(sorted(Counter({**self.export.entries.page_folders(), **self.notes}).items()))

    def pages(self, folder: str) -> Iterator[FileEntry]:
        """Yields the note pages of a folder in path order."""
        yield from self.export.entries.pages(folder)
        if folder in self.notes:
            for entry, root in self._with_roots():
                if root == folder and _is_page(entry):
                    yield replace(entry, page=root)

    def attached(self) -> Iterator[FileEntry]:
        """Yields the files that belong to patients."""
        yield from self.export.attached
        if self.files:
            for entry, root in self._with_roots():
                if root in self.files and not self._is_note(entry, root):
                    yield replace(entry, attached=root)

    def attached_folders(self) -> list[str]:
        """Returns the folders of patients' files, sorted by path."""
        return sorted({*self.export.attached.folders(), *self.files})

    def _with_roots(self) -> Iterator[tuple[FileEntry, str | None]]:
        for entry in self.export.entries.tables:
            yield entry, _root_of(entry, self.source)

    def _is_note(self, entry: FileEntry, root: str | None) -> bool:
        return self.file_kinds.get(root or "") == self.source.name_with(KindRole.NOTE) and _is_page(entry)


def answers_in(source: Source) -> tuple[str, str, str]:
    """The answers about a folder: it holds notes, it holds files, or it is left out."""
    return source.name_with(KindRole.NOTE), source.name_with(KindRole.FILE), LEAVE_OUT


def folder_of(path: str) -> str | None:
    """Returns the folder, with a trailing slash, of an entry in the list of files; None for an entry of a file."""
    folder = path.removesuffix(ALL_PAGES)
    return folder if folder.endswith("/") else None


def with_answer_mark(done: FileDone, file_kinds: Mapping[str, str]) -> FileDone:
    """Returns a folder's entry with the mark of the answer that it was read with; unchanged without an answer."""
    mark = ReadingAnswer(file_kinds.get(folder_of(done.path) or "")).mark
    return replace(done, facts={**done.facts, "answered": mark}) if mark else done


def sort_documents(export: ExportFiles, source: Source, file_kinds: Mapping[str, str]) -> SortedDocuments:
    """Walks once over an export and counts the documents of its document folders.

    In a folder of notes, pages and texts become notes, and all other documents become files of their client.
    """
    notes, files, counts, sizes, pages = (Counter[str]() for _ in range(5))
    as_notes, as_files, _ = answers_in(source)
    for entry in export.entries.tables:
        root = _root_of(entry, source)
        if root is None:
            continue
        answer = file_kinds.get(root)
        if answer == as_notes and _is_page(entry):
            notes[root] += 1
        elif answer in (as_notes, as_files):
            files[root] += 1
        else:
            counts[root] += 1
            sizes[root] += entry.size
            pages[root] += _is_page(entry)
    unanswered = tuple(
        DocumentFolder(root, counts[root], sizes[root], pages[root], file_kinds.get(root) == LEAVE_OUT)
        for root in sorted(counts)
    )
    return SortedDocuments(export, source, file_kinds, notes, files, unanswered)


def _is_page(entry: FileEntry) -> bool:
    return entry.path.rpartition(".")[2].lower() in _PAGES


def _root_of(entry: FileEntry, source: Source) -> str | None:
    """Returns the folder above the client folders around a document; None for any other file."""
    match = None if entry.page or entry.refused else _CLIENT.fullmatch(entry.path)
    if match is None or match["type"].lower() not in DOCUMENTS | NOTE_FILES | _PAGES:
        return None
    if name_of(entry.path, source).kind_by_path(source) is not None:
        return None  # the folder is named after a kind, such as letters
    return match["root"]
