"""Every file of an export in one stable order, those inside archives included, each ready to be streamed."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast

from app.engine.reading.archive import Archive, Member
from app.engine.reading.file_watch import NO_WATCH, FileWatch, key_of
from app.engine.reading.given import Given
from app.engine.reading.inside import is_noise
from app.engine.reading.limits import Budget, Limits
from app.engine.reading.looks import is_text
from app.engine.reading.naming import (
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
from app.engine.reading.refusal import Refused
from app.engine.reading.sheet_list import is_written, sheets_of
from app.engine.reading.sniff import HEAD, OTHER_ARCHIVES, sniff
from app.engine.reading.workbook import is_office
from app.mapping.files import safe_name
from app.mapping.kind import Source
from app.problems import Problem

# Between the time and the number of a part, Google writes which of its jobs packed it: that is no total.
_PART = re.compile(r"(?P<stem>.+?)(?:(?<=\d{6}Z)-\d{1,3})?-(?P<number>\d{3})(?: ?\(\d+\))?\.zip", re.IGNORECASE)
_SPLIT = re.compile(r"\.(z\d\d|zip\.\d{3}|7z\.\d{3}|r\d\d)$", re.IGNORECASE)
Scratch = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the export. `refused` says why a whole archive, or a file in it, cannot even be opened."""

    path: str
    size: int
    open: Callable[[], BinaryIO]
    refused: Refused | None = None
    attached: str | None = None  # the folder of patients' own files that it lies in
    page: str | None = None  # the folder of notes that it lies in, as a page of its own
    sheet: str | None = None  # the sheet of the workbook that it is
    is_hidden: bool = False  # whether that sheet is hidden
    is_written: bool = False  # whether it is a letter or another document of an office program


class _Packed:
    """Opens one file of an archive. An export may have hundreds of thousands, so it is as small as can be."""

    __slots__ = ("archive", "member", "place")

    def __init__(self, archive: Archive, member: Member, place: "_Place") -> None:
        self.archive = archive
        self.member = member
        self.place = place

    def __call__(self) -> BinaryIO:
        self.place.watch.begin(key_of(self.member.path, self.place.archive))
        return self.archive.open(self.member)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the files of one archive share: how they are watched, and the archive's path."""

    watch: FileWatch
    archive: str


class _Watched:
    """Opens one file that was handed over as it is."""

    __slots__ = ("given", "watch")

    def __init__(self, given: Given, watch: FileWatch) -> None:
        self.given = given
        self.watch = watch

    def __call__(self) -> BinaryIO:
        self.watch.begin(self.given.path)
        return self.given.open()


@dataclass(frozen=True, slots=True)
class Found:
    """All files in their order, those of patients apart, and what must be told of those that are not among them."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    attached: tuple[Entry, ...] = ()


def private(folder: Path | None = None) -> Scratch:
    """Nameless temporary files, readable by this process alone, gone when closed."""
    return lambda: TemporaryFile(dir=folder)


@contextmanager
def opened(
    given: Sequence[Given],
    source: Source,
    limits: Limits,
    scratch: Scratch,
    password: str | None = None,
    watch: FileWatch = NO_WATCH,
) -> Iterator[Found]:
    """The files of an export. Archives stay open for as long as the block. `watch` hears of each file before it is
    opened, now and later."""
    with ExitStack() as stack:
        walk = _Walk(limits, scratch, password, stack, source, watch)
        for file in given:
            walk.take(file)
        walk.entries.sort(key=lambda pair: (name_of(sheet_of(pair[0].path)[0], source).order, pair[1]))
        walk.attached.sort(key=lambda pair: (pair[0].path, pair[1]))
        missing = parts_missing([*(file.path for file in given), *walk.zips])
        attached = tuple(_numbered(walk.attached))
        yield Found(tuple(_distinct(walk.entries)), (*missing, *walk.problems), attached)


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
    return sniff(head) == "html" or (sniff(head) is None and bool(head.strip()) and not is_text(head))


def _distinct(entries: Sequence[tuple[Entry, str]]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry, archive in entries:
        path = entry.path
        if path in seen and archive:
            path = f"{archive}/{entry.path}"
        number = 2
        while path in seen:
            path = f"{entry.path} ({number})"
            number += 1
        seen.add(path)
        yield entry if path == entry.path else replace(entry, path=path)


def _numbered(entries: Sequence[tuple[Entry, str]]) -> Iterator[Entry]:
    """Files of one path in several archives, which follow each other, are told apart by a number."""
    before, number = "", 1
    for entry, _ in entries:
        number = number + 1 if entry.path == before else 1
        before = entry.path
        folder, _, name = entry.path.rpartition("/")
        yield entry if number == 1 else replace(entry, path=f"{folder}/{safe_name(name, number)}")


class _Walk:
    """Goes through everything that was handed over, one level into archives inside archives."""

    def __init__(
        self,
        limits: Limits,
        scratch: Scratch,
        password: str | None,
        stack: ExitStack,
        source: Source,
        watch: FileWatch,
    ) -> None:
        self.limits = limits
        self.scratch = scratch
        self.password = password
        self.stack = stack
        self.source = source
        self.watch = watch
        self.entries: list[tuple[Entry, str]] = []
        self.attached: list[tuple[Entry, str]] = []
        self.problems: list[Problem] = []
        self.zips: list[str] = []  # inside other zips

    def take(self, given: Given) -> None:
        if is_noise(given.path):
            return
        entry = Entry(given.path, given.size, _Watched(given, self.watch))
        aside = self.watch.refusal(given.path, given.path)
        if folder := files_folder(given.path) or note_files_folder(given.path):
            short = given.announced is not None and given.size < given.announced
            refused = Refused("download_incomplete") if short else aside
            self.attached.append((replace(entry, refused=refused, attached=folder), ""))
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
            archive = Archive(file, entry.size, budget, self.password)
        except Refused as refused:
            if is_unfinished(entry.path) or (refused.code == "zip_damaged" and not _is_zip_at_heart(head)):
                self._single(entry, head)
            else:
                self._refuse(entry, refused)
            return
        if is_office(m.path for m in archive.members):
            self._office(entry, archive)
            return
        kept = len(self.entries), len(self.problems), len(self.attached)
        try:
            self._members(archive, entry.path, budget, depth=0)
        except Refused as refused:
            del self.entries[kept[0] :], self.problems[kept[1] :], self.attached[kept[2] :]
            self._refuse(entry, refused)

    def _members(self, archive: Archive, shown: str, budget: Budget, depth: int) -> None:
        place = _Place(self.watch, shown)
        for member in archive.members:
            if member.code:
                self.problems.append(Problem(member.code, file=member.path))
                continue
            if member.guessed:
                self.problems.append(Problem("filename_encoding_guessed", file=member.path))
            at = from_archive(shown, member.path)
            self._member(
                _Packed(archive, member if at == member.path else replace(member, path=at), place), budget, depth
            )

    def _member(self, opener: _Packed, budget: Budget, depth: int) -> None:
        archive, member, shown = opener.archive, opener.member, opener.place.archive
        key = key_of(member.path, shown)
        aside = self.watch.refusal(key, member.path)
        entry = Entry(member.path, member.slot.size, opener, aside)
        if folder := files_folder(member.path) or note_files_folder(member.path):
            self.attached.append((replace(entry, attached=folder), shown))
            return
        if aside is not None:
            self._document(entry, None, shown)
            return
        self.watch.opening(key)
        try:
            with archive.open(member) as stream:
                head = stream.read(HEAD)
        except Refused as refused:
            if refused.code == "zip_bomb_suspected":
                raise
            self._document(replace(entry, refused=refused), None, shown)
            return
        if sniff(head) != "zip":
            self._single(entry, head, shown)
            return
        self._inner(archive, member, entry, shown, budget, depth)

    def _inner(self, archive: Archive, member: Member, entry: Entry, shown: str, budget: Budget, depth: int) -> None:
        self.zips.append(f"{shown}/{member.path}")
        file = archive.in_place(member) or self._spooled(entry)
        try:
            inner = Archive(file, entry.size, budget, self.password)
        except Refused as refused:
            if refused.code == "zip_bomb_suspected":
                raise
            if is_unfinished(entry.path):
                self._single(entry, b"", shown)
            else:
                self._refuse(entry, refused, shown)
            return
        if is_office(m.path for m in inner.members):
            self._office(entry, inner, shown)
        elif depth >= 1:
            self.problems.append(Problem("nested_zip_ignored", file=member.path))
        else:
            self._members(inner, member.path, budget, depth + 1)

    def _office(self, entry: Entry, archive: Archive, shown: str = "") -> None:
        """A document of an office program: each sheet of a workbook with several is a file of its own."""
        sheets = sheets_of(archive, self.limits.workbook_sheets)
        if not sheets:
            self.entries.append((replace(entry, is_written=is_written(archive)), shown))
        for sheet in sheets:
            path = sheet_path(entry.path, sheet.name) if len(sheets) > 1 else entry.path
            item = replace(entry, path=path, sheet=sheet.name, is_hidden=sheet.is_hidden and len(sheets) > 1)
            self.entries.append((item, shown))

    def _spooled(self, entry: Entry) -> BinaryIO:
        file = cast(BinaryIO, self.stack.enter_context(self.scratch()))
        with entry.open() as stream:
            shutil.copyfileobj(stream, file)
        return file

    def _single(self, entry: Entry, head: bytes, shown: str = "") -> None:
        found = sniff(head)
        if found in OTHER_ARCHIVES:
            self._refuse(entry, Refused("archive_kind", details={"kind": found}), shown)
        else:
            self._document(entry, found, shown)

    def _document(self, entry: Entry, content: str | None, shown: str) -> None:
        """A file that may belong to a patient's notes and forms by where it lies and what it is."""
        if folder := printed_folder(entry.path, content):
            self.attached.append((replace(entry, attached=folder), shown))
        else:
            self.entries.append((replace(entry, page=pages_folder(entry.path, content)), shown))

    def _refuse(self, entry: Entry, refused: Refused, shown: str = "") -> None:
        refused.details.setdefault("name", entry.path)
        self.entries.append((Entry(entry.path, entry.size, entry.open, refused), shown))
