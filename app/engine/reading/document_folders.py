"""Folders of documents whose name says neither notes nor files: the clinic is asked once for the folder.

Such a folder holds a folder for each client, named by the client's id, with documents in it. The plan answers by the
folder's path, with a slash behind it: `treatment_notes`, `patient_files` or `leave_out`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.engine.reading.entries import Entry, Found
from app.engine.reading.naming import DOCUMENTS, NOTE_FILES, name_of
from app.engine.reading.results import FileDone
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.problems import Problem

NOTES, FILES = "treatment_notes", "patient_files"
_PAGES = frozenset({"html", "htm", "txt"})
_CLIENT = re.compile(
    r"(?P<root>(?:[^/]+/)+?)[A-Za-z0-9._:-]*\d[A-Za-z0-9._:-]*\s+-\s+[^/]+/(?:[^/]+/)*[^/]+\.(?P<type>\w+)"
)


@dataclass(frozen=True, slots=True)
class DocumentFolder:
    """A folder that the clinic is asked about, or leaves out. `count` documents have `size` bytes."""

    root: str
    count: int
    size: int
    is_left_out: bool

    def done(self, number: int) -> FileDone:
        """The folder's line among the files of the export. Nothing of it is read."""
        if self.is_left_out:
            told = Problem("file_left_out", file=self.root, count=self.count)
            return FileDone(number, self.root, self.size, problems=(told,), facts={"left_out": True})
        told = Problem("documents_folder_unknown", file=self.root, count=self.count)
        return FileDone(number, self.root, self.size, problems=(told,))


def sorted_out(found: Found, source: Source, file_kinds: Mapping[str, str]) -> tuple[Found, tuple[DocumentFolder, ...]]:
    """The export with the documents of answered folders as notes or files, and the folders that are neither.

    Of a folder of notes, pages and texts become notes and all other documents files of their client.
    """
    entries: list[Entry] = []
    attached = list(found.attached)
    open_folders: dict[str, list[int]] = {}
    for entry in found.entries:
        root = None if entry.page or entry.refused else _root_of(entry.path)
        if root is not None and name_of(entry.path, source).place(source) is not None:
            root = None  # the folder's name says what it holds, such as letters
        if root is None:
            entries.append(entry)
            continue
        answer = file_kinds.get(root)
        is_page = entry.path.rpartition(".")[2].lower() in _PAGES
        if answer == NOTES and is_page:
            entries.append(replace(entry, page=root))
        elif answer in (NOTES, FILES):
            attached.append(replace(entry, attached=root))
        else:
            open_folders.setdefault(root, []).append(entry.size)
    if len(attached) > len(found.attached):
        attached.sort(key=lambda entry: entry.path)
    folders = tuple(
        DocumentFolder(root, len(sizes), sum(sizes), file_kinds.get(root) == LEAVE_OUT)
        for root, sizes in sorted(open_folders.items())
    )
    return replace(found, entries=tuple(entries), attached=tuple(attached)), folders


def _root_of(path: str) -> str | None:
    """The folder of all clients' folders that a document lies in; None for any other file."""
    match = _CLIENT.fullmatch(path)
    return match["root"] if match and match["type"].lower() in DOCUMENTS | NOTE_FILES | _PAGES else None
