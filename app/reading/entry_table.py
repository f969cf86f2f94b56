"""The files of an export in reading order, kept in a table: memory holds a single file of millions at a time."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import BinaryIO, NamedTuple

from app.mapping.client_files import composed, safe_name
from app.reading.archive import Archive, ZipMember
from app.reading.file_watch import FileWatch, key_of
from app.reading.given_files import GivenFile
from app.reading.naming import split_list_path
from app.reading.refusal import Refused

_AT_ONCE = 500
_KEY = ("part", "folder", "current", "run", "since", "book", "archive", "number")
_FIELDS = "path, place, origin, slot, size, refused, attached, sheet, is_hidden, is_written"
_SAME_KEY = " AND ".join(f"{name} = ?" for name in _KEY)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the export. `refused` says why an archive, or a file in an archive, cannot be opened. `size` is in
    bytes."""

    path: str
    size: int
    open: Callable[[], BinaryIO]
    refused: Refused | None = None
    attached: str | None = None  # the folder of patients' files around it
    page: str | None = None  # the folder of notes around it, for a note page
    sheet: str | None = None  # name of the sheet, for a sheet of a workbook
    is_hidden: bool = False  # the sheet is hidden
    is_written: bool = False  # a text document or slides
    list: str | None = None  # name of the list, for a list of a JSON file


@dataclass(frozen=True, slots=True)
class ArchiveOrigin:
    """What the files of an archive share: the archive, its path, and their watch."""

    archive: Archive
    watch: FileWatch
    path: str


@dataclass(frozen=True, slots=True)
class ArchiveOpener:
    """Opens a file of an archive by its entry's number. `place` is the path inside the archive."""

    origin: ArchiveOrigin
    number: int
    place: str

    def __call__(self) -> BinaryIO:
        self.origin.watch.begin(key_of(self.place, self.origin.path))
        archive = self.origin.archive
        member = ZipMember(self.place, archive.table.slot(self.number), self.number)
        return archive.open(member, self.origin.watch.advancing)


@dataclass(frozen=True, slots=True)
class FileOpener:
    """Opens a file as it was handed over."""

    given: GivenFile
    watch: FileWatch

    def __call__(self) -> BinaryIO:
        self.watch.begin(self.given.path)
        return self.given.open()


class EntryRole(IntEnum):
    """What a file counts as: a table or anything else, a note page, a file of a patient."""

    TABLE = 0
    PAGE = 1
    ATTACHED = 2


class EntryOrder(NamedTuple):
    """The sort key of a file within its role. `book` is the path by which the file is sorted."""

    current: bool
    run: str
    since: str
    book: str


@dataclass(slots=True)
class EntryTable:
    """Every file of an export. `order` gives the sort key of a table's path; patients' files are sorted by path."""

    connection: sqlite3.Connection
    order: Callable[[str], EntryOrder]
    _origins: list[ArchiveOrigin | FileOpener] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)  # numbers of origins, by id()
    _waiting: list[tuple[object, ...]] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        key = ", ".join(_KEY)
        self.connection.execute(f"CREATE TABLE files ({key}, {_FIELDS}, PRIMARY KEY ({key})) WITHOUT ROWID")
        self.connection.execute(f"CREATE TABLE renamed ({key}, path, PRIMARY KEY (part, path)) WITHOUT ROWID")

    def add(self, part: EntryRole, entry: FileEntry, archive: str = "") -> None:
        """Adds a file. `archive` is the path of the archive around it. Raises TypeError for an unknown opener."""
        self._count += 1
        opener = entry.open
        if isinstance(opener, ArchiveOpener):
            origin, slot, place = self._number_of(opener.origin), opener.number, opener.place
        elif isinstance(opener, FileOpener):
            origin, slot, place = self._number_of(opener), None, opener.given.path
        else:
            raise TypeError("a file is opened from an archive, or as it was handed over")
        refused = json.dumps([entry.refused.code, entry.refused.details]) if entry.refused else None
        self._waiting.append(
            (
                *(int(part), entry.page or "", *self._order(part, entry.path), archive, self._count),
                *(entry.path, place, origin, slot, entry.size, refused, entry.attached, entry.sheet),
                *(entry.is_hidden, entry.is_written),
            )
        )
        if len(self._waiting) == _AT_ONCE:
            self._write()

    def mark(self) -> int:
        """Returns the number of files so far, for `remove_since`."""
        return self._count

    def remove_since(self, mark: int) -> None:
        """Removes every file that was added after the mark."""
        self._write()
        self.connection.execute("DELETE FROM files WHERE number > ?", (mark,))

    def rename_duplicates(self) -> None:
        """Gives files with equal paths different paths: tables by their archive or a number, patients' files by a
        number. Call once, after all files are added."""
        self._write()
        before: tuple[object, ...] = ()
        counts: dict[str, int] = {}
        for *key, path in self.connection.execute(
            f"SELECT {', '.join(_KEY)}, path FROM files ORDER BY {', '.join(_KEY)}"
        ):
            if (*key[:-2],) != before:
                before, counts = (*key[:-2],), {}
            counts[path] = number = counts.get(path, 0) + 1
            if number > 1:
                part, archive = EntryRole(key[0]), str(key[-2])
                is_patients = part is EntryRole.ATTACHED
                other = _numbered(path, number) if is_patients else self._free_path(part, path, archive)
                marks = ", ".join("?" * (len(key) + 1))
                self.connection.execute(f"INSERT OR IGNORE INTO renamed VALUES ({marks})", (*key, other))
        for *key, path in self.connection.execute(f"SELECT {', '.join(_KEY)}, path FROM renamed"):
            self.connection.execute(f"UPDATE files SET path = ? WHERE {_SAME_KEY}", (path, *key))

    def at(self, part: EntryRole, path: str) -> FileEntry | None:
        """Returns the file of a role with this path; None if there is none."""
        where = "part = ? AND folder = '' AND current = ? AND run = ? AND since = ? AND book = ? AND path = ?"
        entry = next(self.read(where, (part, *self._order(part, path), path)), None)
        if entry is None:
            asked = f"SELECT {', '.join(_KEY)} FROM renamed WHERE part = ? AND path = ?"
            key = self.connection.execute(asked, (part, path)).fetchone()
            entry = next(self.read(_SAME_KEY, key), None) if key else None
        return entry

    def read(self, where: str, values: tuple[object, ...]) -> Iterator[FileEntry]:
        """Yields the files that match an SQL condition, in order."""
        asked = f"SELECT folder, {_FIELDS} FROM files WHERE {where} ORDER BY {', '.join(_KEY)}"
        for folder, path, place, origin, slot, size, refused, *rest in self.connection.execute(asked, values):
            whence = self._origins[origin]
            opener = whence if isinstance(whence, FileOpener) else ArchiveOpener(whence, slot, place)
            attached, sheet, is_hidden, is_written = rest
            shown = attached, folder or None, sheet, bool(is_hidden), bool(is_written)
            yield FileEntry(path, size, opener, _refused(refused), *shown)

    def _order(self, part: EntryRole, path: str) -> EntryOrder:
        return EntryOrder(False, "", "", path) if part is EntryRole.ATTACHED else self.order(path)

    def _free_path(self, part: EntryRole, path: str, archive: str) -> str:
        other, number = f"{archive}/{path}" if archive else f"{path} (2)", 2
        while self.at(part, other) is not None:
            other = f"{path} ({number})"
            number += 1
        return other

    def _number_of(self, origin: ArchiveOrigin | FileOpener) -> int:
        number = self._numbers.setdefault(id(origin), len(self._origins))
        if number == len(self._origins):
            self._origins.append(origin)
        return number

    def _write(self) -> None:
        if self._waiting:
            marks = ", ".join("?" * len(self._waiting[0]))
            self.connection.executemany(f"INSERT INTO files VALUES ({marks})", self._waiting)
            self._waiting.clear()


@dataclass(frozen=True, slots=True)
class EntryList:
    """The files of the roles from `first` to `last`. Each iteration reads the table anew."""

    table: EntryTable
    first: EntryRole
    last: EntryRole

    def __iter__(self) -> Iterator[FileEntry]:
        return self.table.read("part BETWEEN ? AND ?", self._parts)

    def __len__(self) -> int:
        return int(self._single_value("COUNT(*)"))

    @property
    def size(self) -> int:
        """Total size in bytes."""
        return int(self._single_value("COALESCE(SUM(size), 0)"))

    def at(self, path: str) -> FileEntry | None:
        """Returns the file with this path that is not a note page, or the list of a JSON file; None if there is
        none."""
        entry = self.table.at(self.first, path)
        if entry is None and self.first is EntryRole.TABLE and (parts := split_list_path(path)) is not None:
            whole = self.table.at(self.first, parts[0])
            entry = replace(whole, path=path, list=parts[1]) if whole is not None and not whole.sheet else None
        return entry

    def in_two_forms(self) -> frozenset[str]:
        """Returns the composed paths that several files have in different Unicode normal forms."""
        connection = self.table.connection
        connection.create_function("composed", 1, composed, deterministic=True)
        asked = """SELECT composed(path) AS p FROM files WHERE part BETWEEN ? AND ? AND path GLOB '*[^ -~]*'
            GROUP BY p HAVING COUNT(DISTINCT path) > 1"""
        return frozenset(path for (path,) in connection.execute(asked, self._parts))

    def lists_among(self, paths: Iterable[str]) -> "dict[str, list[FileEntry]]":
        """Returns, for those of `paths` that name lists, the list entries by the path of their JSON file."""
        lists: dict[str, list[FileEntry]] = {}
        for path in paths:
            parts = split_list_path(path)
            entry = self.at(path) if parts is not None else None
            if parts is not None and entry is not None and entry.list:
                lists.setdefault(parts[0], []).append(entry)
        return lists

    @property
    def tables(self) -> "EntryList":
        """The files that are not note pages."""
        return EntryList(self.table, self.first, self.first)

    def folders(self) -> dict[str, int]:
        """Returns the folders of patients' files with their file counts, sorted by path."""
        return self._counted("attached")

    def page_folders(self) -> dict[str, int]:
        """Returns the folders of note pages with their page counts, sorted by path."""
        return self._counted("NULLIF(folder, '')")

    def pages(self, folder: str) -> Iterator[FileEntry]:
        """Yields the note pages of a folder."""
        return self.table.read("part = ? AND folder = ?", (EntryRole.PAGE, folder))

    def _counted(self, column: str) -> dict[str, int]:
        asked = f"SELECT {column} AS f, COUNT(*) FROM files WHERE part BETWEEN ? AND ? AND f IS NOT NULL GROUP BY f"
        return dict(sorted(self.table.connection.execute(asked, self._parts)))

    def _single_value(self, what: str) -> int:
        asked = f"SELECT {what} FROM files WHERE part BETWEEN ? AND ?"
        value: int = self.table.connection.execute(asked, self._parts).fetchone()[0]
        return value

    @property
    def _parts(self) -> tuple[int, int]:
        return int(self.first), int(self.last)


def _refused(kept: str | None) -> Refused | None:
    if kept is None:
        return None
    code, details = json.loads(kept)
    return Refused(code, details=details)


def _numbered(path: str, number: int) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/{safe_name(name, number)}"
