"""The directories of an export's zips, kept in a table: memory holds a single entry of millions at a time."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from app.reading.zip_directory import ZipEntry

_AT_ONCE = 1000
_COLUMNS = "name, flags, method, crc, packed, size, header_at, attributes, system, unicode_name"
_LARGEST = (1 << 63) - 1  # largest SQLite integer; far above every limit, so that larger numbers are refused too

Numbered = tuple[int, ZipEntry]


class ZipEntryTable:
    """The entries of every zip of an export."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        """Creates the table in an empty database; without a database, in memory, for small zips."""
        self._db = connection or sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._last = 0
        self._db.execute(
            """CREATE TABLE slots (id INTEGER PRIMARY KEY, zip INTEGER, name BLOB, flags INTEGER, method INTEGER,
            crc INTEGER, packed INTEGER, size INTEGER, header_at INTEGER, attributes INTEGER, system INTEGER,
            unicode_name TEXT)"""
        )
        self._db.execute("CREATE UNIQUE INDEX slots_name ON slots (zip, name)")
        self._db.execute("CREATE INDEX slots_place ON slots (zip, header_at)")

    def take(self, slots: Iterable[ZipEntry]) -> "ZipEntries":
        """Stores a directory in order. Of entries with the same name only the first is kept; `doubled` reports that."""
        first, rows = self._last + 1, iter(slots)
        while piece := list(islice(rows, _AT_ONCE)):
            self._db.executemany(
                f"INSERT OR IGNORE INTO slots (id, zip, {_COLUMNS}) VALUES ({', '.join('?' * 12)})",
                ((number, first, *_stored(slot)) for number, slot in enumerate(piece, start=self._last + 1)),
            )
            self._last += len(piece)
        return ZipEntries(self._db, first, self._last + 1 - first)

    def slot(self, number: int) -> ZipEntry:
        """Returns an entry by its number."""
        return ZipEntry(*self._db.execute(f"SELECT {_COLUMNS} FROM slots WHERE id = ?", (number,)).fetchone())


class ZipEntries:
    """The entries of a zip. Each iteration reads the table anew."""

    def __init__(self, connection: sqlite3.Connection, first: int, count: int) -> None:
        self._db = connection
        self._first = first
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ZipEntry]:
        """Yields the entries in directory order."""
        return (slot for _, slot in self.numbered())

    @property
    def doubled(self) -> bool:
        """Whether two entries have the same name."""
        asked = "SELECT COUNT(*) FROM slots WHERE id BETWEEN ? AND ?"
        return bool(self._db.execute(asked, self._all).fetchone()[0] != self._count)

    @property
    def first_at(self) -> int:
        """The offset of the first local header; 0 for a zip without entries."""
        asked = "SELECT MIN(header_at) FROM slots WHERE zip = ?"
        return self._db.execute(asked, (self._first,)).fetchone()[0] or 0

    def numbered(self) -> Iterator[Numbered]:
        """Yields the entries in directory order, each with its number in the table."""
        asked = f"SELECT id, {_COLUMNS} FROM slots WHERE id BETWEEN ? AND ? ORDER BY id"
        for number, *fields in self._db.execute(asked, self._all):
            yield number, ZipEntry(*fields)

    def like(self, words: Sequence[str]) -> Iterator[Numbered]:
        """Yields the entries whose names contain one of the words, and those with a second name, in directory order."""
        holds = " OR ".join(["instr(name, ?)"] * len(words))
        asked = f"SELECT id, {_COLUMNS} FROM slots WHERE id BETWEEN ? AND ? AND ({holds} OR unicode_name IS NOT NULL)"
        for number, *fields in self._db.execute(asked, (*self._all, *(word.encode() for word in words))):
            yield number, ZipEntry(*fields)

    def by_place(self) -> Iterator[ZipEntry]:
        """Yields the entries in the order of their offsets."""
        asked = f"SELECT {_COLUMNS} FROM slots WHERE zip = ? ORDER BY header_at, id"
        for fields in self._db.execute(asked, (self._first,)):
            yield ZipEntry(*fields)

    def forget(self) -> None:
        """Deletes the entries. Afterwards there are none."""
        self._db.execute("DELETE FROM slots WHERE id BETWEEN ? AND ?", self._all)
        self._count = 0

    @property
    def _all(self) -> tuple[int, int]:
        return self._first, self._first + self._count - 1


def _stored(slot: ZipEntry) -> tuple[object, ...]:
    return (
        slot.name,
        slot.flags,
        slot.method,
        slot.crc,
        min(slot.packed, _LARGEST),
        min(slot.size, _LARGEST),
        min(slot.header_at, _LARGEST),
        slot.attributes,
        slot.system,
        slot.unicode_name,
    )
