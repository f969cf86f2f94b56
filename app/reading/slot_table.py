"""The directories of an export's zips, laid out in a table: of millions of entries, memory holds one at a time."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from app.reading.directory import Slot

_AT_ONCE = 1000
_COLUMNS = "name, flags, method, crc, packed, size, header_at, attributes, system, unicode_name"
_LARGEST = (1 << 63) - 1  # what a column holds; far above every limit, so that a larger number is refused like it

Numbered = tuple[int, Slot]


class SlotTable:
    """The entries of every zip of one export."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        """Makes the table in an empty database; without one, in memory, which is for small zips."""
        self._db = connection or sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._last = 0
        self._db.execute(
            """CREATE TABLE slots (id INTEGER PRIMARY KEY, zip INTEGER, name BLOB, flags INTEGER, method INTEGER,
            crc INTEGER, packed INTEGER, size INTEGER, header_at INTEGER, attributes INTEGER, system INTEGER,
            unicode_name TEXT)"""
        )
        self._db.execute("CREATE UNIQUE INDEX slots_name ON slots (zip, name)")
        self._db.execute("CREATE INDEX slots_place ON slots (zip, header_at)")

    def take(self, slots: Iterable[Slot]) -> "Slots":
        """Lays out one directory, in its order. Of entries of one name only the first is kept; `doubled` tells."""
        first, rows = self._last + 1, iter(slots)
        while piece := list(islice(rows, _AT_ONCE)):
            self._db.executemany(
                f"INSERT OR IGNORE INTO slots (id, zip, {_COLUMNS}) VALUES ({', '.join('?' * 12)})",
                ((number, first, *_stored(slot)) for number, slot in enumerate(piece, start=self._last + 1)),
            )
            self._last += len(piece)
        return Slots(self._db, first, self._last + 1 - first)

    def slot(self, number: int) -> Slot:
        """One entry by its number."""
        return Slot(*self._db.execute(f"SELECT {_COLUMNS} FROM slots WHERE id = ?", (number,)).fetchone())


class Slots:
    """The entries of one zip. Each way through them reads the table anew."""

    def __init__(self, connection: sqlite3.Connection, first: int, count: int) -> None:
        self._db = connection
        self._first = first
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Slot]:
        """The entries in the order of the directory."""
        return (slot for _, slot in self.numbered())

    @property
    def doubled(self) -> bool:
        """Whether two entries have one name."""
        asked = "SELECT COUNT(*) FROM slots WHERE id BETWEEN ? AND ?"
        return bool(self._db.execute(asked, self._all).fetchone()[0] != self._count)

    @property
    def first_at(self) -> int:
        """Where the first local header begins; 0 for a zip without entries."""
        asked = "SELECT MIN(header_at) FROM slots WHERE zip = ?"
        return self._db.execute(asked, (self._first,)).fetchone()[0] or 0

    def numbered(self) -> Iterator[Numbered]:
        """The entries in the order of the directory, each with the number by which the table gives it again."""
        asked = f"SELECT id, {_COLUMNS} FROM slots WHERE id BETWEEN ? AND ? ORDER BY id"
        for number, *fields in self._db.execute(asked, self._all):
            yield number, Slot(*fields)

    def like(self, words: Sequence[str]) -> Iterator[Numbered]:
        """The entries whose names hold one of some words, and those with a second name, in the directory's order."""
        holds = " OR ".join(["instr(name, ?)"] * len(words))
        asked = f"SELECT id, {_COLUMNS} FROM slots WHERE id BETWEEN ? AND ? AND ({holds} OR unicode_name IS NOT NULL)"
        for number, *fields in self._db.execute(asked, (*self._all, *(word.encode() for word in words))):
            yield number, Slot(*fields)

    def by_place(self) -> Iterator[Slot]:
        """The entries in the order in which they lie in the file."""
        asked = f"SELECT {_COLUMNS} FROM slots WHERE zip = ? ORDER BY header_at, id"
        for fields in self._db.execute(asked, (self._first,)):
            yield Slot(*fields)

    def forget(self) -> None:
        """Makes room again. There are no entries from here on."""
        self._db.execute("DELETE FROM slots WHERE id BETWEEN ? AND ?", self._all)
        self._count = 0

    @property
    def _all(self) -> tuple[int, int]:
        return self._first, self._first + self._count - 1


def _stored(slot: Slot) -> tuple[object, ...]:
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
