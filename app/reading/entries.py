"""Every file of an export in one stable order, those inside archives included, each ready to be streamed."""

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
from app.problems import Problem
from app.reading.archive import Archive, Member
from app.reading.content_sniffing import HEAD, OTHER_ARCHIVES, content_type_of, is_text, sniff
from app.reading.entry_table import Entry, EntryList, EntryTable, Order, Origin, Packed, Part, Watched
from app.reading.file_watch import NO_WATCH, FileWatch, key_of
from app.reading.given import Given
from app.reading.inside import is_noise
from app.reading.limits import MIB, Budget, Limits
from app.reading.naming import (
    files_folder,
    from_archive,
    is_unfinished,
    name_of,
    note_files_folder,
    pages_folder,
    printed_folder,
    sheet_of,
    sheet_path,
)
from app.reading.refusal import Refused
from app.reading.slot_table import SlotTable
from app.reading.workbook import is_office

# Nameless files and tables of one process: nobody else can read them, and they are gone when they are closed.

_CACHE_KIB = 8 * 1024


@dataclass(frozen=True, slots=True)
class PrivateScratch:
    """Makes temporary files and tables in `folder`, or where the system keeps such files."""

    folder: Path | None = None

    def __call__(self) -> IO[bytes]:
        """A temporary file of mode 0600 that has no name."""
        return TemporaryFile(dir=self.folder)

    def database(self) -> sqlite3.Connection:
        """An empty database in such a file, for one thread. It takes 8 MiB of memory, however large it grows.

        Raises OSError or sqlite3.OperationalError where the disk is full.
        """
        handle, path = mkstemp(dir=self.folder, prefix="scratch-")  # of mode 0600
        try:
            os.close(handle)
            made = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "mmap_size = 0"):
                made.execute(f"PRAGMA {setting}").fetchall()
            made.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            made.execute("BEGIN EXCLUSIVE")  # the file is open from here on, and stays so without its name
        finally:
            os.unlink(path)
        return made


# Between the time and the number of a part, Google writes which of its jobs packed it: that is no total.
_PART = re.compile(r"(?P<stem>.+?)(?:(?<=\d{6}Z)-\d{1,3})?-(?P<number>\d{3})(?: ?\(\d+\))?\.zip", re.IGNORECASE)
_SPLIT = re.compile(r"\.(z\d\d|zip\.\d{3}|7z\.\d{3}|r\d\d)$", re.IGNORECASE)
_ARCHIVES = {"zip", *OTHER_ARCHIVES}
_TOLD = 1000  # files of one archive that are named for one reason; of more, only their number
__all__ = ["Entry", "Found", "opened", "private"]


@dataclass(frozen=True, slots=True)
class Found:
    """All files in their order, those of patients apart, and what must be told of those that are not among them."""

    entries: EntryList
    problems: tuple[Problem, ...]
    attached: EntryList


def private(folder: Path | None = None) -> PrivateScratch:
    """Nameless temporary files, readable by this process alone, gone when closed."""
    return PrivateScratch(folder)


@contextmanager
def opened(
    given: Sequence[Given],
    source: Source,
    limits: Limits,
    scratch: PrivateScratch,
    password: str | None = None,
    watch: FileWatch = NO_WATCH,
) -> Iterator[Found]:
    """The files of an export. Archives stay open for as long as the block. `watch` hears of each file before it is
    opened, now and later."""

    def order(path: str) -> Order:
        return Order(*name_of(sheet_of(path)[0], source).order)

    with ExitStack() as stack:
        table = EntryTable(stack.enter_context(closing(scratch.database())), order)
        walk = _Walk(limits, scratch, password, stack, table, watch)
        for file in given:
            walk.take(file)
        table.tell_apart()
        missing = parts_missing([*(file.path for file in given), *walk.zips])
        files = EntryList(table, Part.TABLE, Part.PAGE)
        yield Found(files, (*missing, *walk.problems), EntryList(table, Part.ATTACHED, Part.ATTACHED))


def parts_missing(paths: Sequence[str]) -> Iterator[Problem]:
    """A download in several zips of which one is not there."""
    numbers: dict[str, set[int]] = {}
    for path in paths:
        if part := _PART.fullmatch(path):
            numbers.setdefault(part["stem"], set()).add(int(part["number"]))
    for stem, seen in numbers.items():
        gaps = set(range(1, max(seen) + 1)) - seen
        if gaps:
            yield Problem("zip_part_missing", file=f"{stem}-{min(gaps):03}.zip", count=len(gaps))


def _is_zip_at_heart(head: bytes) -> bool:
    """Whether a file that is called a zip began as one, or begins with nothing that could be something else."""
    if sniff(head) == "zip" or b"PK\x03\x04" in head:
        return True
    return sniff(head) is None and bool(head.strip()) and not is_text(head)


def _beyond_limits(archive: Archive, member: Member, budget: Budget) -> Refused | None:
    """Why one file of an archive is left out alone: it unpacks to too much. A dense file is known by its beginning."""
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


class _Walk:
    """Goes through everything that was handed over, one level into archives inside archives."""

    def __init__(
        self,
        limits: Limits,
        scratch: PrivateScratch,
        password: str | None,
        stack: ExitStack,
        table: EntryTable,
        watch: FileWatch,
    ) -> None:
        self.limits = limits
        self.scratch = scratch
        self.password = password
        self.stack = stack
        self.table = table
        self.slots = SlotTable(table.connection)
        self.watch = watch
        self.problems: list[Problem] = []
        self.zips: list[str] = []  # inside other zips

    def take(self, given: Given) -> None:
        if is_noise(given.path):
            return
        entry = Entry(given.path, given.size, Watched(given, self.watch))
        aside = self.watch.refusal(given.path, given.path)
        if folder := files_folder(given.path) or note_files_folder(given.path):
            short = given.announced is not None and given.size < given.announced
            refused = Refused("download_incomplete") if short else aside
            self.table.add(Part.ATTACHED, replace(entry, refused=refused, attached=folder))
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

    def _archive(self, entry: Entry, file: BinaryIO, head: bytes) -> None:
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
            self.table.take_back(kept[0])
            del self.problems[kept[1] :]
            self._refuse(entry, refused)

    def _members(self, archive: Archive, shown: str, budget: Budget, depth: int) -> None:
        origin, told = Origin(archive, self.watch, shown), Counter[str]()
        for member in archive.members:
            if code := member.code or ("filename_encoding_guessed" if member.guessed else None):
                told[code] += 1
                if told[code] <= _TOLD:
                    self.problems.append(Problem(code, file=member.path))
            if member.code:
                continue
            at = from_archive(shown, member.path)
            self._member(origin, member if at == member.path else replace(member, path=at), budget, depth)
        more = (Problem(code, file=shown, count=count - _TOLD) for code, count in told.items() if count > _TOLD)
        self.problems.extend(more)

    def _member(self, origin: Origin, member: Member, budget: Budget, depth: int) -> None:
        archive, shown = origin.archive, origin.path
        key = key_of(member.path, shown)
        aside = self.watch.refusal(key, member.path) or _beyond_limits(archive, member, budget)
        opener = Packed(origin, member.number, member.path)
        folder = files_folder(member.path) or note_files_folder(member.path)
        entry = Entry(member.path, member.slot.size, opener, aside, folder)
        if folder:
            self.table.add(Part.ATTACHED, entry, shown)
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

    def _inner(self, origin: Origin, member: Member, entry: Entry, head: bytes, budget: Budget, depth: int) -> None:
        """An archive inside an archive. One that cannot be read, or holds too much, is refused alone."""
        shown, used = origin.path, budget.total
        try:
            file = origin.archive.in_place(member) or self._spooled(entry)
            inner = Archive(file, entry.size, budget, self.password, self.slots)
        except Refused as refused:
            if budget.is_out_of_time:
                raise
            budget.total = used  # nothing of it is unpacked
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
            self._members(inner, member.path, budget, depth + 1)

    def _judged_office(self, entry: Entry, archive: Archive, shown: str = "") -> None:
        try:
            archive.judge_whole()
        except Refused as refused:
            archive.forget()
            self._refuse(entry, refused, shown)
        else:
            self._office(entry, archive, shown)

    def _office(self, entry: Entry, archive: Archive, shown: str = "") -> None:
        """A document of an office program: each sheet of a workbook with several is a file of its own."""
        sheets = sheets_of(archive, self.limits.workbook_sheets)
        if not sheets:
            self.table.add(Part.TABLE, replace(entry, is_written=is_written(archive)), shown)
        for sheet in sheets:
            path = sheet_path(entry.path, sheet.name) if len(sheets) > 1 else entry.path
            item = replace(entry, path=path, sheet=sheet.name, is_hidden=sheet.is_hidden)
            self.table.add(Part.TABLE, item, shown)
        archive.forget()

    def _spooled(self, entry: Entry) -> BinaryIO:
        file = cast(BinaryIO, self.stack.enter_context(self.scratch()))
        with entry.open() as stream:
            shutil.copyfileobj(stream, file)
        return file

    def _single(self, entry: Entry, head: bytes, shown: str = "") -> None:
        found = sniff(head)
        if found in OTHER_ARCHIVES:
            self._refuse(entry, Refused("archive_kind", details={"kind": found}), shown)
        elif entry.path.lower().endswith(".zip") and found == "html":  # a browser kept the page that asks to sign in
            self._refuse(entry, Refused("file_is_document"), shown)
        elif entry.path.lower().endswith(".zip") and not entry.size:
            self._refuse(entry, Refused("file_empty"), shown)
        else:
            self._document(entry, found, shown)

    def _document(self, entry: Entry, content: str | None, shown: str) -> None:
        """A file that may belong to a patient's notes and forms by where it lies and what it is."""
        if folder := printed_folder(entry.path, content):
            self.table.add(Part.ATTACHED, replace(entry, attached=folder), shown)
        elif page := pages_folder(entry.path, content):
            self.table.add(Part.PAGE, replace(entry, page=page), shown)
        else:
            self.table.add(Part.TABLE, entry, shown)

    def _refuse(self, entry: Entry, refused: Refused, shown: str = "") -> None:
        refused.details.setdefault("name", entry.path)
        self.table.add(Part.TABLE, Entry(entry.path, entry.size, entry.open, refused), shown)


# The sheets of a workbook by their names, read from its list of them before any spreadsheet library opens it.

LIST = "xl/workbook.xml"
_WRITTEN = ("word/document.xml", "ppt/presentation.xml", "Index/Document.iwa")
_MOST = MIB  # of the list itself


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as the workbook lists it; `is_hidden` where the office program does not show it."""

    name: str
    is_hidden: bool = False


def sheets_of(archive: Archive, most: int) -> Sequence[Sheet]:
    """The sheets of a workbook, visible ones first, each kind in the workbook's order.

    Empty for a zip that is no workbook, for a list that cannot be read, and for more than `most` sheets: reading
    the workbook refuses it.
    """
    member = next((m for m in archive.members if m.path == LIST), None)
    if member is None:
        return ()
    try:
        with archive.open(member) as stream:
            data = stream.read(_MOST + 1)
    except Refused:
        return ()
    found = _listed(data) if len(data) <= _MOST else []
    return sorted(found, key=lambda sheet: sheet.is_hidden) if len(found) <= most else ()


def _listed(data: bytes) -> list[Sheet]:
    found: list[Sheet] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet" and attributes.get("name"):
            found.append(Sheet(attributes["name"], attributes.get("state", "visible") in ("hidden", "veryHidden")))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return []
    return found


def _no_doctype(*_: object) -> NoReturn:
    """A workbook has no document type; one that has could define entities without end."""
    raise ValueError


def is_written(archive: Archive) -> bool:
    """Whether an office document is a letter, a text or slides, and no table."""
    if any(member.path in _WRITTEN for member in archive.members):
        return True
    kind = next((m for m in archive.members if m.path == "mimetype"), None)
    if kind is None:
        return False
    with archive.open(kind) as stream:
        return stream.read(64).startswith((b"application/vnd.oasis.opendocument.text", b"application/epub"))
