"""The files of an export in their order, laid out in a table: of millions, memory holds one at a time."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import BinaryIO, NamedTuple

from app.mapping.files import composed, safe_name
from app.reading.archive import Archive, Member
from app.reading.file_watch import FileWatch, key_of
from app.reading.given import Given
from app.reading.naming import list_of
from app.reading.refusal import Refused

_AT_ONCE = 500
_KEY = ("part", "folder", "current", "run", "since", "book", "archive", "number")
_FIELDS = "path, place, origin, slot, size, refused, attached, sheet, is_hidden, is_written"
_SAME_KEY = " AND ".join(f"{name} = ?" for name in _KEY)


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
    list: str | None = None  # the list of the JSON file that it is


@dataclass(frozen=True, slots=True)
class Origin:
    """What the files of one archive share: the archive, its path, and how they are watched."""

    archive: Archive
    watch: FileWatch
    path: str


@dataclass(frozen=True, slots=True)
class Packed:
    """Opens one file of an archive, by the number of its slot. `place` is its path there."""

    origin: Origin
    number: int
    place: str

    def __call__(self) -> BinaryIO:
        self.origin.watch.begin(key_of(self.place, self.origin.path))
        archive = self.origin.archive
        member = Member(self.place, archive.table.slot(self.number), self.number)
        return archive.open(member, self.origin.watch.advancing)


@dataclass(frozen=True, slots=True)
class Watched:
    """Opens one file that was handed over as it is."""

    given: Given
    watch: FileWatch

    def __call__(self) -> BinaryIO:
        self.watch.begin(self.given.path)
        return self.given.open()


class Part(IntEnum):
    """What a file counts as: a table or whatever else, a page of notes, a file that belongs to a patient."""

    TABLE = 0
    PAGE = 1
    ATTACHED = 2


class Order(NamedTuple):
    """The place of a file among those of its part. `book` is the path by which it is ordered."""

    current: bool
    run: str
    since: str
    book: str


@dataclass(slots=True)
class EntryTable:
    """Every file of one export. `order` gives the place of a path among tables; patients' files go by their path."""

    connection: sqlite3.Connection
    order: Callable[[str], Order]
    _origins: list[Origin | Watched] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)  # of origins, by their identity
    _waiting: list[tuple[object, ...]] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        key = ", ".join(_KEY)
        self.connection.execute(f"CREATE TABLE files ({key}, {_FIELDS}, PRIMARY KEY ({key})) WITHOUT ROWID")
        self.connection.execute(f"CREATE TABLE renamed ({key}, path, PRIMARY KEY (part, path)) WITHOUT ROWID")

    def add(self, part: Part, entry: Entry, archive: str = "") -> None:
        """Adds a file. `archive` is the path of the archive that it lies in."""
        self._count += 1
        opener = entry.open
        if isinstance(opener, Packed):
            origin, slot, place = self._number_of(opener.origin), opener.number, opener.place
        elif isinstance(opener, Watched):
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
        """The number of files so far, by which `take_back` removes those that follow."""
        return self._count

    def take_back(self, mark: int) -> None:
        """Removes every file that was added since."""
        self._write()
        self.connection.execute("DELETE FROM files WHERE number > ?", (mark,))

    def tell_apart(self) -> None:
        """Gives files of one path names of their own, once all are added: tables by their archive or by a number,
        patients' files by a number."""
        self._write()
        before: tuple[object, ...] = ()
        seen: dict[str, int] = {}
        for *key, path in self.connection.execute(
            f"SELECT {', '.join(_KEY)}, path FROM files ORDER BY {', '.join(_KEY)}"
        ):
            if (*key[:-2],) != before:
                before, seen = (*key[:-2],), {}
            seen[path] = number = seen.get(path, 0) + 1
            if number > 1:
                part, archive = Part(key[0]), str(key[-2])
                is_patients = part is Part.ATTACHED
                other = _numbered(path, number) if is_patients else self._distinct(part, path, archive)
                marks = ", ".join("?" * (len(key) + 1))
                self.connection.execute(f"INSERT OR IGNORE INTO renamed VALUES ({marks})", (*key, other))
        for *key, path in self.connection.execute(f"SELECT {', '.join(_KEY)}, path FROM renamed"):
            self.connection.execute(f"UPDATE files SET path = ? WHERE {_SAME_KEY}", (path, *key))

    def at(self, part: Part, path: str) -> Entry | None:
        """The file of a part with this path."""
        where = "part = ? AND folder = '' AND current = ? AND run = ? AND since = ? AND book = ? AND path = ?"
        found = next(self.read(where, (part, *self._order(part, path), path)), None)
        if found is None:
            asked = f"SELECT {', '.join(_KEY)} FROM renamed WHERE part = ? AND path = ?"
            key = self.connection.execute(asked, (part, path)).fetchone()
            found = next(self.read(_SAME_KEY, key), None) if key else None
        return found

    def read(self, where: str, values: tuple[object, ...]) -> Iterator[Entry]:
        """The files of a condition, in their order."""
        asked = f"SELECT folder, {_FIELDS} FROM files WHERE {where} ORDER BY {', '.join(_KEY)}"
        for folder, path, place, origin, slot, size, refused, *rest in self.connection.execute(asked, values):
            whence = self._origins[origin]
            opener = whence if isinstance(whence, Watched) else Packed(whence, slot, place)
            attached, sheet, is_hidden, is_written = rest
            shown = attached, folder or None, sheet, bool(is_hidden), bool(is_written)
            yield Entry(path, size, opener, _refused(refused), *shown)

    def _order(self, part: Part, path: str) -> Order:
        return Order(False, "", "", path) if part is Part.ATTACHED else self.order(path)

    def _distinct(self, part: Part, path: str, archive: str) -> str:
        other, number = f"{archive}/{path}" if archive else f"{path} (2)", 2
        while self.at(part, other) is not None:
            other = f"{path} ({number})"
            number += 1
        return other

    def _number_of(self, origin: Origin | Watched) -> int:
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
    """Files of a table, read anew each time: those of the parts from `first` to `last`."""

    table: EntryTable
    first: Part
    last: Part

    def __iter__(self) -> Iterator[Entry]:
        return self.table.read("part BETWEEN ? AND ?", self._parts)

    def __len__(self) -> int:
        return int(self._one("COUNT(*)"))

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return int(self._one("COALESCE(SUM(size), 0)"))

    def at(self, path: str) -> Entry | None:
        """The file of this path that is no page of notes, or the list of such a file; None where there is none."""
        found = self.table.at(self.first, path)
        if found is None and self.first is Part.TABLE and (parts := list_of(path)) is not None:
            whole = self.table.at(self.first, parts[0])
            found = replace(whole, path=path, list=parts[1]) if whole is not None and not whole.sheet else None
        return found

    def in_two_forms(self) -> frozenset[str]:
        """The paths that several files have, in other forms of their letters."""
        connection = self.table.connection
        connection.create_function("composed", 1, composed, deterministic=True)
        asked = """SELECT composed(path) AS p FROM files WHERE part BETWEEN ? AND ? AND path GLOB '*[^ -~]*'
            GROUP BY p HAVING COUNT(DISTINCT path) > 1"""
        return frozenset(path for (path,) in connection.execute(asked, self._parts))

    def lists_among(self, paths: Iterable[str]) -> "dict[str, list[Entry]]":
        """Of some paths, those of lists, by the file that holds the lists."""
        found: dict[str, list[Entry]] = {}
        for path in paths:
            parts = list_of(path)
            entry = self.at(path) if parts is not None else None
            if parts is not None and entry is not None and entry.list:
                found.setdefault(parts[0], []).append(entry)
        return found

    @property
    def tables(self) -> "EntryList":
        """The files that are no pages of notes."""
        return EntryList(self.table, self.first, self.first)

    def folders(self) -> dict[str, int]:
        """The folders of patients' files in their order, each with the number of files in it."""
        return self._counted("attached")

    def page_folders(self) -> dict[str, int]:
        """The folders of note pages in their order, each with the number of its pages."""
        return self._counted("NULLIF(folder, '')")

    def pages(self, folder: str) -> Iterator[Entry]:
        """The note pages of one folder."""
        return self.table.read("part = ? AND folder = ?", (Part.PAGE, folder))

    def _counted(self, column: str) -> dict[str, int]:
        asked = f"SELECT {column} AS f, COUNT(*) FROM files WHERE part BETWEEN ? AND ? AND f IS NOT NULL GROUP BY f"
        return dict(sorted(self.table.connection.execute(asked, self._parts)))

    def _one(self, what: str) -> int:
        asked = f"SELECT {what} FROM files WHERE part BETWEEN ? AND ?"
        found: int = self.table.connection.execute(asked, self._parts).fetchone()[0]
        return found

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
