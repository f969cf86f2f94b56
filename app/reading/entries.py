"""Lists every file of an export in a stable order, files inside archives included, each ready to be streamed."""

import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from typing import IO, BinaryIO, NoReturn, cast
from xml.parsers import expat

from app.mapping.kind import Source
from app.mapping.layout import Layout
from app.problems import Problem
from app.reading.archive import Archive, ZipMember
from app.reading.archive_names import is_noise
from app.reading.content_sniffing import HEAD, OTHER_ARCHIVES, content_type_of, is_text, sniff
from app.reading.entry_table import (
    ArchiveOpener,
    ArchiveOrigin,
    EntryList,
    EntryOrder,
    EntryRole,
    EntryTable,
    FileEntry,
    FileOpener,
)
from app.reading.file_watch import NO_WATCH, FileWatch, key_of
from app.reading.given_files import GivenFile
from app.reading.limits import MIB, Budget, Limits
from app.reading.naming import (
    files_folder,
    from_archive,
    is_unfinished,
    name_of,
    note_files_folder,
    pages_folder,
    printed_folder,
    sheet_path,
    split_sheet_path,
)
from app.reading.refusal import Refused
from app.reading.workbook import is_office
from app.reading.zip_entry_table import ZipEntryTable

# Temporary files and databases without a name: only this process can read them, and closing deletes them.

_CACHE_KIB = 8 * 1024


@dataclass(frozen=True, slots=True)
class PrivateScratch:
    """Makes temporary files and databases in `folder`, or in the system's folder for temporary files."""

    folder: Path | None = None

    def __call__(self) -> IO[bytes]:
        """Opens a temporary file of mode 0600 without a name."""
        return TemporaryFile(dir=self.folder)

    def database(self) -> sqlite3.Connection:
        """Opens an empty database in such a file, for a single thread. Its cache takes 8 MiB, whatever its size.

        Raises OSError or sqlite3.OperationalError on a full disk.
        """
        handle, path = mkstemp(dir=self.folder, prefix="scratch-")  # of mode 0600
        try:
            os.close(handle)
            made = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "mmap_size = 0"):
                made.execute(f"PRAGMA {setting}").fetchall()
            made.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            made.execute("BEGIN EXCLUSIVE")  # keeps the file open, so that it can lose its name
        finally:
            os.unlink(path)
        return made


# Google Drive puts the number of its packing job between the time and the part number. That is not a total.
_PART = re.compile(r"(?P<stem>.+?)(?:(?<=\d{6}Z)-\d{1,3})?-(?P<number>\d{3})(?: ?\(\d+\))?\.zip", re.IGNORECASE)
_SPLIT = re.compile(r"\.(z\d\d|zip\.\d{3}|7z\.\d{3}|r\d\d)$", re.IGNORECASE)
_ARCHIVES = {"zip", *OTHER_ARCHIVES}
_MOST_NAMED = 1000  # files of an archive that are named per problem code; further files are only counted
__all__ = ["ExportFiles", "FileEntry", "open_export", "private_scratch"]


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """The files of an export: `entries` in reading order, `attached` those of patients, and the problems of all other
    files."""

    entries: EntryList
    problems: tuple[Problem, ...]
    attached: EntryList


def private_scratch(folder: Path | None = None) -> PrivateScratch:
    """Returns a maker of nameless temporary files, readable by this process only and deleted on closing."""
    return PrivateScratch(folder)


@contextmanager
def open_export(
    given: Sequence[GivenFile],
    source: Source,
    limits: Limits,
    scratch: PrivateScratch,
    password: str | None = None,
    watch: FileWatch = NO_WATCH,
) -> Iterator[ExportFiles]:
    """Opens the files of an export; archives stay open for the block. `watch` is notified before each file is opened,
    also later on.

    `given` are the files as handed over. A file that cannot be opened is listed with its refusal.
    """

    def order(path: str) -> EntryOrder:
        return EntryOrder(*name_of(split_sheet_path(path)[0], source).order)

    with ExitStack() as stack:
        table = EntryTable(stack.enter_context(closing(scratch.database())), order)
        walk = _ExportWalk(limits, scratch, password, stack, table, watch, source.layout)
        for file in given:
            walk.take(file)
        table.rename_duplicates()
        missing = parts_missing([*(file.path for file in given), *walk.zips])
        files = EntryList(table, EntryRole.TABLE, EntryRole.PAGE)
        yield ExportFiles(files, (*missing, *walk.problems), EntryList(table, EntryRole.ATTACHED, EntryRole.ATTACHED))


def parts_missing(paths: Sequence[str]) -> Iterator[Problem]:
    """Yields a problem for each download in several zips that lacks a part."""
    numbers: dict[str, set[int]] = {}
    for path in paths:
        if part := _PART.fullmatch(path):
            numbers.setdefault(part["stem"], set()).add(int(part["number"]))
    for stem, present in numbers.items():
        gaps = set(range(1, max(present) + 1)) - present
        if gaps:
            yield Problem("zip_part_missing", file=f"{stem}-{min(gaps):03}.zip", count=len(gaps))


def _is_zip_at_heart(head: bytes) -> bool:
    """Returns whether a file named .zip began as a zip, or has unknown binary content."""
    if sniff(head) == "zip" or b"PK\x03\x04" in head:
        return True
    return sniff(head) is None and bool(head.strip()) and not is_text(head)


def _beyond_limits(archive: Archive, member: ZipMember, budget: Budget) -> Refused | None:
    """Returns why a single file of an archive is left out: too large, or too dense with unknown first bytes."""
    packed, size = member.slot.packed, member.slot.size
    try:
        budget.judge(packed, size)
        if budget.is_dense(packed, size):
            with archive.open(member) as stream:
                head = stream.read(HEAD)
            is_known = sniff(head) not in _ARCHIVES and content_type_of(head) != "application/octet-stream"
            budget.take_dense(packed, size, is_known=is_known)
    except Refused as refused:
        if refused.ends_archive:
            raise
        refused.details.setdefault("name", member.path)
        return refused
    return None


class _ExportWalk:
    """Walks over all files that were handed over, and a level deep into archives inside archives."""

    def __init__(
        self,
        limits: Limits,
        scratch: PrivateScratch,
        password: str | None,
        stack: ExitStack,
        table: EntryTable,
        watch: FileWatch,
        layout: Layout,
    ) -> None:
        self.limits = limits
        self.scratch = scratch
        self.password = password
        self.stack = stack
        self.table = table
        self.slots = ZipEntryTable(table.connection)
        self.watch = watch
        self.layout = layout
        self.problems: list[Problem] = []
        self.zips: list[str] = []  # paths of zips inside other zips

    def take(self, given: GivenFile) -> None:
        """Lists a file, or the files of an archive."""
        if is_noise(given.path):
            return
        entry = FileEntry(given.path, given.size, FileOpener(given, self.watch))
        aside = self.watch.refusal(given.path, given.path)
        if folder := files_folder(given.path, self.layout) or note_files_folder(given.path, self.layout):
            short = given.announced is not None and given.size < given.announced
            refused = Refused("download_incomplete") if short else aside
            self.table.add(EntryRole.ATTACHED, replace(entry, refused=refused, attached=folder))
            return
        if aside is not None:
            self._refuse(entry, aside)
            return
        self.watch.opening(given.path)
        file = self.stack.enter_context(given.open())
        head = file.read(HEAD)
        if given.announced is not None and given.size < given.announced:
            self._refuse(entry, Refused("download_incomplete"))
        elif _SPLIT.search(given.path):
            self._refuse(entry, Refused("zip_split_unsupported"))
        elif sniff(head) == "zip" or given.path.lower().endswith(".zip"):
            self._archive(entry, file, head)
        else:
            file.close()
            self._single(entry, head)

    def _archive(self, entry: FileEntry, file: BinaryIO, head: bytes) -> None:
        budget = Budget(self.limits)
        try:
            archive = Archive(file, entry.size, budget, self.password, self.slots)
        except Refused as refused:
            if is_unfinished(entry.path) or (refused.code == "zip_damaged" and not _is_zip_at_heart(head)):
                self._single(entry, head)
            else:
                self._refuse(entry, refused)
            return
        if is_office(archive):
            self._judged_office(entry, archive)
            return
        kept = self.table.mark(), len(self.problems)
        try:
            self._members(archive, entry.path, budget, depth=0)
        except Refused as refused:
            self.table.remove_since(kept[0])
            del self.problems[kept[1] :]
            self._refuse(entry, refused)

    def _members(self, archive: Archive, shown: str, budget: Budget, depth: int) -> None:
        """Lists the files of an archive. Raises Refused `file_empty` if it has none."""
        origin, counts = ArchiveOrigin(archive, self.watch, shown), Counter[str]()
        is_empty = True
        for member in archive.members:
            is_empty = False
            if code := member.code or ("filename_encoding_guessed" if member.guessed else None):
                counts[code] += 1
                if counts[code] <= _MOST_NAMED:
                    self.problems.append(Problem(code, file=member.path))
            if member.code:
                continue
            at = from_archive(shown, member.path, self.layout)
            self._member(origin, member if at == member.path else replace(member, path=at), budget, depth)
        more = (
            Problem(code, file=shown, count=count - _MOST_NAMED)
            for code, count in counts.items()
            if count > _MOST_NAMED
        )
        self.problems.extend(more)
        if is_empty:
            raise Refused("file_empty")

    def _member(self, origin: ArchiveOrigin, member: ZipMember, budget: Budget, depth: int) -> None:
        archive, shown = origin.archive, origin.path
        key = key_of(member.path, shown)
        aside = self.watch.refusal(key, member.path) or _beyond_limits(archive, member, budget)
        opener = ArchiveOpener(origin, member.number, member.path)
        folder = files_folder(member.path, self.layout) or note_files_folder(member.path, self.layout)
        entry = FileEntry(member.path, member.slot.size, opener, aside, folder)
        if folder:
            self.table.add(EntryRole.ATTACHED, entry, shown)
            return
        if aside is not None:
            self._document(entry, None, shown)
            return
        self.watch.opening(key)
        try:
            with archive.open(member) as stream:
                head = stream.read(HEAD)
        except Refused as refused:
            if refused.ends_archive:
                raise
            self._document(replace(entry, refused=refused), None, shown)
            return
        if sniff(head) != "zip" and not member.path.lower().endswith(".zip"):
            self._single(entry, head, shown)
            return
        self._inner(origin, member, entry, head, budget, depth)

    def _inner(
        self, origin: ArchiveOrigin, member: ZipMember, entry: FileEntry, head: bytes, budget: Budget, depth: int
    ) -> None:
        """Lists an archive inside an archive. An unreadable or oversized inner archive is refused alone."""
        shown, used = origin.path, budget.total
        try:
            file = origin.archive.in_place(member) or self._spooled(entry)
            inner = Archive(file, entry.size, budget, self.password, self.slots)
        except Refused as refused:
            if budget.is_out_of_time:
                raise
            budget.total = used  # nothing of the inner archive is unpacked
            if refused.code == "zip_damaged" and not _is_zip_at_heart(head):
                self._single(entry, head, shown)
                return
            self.zips.append(f"{shown}/{member.path}")
            if is_unfinished(entry.path) and refused.code != "zip_bomb_suspected":
                self._single(entry, b"", shown)
            else:
                self._refuse(entry, refused, shown)
            return
        self.zips.append(f"{shown}/{member.path}")
        if is_office(inner):
            self._judged_office(entry, inner, shown)
        elif depth >= 1:
            self.problems.append(Problem("nested_zip_ignored", file=member.path))
        else:
            try:
                self._members(inner, member.path, budget, depth + 1)
            except Refused as refused:
                if refused.code != "file_empty":
                    raise
                self._refuse(entry, refused, shown)

    def _judged_office(self, entry: FileEntry, archive: Archive, shown: str = "") -> None:
        try:
            archive.judge_whole()
        except Refused as refused:
            archive.forget()
            self._refuse(entry, refused, shown)
        else:
            self._office(entry, archive, shown)

    def _office(self, entry: FileEntry, archive: Archive, shown: str = "") -> None:
        """Lists an office document: each sheet of a workbook with several sheets is a file of its own."""
        sheets = sheets_of(archive, self.limits.workbook_sheets)
        if not sheets:
            self.table.add(EntryRole.TABLE, replace(entry, is_written=is_written(archive)), shown)
        for sheet in sheets:
            path = sheet_path(entry.path, sheet.name) if len(sheets) > 1 else entry.path
            item = replace(entry, path=path, sheet=sheet.name, is_hidden=sheet.is_hidden)
            self.table.add(EntryRole.TABLE, item, shown)
        archive.forget()

    def _spooled(self, entry: FileEntry) -> BinaryIO:
        file = cast(BinaryIO, self.stack.enter_context(self.scratch()))
        with entry.open() as stream:
            shutil.copyfileobj(stream, file)
        return file

    def _single(self, entry: FileEntry, head: bytes, shown: str = "") -> None:
        content = sniff(head)
        if content in OTHER_ARCHIVES:
            self._refuse(entry, Refused("archive_kind", details={"kind": content}), shown)
        elif entry.path.lower().endswith(".zip") and content == "html":  # the browser saved a sign-in page
            self._refuse(entry, Refused("file_is_document"), shown)
        elif entry.path.lower().endswith(".zip") and not entry.size:
            self._refuse(entry, Refused("file_empty"), shown)
        else:
            self._document(entry, content, shown)

    def _document(self, entry: FileEntry, content: str | None, shown: str) -> None:
        """Lists a file as an attachment, a note page or a table, by its folder and its content."""
        if folder := printed_folder(entry.path, content, self.layout):
            self.table.add(EntryRole.ATTACHED, replace(entry, attached=folder), shown)
        elif page := pages_folder(entry.path, content, self.layout):
            self.table.add(EntryRole.PAGE, replace(entry, page=page), shown)
        else:
            self.table.add(EntryRole.TABLE, entry, shown)

    def _refuse(self, entry: FileEntry, refused: Refused, shown: str = "") -> None:
        refused.details.setdefault("name", entry.path)
        self.table.add(EntryRole.TABLE, FileEntry(entry.path, entry.size, entry.open, refused), shown)


# The sheets of a workbook, read from xl/workbook.xml before the spreadsheet library opens the file.

LIST = "xl/workbook.xml"
_WRITTEN = ("word/document.xml", "ppt/presentation.xml", "Index/Document.iwa")
_MOST = MIB  # bytes of the list


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as the workbook lists it (ECMA-376 part 1, 18.2.19). `is_hidden` for the states hidden and veryHidden."""

    name: str
    is_hidden: bool = False


def sheets_of(archive: Archive, most: int) -> Sequence[Sheet]:
    """Returns the sheets of a workbook, visible sheets first, each group in the workbook's order.

    Empty for a zip that is not a workbook, for an unreadable list, and for more than `most` sheets: reading the
    workbook then refuses it.
    """
    member = next((m for m in archive.members if m.path == LIST), None)
    if member is None:
        return ()
    try:
        with archive.open(member) as stream:
            data = stream.read(_MOST + 1)
    except Refused:
        return ()
    sheets = _listed(data) if len(data) <= _MOST else []
    return sorted(sheets, key=lambda sheet: sheet.is_hidden) if len(sheets) <= most else ()


def _listed(data: bytes) -> list[Sheet]:
    sheets: list[Sheet] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet" and attributes.get("name"):
            sheets.append(Sheet(attributes["name"], attributes.get("state", "visible") in ("hidden", "veryHidden")))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return []
    return sheets


def _no_doctype(*_: object) -> NoReturn:
    """Raises ValueError. A workbook has no document type, and a document type could define entities without end."""
    raise ValueError


def is_written(archive: Archive) -> bool:
    """Returns whether an office document is a text or slides instead of a table."""
    if any(member.path in _WRITTEN for member in archive.members):
        return True
    kind = next((m for m in archive.members if m.path == "mimetype"), None)
    if kind is None:
        return False
    with archive.open(kind) as stream:
        return stream.read(64).startswith((b"application/vnd.oasis.opendocument.text", b"application/epub"))
