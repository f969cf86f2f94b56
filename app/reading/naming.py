"""What a file's path says: its kind, the day of export, the range of dates that limits it, and its patient."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.mapping.kind import Kind, Source
from app.mapping.layout import Layout

# Marks of a copy that browsers, desktops and spreadsheets put behind or before a name.
_COPY = re.compile(
    r"(?:\s*\((?:\d+|copy|copy \d+|version \d+)\)|\s+-\s+(?:copy|kopie|copie|copia|sheet ?\d+)"
    r"|\s+(?:copy|\d{1,2})|[-_]\d{1,2})$",
    re.IGNORECASE,
)
_COPY_OF = re.compile(r"^(?:copy(?: \(\d+\)| \d+)? of|kopie von|copie de|copia de)\s+", re.IGNORECASE)
_ARCHIVED = re.compile(r"(?<![A-Za-z])(?<!not )(?<!non-)(?<!non )archived(?![A-Za-z])", re.IGNORECASE)
_RANGE = re.compile(r"From(?P<since>\d{8})[-_ ]?To(?P<until>\d{8})(?!\d)", re.IGNORECASE)
JSONS = frozenset({"json", "jsonl", "ndjson"})
TABLES = frozenset({"csv", "txt", "tsv", "xlsx"}) | JSONS
SHEET = "#"  # separates a workbook's path from the name of a sheet
_BOOKS = frozenset({"xlsx", "xlsm", "csv", "txt", "tsv"})  # extensions of shared workbooks
_LIST = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,63}")
_UNSHOWN = re.compile(r"[/\\#\x00-\x1f\x7f-\x9f]")
NO_TABLES = frozenset({"xls", "numbers", "ods", "gsheet"})
UNFINISHED = frozenset({"crdownload", "part", "partial", "download", "opdownload", "filepart"})
SHORTCUTS = frozenset({"url", "webloc", "lnk"})
PAGES = frozenset({"html", "htm", "xhtml"})
TEXTS = frozenset({"txt", "md"})
DOCUMENTS = PAGES | {"pdf"}
NOTE_FILES = frozenset(
    """mht mhtml doc docx docm dot rtf odt pages wpd wps eml msg xps ppt pptx jpg jpeg png gif bmp tif tiff heic heif
    webp""".split()  # noqa: SIM905 - shorter than a list
)
"""Documents that may hold a note but are not parsed: each is kept as a file of its client."""
_PART = re.compile(r"(-\d{8}T\d{6}Z)?(-\d{1,3})?( ?\(\d+\))?\.zip", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileName:
    """A parsed file name. `type` is the source's own word for the content; `run` is the day of export."""

    path: str
    stem: str
    extension: str
    folders: tuple[str, ...]
    type: str | None = None
    run: date | None = None
    since: date | None = None
    until: date | None = None

    @property
    def is_partial(self) -> bool:
        """Whether the export was limited to a range of dates."""
        return self.since is not None

    def plain(self, source: Source) -> str:
        """Returns the name as the source itself writes it, without additions by people."""
        run = f"-{source.label}-{self.run:%Y%m%d}" if self.run else ""
        limited = f"-From{self.since:%Y%m%d}-To{self.until:%Y%m%d}" if self.since and self.until else ""
        return f"{self.type or ''}{run}{limited}"

    @property
    def is_archived(self) -> bool:
        """Whether the name says that all rows of the file are archived."""
        return _ARCHIVED.search(self.stem) is not None

    @property
    def order(self) -> tuple[bool, str, str, str]:
        """Sort key of files. Files of archived rows come first, since such a copy of a row says less. Slices of a kind
        follow by day of export, then range, then path."""
        return not self.is_archived, str(self.run or ""), str(self.since or ""), self.path

    def kind(self, source: Source) -> Kind[Any] | None:
        """Returns the kind whose name the file's name begins with, the longest match; None without a match."""
        return _kind_named(source.layout.normalise(self.type or self.stem), source)

    def kind_by_path(self, source: Source) -> Kind[Any] | None:
        """Returns the kind of the file's name, else of its nearest folder; None without a match."""
        kind = self.kind(source)
        for folder in reversed(self.folders):
            kind = kind or _kind_named(folder, source)
        return kind


def _kind_named(text: str, source: Source) -> Kind[Any] | None:
    return next((kind for known, kind in _known_names(source) if text.startswith(known)), None)


@lru_cache(maxsize=8)
def _known_names(source: Source) -> tuple[tuple[str, Kind[Any]], ...]:
    """Returns the names of files of each kind, longest first."""
    normalise = source.layout.normalise
    names = [
        (known, kind)
        for kind in source.kinds
        for known in {*map(normalise, (*kind.recognition.file_names, kind.name, kind.source_label))} - {""}
    ]
    return tuple(sorted(names, key=lambda pair: -len(pair[0])))


def is_files_folder(name: str, layout: Layout) -> bool:
    """Returns whether a folder of this name holds patients' files, or printed notes and forms."""
    return layout.normalise(name) in layout.files or layout.normalise(name) in layout.printed


def files_folder(path: str, layout: Layout) -> str | None:
    """Returns the folder of patients' files around a file; None elsewhere, and for a list of those files."""
    *folders, last = path.split("/")
    depth = next((n for n, folder in enumerate(folders, start=1) if layout.normalise(folder) in layout.files), None)
    if depth is None or layout.normalise(last.rpartition(".")[0]) in layout.files:
        return None
    is_list = layout.normalise(last).startswith(tuple(layout.files)) and last.rpartition(".")[2].lower() in TABLES
    return None if is_list and depth == len(folders) else "/".join(folders[:depth]) + "/"


def is_printed_folder(root: str, layout: Layout) -> bool:
    """Returns whether a folder holds printed notes or forms, which no list of files names."""
    return layout.normalise(root.rstrip("/").rpartition("/")[2]) in layout.printed


def printed_folder(path: str, content: str | None, layout: Layout) -> str | None:
    """Returns the folder of notes or forms around a PDF, or of forms around a page; None otherwise. `content` is the
    sniffed type, which goes before the name."""
    is_pdf = content == "pdf" or (content != "html" and path[-4:].lower() == ".pdf")
    if is_pdf:
        return _folder(path, layout.printed, layout)
    is_page = content == "html" or path.rpartition(".")[2].lower() in PAGES
    return _folder(path, layout.forms, layout) if is_page else None


def note_files_folder(path: str, layout: Layout) -> str | None:
    """Returns the folder of notes or forms around a document that is kept as a file, by its extension."""
    return _folder(path, layout.printed, layout) if path.rpartition(".")[2].lower() in NOTE_FILES else None


def pages_folder(path: str, content: str | None, layout: Layout) -> str | None:
    """Returns the folder of notes around a note page, by its sniffed type or its name.

    A text file (`.txt`, `.md`) is a note in the folder of a client, or if its name gives the note's id; elsewhere it is
    a table.
    """
    extension = path.rpartition(".")[2].lower()
    if extension in TEXTS and content is None and (folder := _folder(path, layout.notes, layout)) is not None:
        *folders, name = path[len(folder) :].split("/")
        owner = owner_of(folders)
        return folder if owner.id or "," in (owner.name or "") or "[" in name else None
    is_page = content == "html" or extension in PAGES
    return _folder(path, layout.notes, layout) if is_page else None


def from_archive(archive: str, path: str, layout: Layout) -> str:
    """Returns the path of a file of an archive. A folder that was zipped by itself gives the archive its name and is
    not inside; the path gets it back.

    A table or a zip keeps its path unless it lies in the folder of a client: a clinic may also call a zip of its whole
    export `Attachments`.
    """
    last = archive.rpartition("/")[2]
    packed = _PART.search(last)
    folder = last[: packed.start()] if packed and packed.end() == len(last) else ""
    meant = layout.normalise(folder)
    if meant not in layout.every:
        return path
    *folders, name = path.split("/")
    if any(layout.normalise(each) in layout.every for each in folders):
        return path
    is_somebodys = any(owner_of((each,)).id for each in folders)
    if meant in layout.files and not is_somebodys and name.rpartition(".")[2].lower() in TABLES | {"zip"}:
        is_list = not folders and layout.normalise(name).startswith(tuple(layout.files))
        return f"{folder}/{path}" if is_list else path
    return f"{folder}/{path}"


def _folder(path: str, names: frozenset[str], layout: Layout) -> str | None:
    folders = path.split("/")[:-1]
    depth = next((n for n, folder in enumerate(folders, start=1) if layout.normalise(folder) in names), None)
    return None if depth is None else "/".join(folders[:depth]) + "/"


def name_of(path: str, source: Source) -> FileName:
    """Parses a file's path. A sheet of a workbook has the workbook's dates and its own name.

    Marks of a copy, before and behind the name and behind its extension, are ignored.
    """
    book, sheet = split_sheet_path(path)
    *folders, last = book.split("/")
    stem, extension = _extension(last)
    plain = tuple(map(source.layout.normalise, folders))
    native = _native(source.label).search(stem)
    run = _day(native["run"]) if native else None
    limited = _RANGE.search(stem)
    since, until = (_day(limited["since"]), _day(limited["until"])) if limited else (None, None)
    if not since or not until:
        since = until = None
    type_ = _type(native["type"], source) if native and run else None
    if sheet:
        stem, type_ = sheet, None  # a workbook's name says nothing about a single sheet
    return FileName(path, stem, extension, plain, type_, run, since, until)


def _type(words: str, source: Source) -> str:
    """Returns the source's word for the content, without words that people put before it."""
    rest = words
    while rest and not _kind_named(source.layout.normalise(rest), source):
        rest = rest.partition(" ")[2].lstrip()
    return rest or words


def is_unfinished(path: str) -> bool:
    """Returns whether a browser had not finished this download; Safari keeps such a file in a folder
    `NAME.download`."""
    *folders, last = path.lower().split("/")
    return _ending(last) in UNFINISHED or any(_ending(folder) == "download" for folder in folders)


def is_shortcut(path: str) -> bool:
    """Returns whether the file is only a link to another file."""
    return _ending(path.lower()) in SHORTCUTS


def _ending(name: str) -> str:
    return name.rpartition(".")[2] if "." in name else ""


def sheet_path(book: str, sheet: str) -> str:
    """Returns the path of a sheet in a workbook: `Book.xlsx#Sheet`."""
    return f"{book}{SHEET}{_UNSHOWN.sub('_', sheet)[:100]}"


def list_path(path: str, name: str) -> str:
    """Returns the path of a list in a JSON file: `backup.json#patients`."""
    return f"{path}{SHEET}{name}"


def is_list_name(name: str) -> bool:
    """Returns whether a path can contain this list name."""
    return _LIST.fullmatch(name) is not None


def split_list_path(path: str) -> tuple[str, str] | None:
    """Splits a path into the JSON file's path and the list's name; None for any other path."""
    whole, sign, name = path.rpartition(SHEET)
    return (whole, name) if sign and _LIST.fullmatch(name) else None


def split_sheet_path(path: str) -> tuple[str, str]:
    """Splits a path into the workbook's path and the sheet's name; the name is empty for any other file. A list of a
    JSON file counts as a sheet."""
    book, sign, sheet = path.rpartition(SHEET)
    if not sign or "/" in sheet or "." not in book.rpartition("/")[2]:
        return path, ""
    return (book, sheet) if _ending(book.lower()) in _BOOKS | JSONS else (path, "")


def _extension(last: str) -> tuple[str, str]:
    """Returns the name without marks of a copy, and the extension: `A - Copy.csv.csv` gives `A` and `csv`."""
    stem, dot, extension = _COPY.sub("", last).rpartition(".")
    if not dot:
        stem, dot, extension = last.rpartition(".")
    if not dot:
        stem, extension = last, ""
    extension = extension.lower()
    bare = ""
    while bare != stem:
        bare, stem = stem, _COPY.sub("", stem).rstrip()
        begins, dot, ends = stem.rpartition(".")
        if dot and begins and ends.lower() in TABLES:
            stem, extension = begins, ends.lower() if extension in ("", "txt") else extension
    return _COPY_OF.sub("", stem), extension


@lru_cache(maxsize=8)
def _native(label: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![A-Za-z])(?P<type>[A-Za-z][A-Za-z ]*?)[-_ ]{re.escape(label)}[-_ ](?P<run>\d{{8}})(?!\d)", re.IGNORECASE
    )


def _day(digits: str | None) -> date | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").date() if digits else None  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


# The patient of a file by its folder: `1234 - Lee, Ann`, or a name alone.

_ID = r"[A-Za-z0-9._:-]*\d[A-Za-z0-9._:-]*"
_CLIENT_FOLDER = re.compile(rf"(?P<id>{_ID})\s+-\s+(?P<name>.*)")


class Owner(NamedTuple):
    """A patient's id or name. `below` are the folders inside the patient's folder."""

    id: str | None = None
    name: str | None = None
    below: tuple[str, ...] = ()


def owner_of(folders: Sequence[str]) -> Owner:
    """Returns the owner by the folders between the root and the file: the first folder that begins with an id, else the
    first."""
    for depth, folder in enumerate(folders, start=1):
        if match := _CLIENT_FOLDER.fullmatch(folder.strip()):
            return Owner(match["id"], match["name"].strip() or None, tuple(folders[depth:]))
    if not folders:
        return Owner()
    first, below = folders[0].strip(), tuple(folders[1:])
    return Owner(first, None, below) if re.fullmatch(_ID, first) else Owner(None, first, below)


def from_root(root: str, path: str) -> str:
    """Returns a path from its root folder on: `Patient files/1234 - Lee, Ann/scan.pdf`."""
    return path[root.rstrip("/").rfind("/") + 1 :]
