"""The index of one migration: an SQLite file that is written while an export is read, sealed, and then only read."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from app.caspen.record_ids import Ids
from app.index.attachments import Attachments
from app.index.entry import IndexEntry
from app.index.insert import Inserter
from app.index.part import PartView, kind_facts, read_part
from app.index.schema import FORMAT, WHILE_READING
from app.index.view import PlanView
from app.mapping.plan import Plan
from app.mapping.traits import Mention

CACHE_KIB = 8 * 1024  # sorting may take as much once more; six times as much made nothing faster


class OtherFormat(Exception):
    """An index that is still being written has the format of another version of this product."""


class Index:
    """One migration's index. `create` and `add` while reading; `seal` after resolving; `open` to read it ever after.

    Adding is whole or not at all per call, so a file that is read again first drops what it had added.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self._inserter: Inserter | None = None
        self.attachments = Attachments(connection)
        self._view: tuple[str, PlanView] | None = None
        self.set_aside: frozenset[int] = frozenset()

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new, empty index at `path`, in place of any that was there."""
        remove(path)
        index = cls._writing(path)
        with index.transaction():
            for statement in WHILE_READING:
                index.connection.execute(statement)
            index.connection.execute(f"PRAGMA user_version = {FORMAT}")
        return index

    @classmethod
    def resume(cls, path: Path) -> Self:
        """An index that is still being written, by a worker that takes over. Raises OtherFormat."""
        index = cls._writing(path)
        if index.connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
            index.close()
            raise OtherFormat
        return index

    @classmethod
    def _writing(cls, path: Path) -> Self:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        # Losing the machine loses the index, and it is read again; losing the process does not.
        connection.execute("PRAGMA synchronous = OFF")
        return cls(path, _tuned(connection))

    @classmethod
    def open(cls, path: Path) -> Self:
        """A sealed index, read-only; any number of processes may have it open."""
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return cls(path, _tuned(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)))

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        """Adds rows of one part of one file and says how many. The kind counts as present even without rows."""
        with self.transaction():
            return self._writer().add(kind, part, entries, file)

    def present(self, kind: str) -> None:
        """Notes that the export has a file of this kind, if only an empty one."""
        with self.transaction():
            self._writer().kind(kind)

    def drop_part(self, kind: str, part: int) -> None:
        """Forgets the rows of one part."""
        self._drop("kind = (SELECT id FROM kinds WHERE name = ?) AND part = ?", (kind, part))

    def drop_file(self, file: int) -> None:
        """Forgets the rows of a file that was refused, or is about to be read again, and which files they named."""
        self._drop("file = ?", (file,))
        self.attachments.forget(file)

    def seal(self) -> None:
        """Makes the file small and final. Whoever wrote it opens it anew to read."""
        with self.transaction():
            self.connection.execute("INSERT OR REPLACE INTO state VALUES ('sealed', '1')")
        self.connection.execute("PRAGMA optimize")
        self.close()

    @property
    def sealed(self) -> bool:
        return self.connection.execute("SELECT 1 FROM state WHERE name = 'sealed'").fetchone() is not None

    def part(self, kind: str, part: int, plan: Plan, ids: Ids) -> PartView:
        """What mapping needs for every row of a part: its verdict, its findings and where its references lead."""
        return read_part(self.connection, self.view(plan), kind, part, plan, ids)

    def row_at(self, part: int, place: int) -> int | None:
        """The number of the row at a place of a part; None where the index has no row of that part."""
        row = self.connection.execute("SELECT MIN(first) + ? FROM pieces WHERE part = ?", (place, part)).fetchone()
        return None if row[0] is None else int(row[0])

    def leave_aside(self, rows: Collection[int]) -> None:
        """Makes rows wait in every view from now on, in place of those that were named before."""
        self.set_aside = frozenset(rows)
        if self._view is not None:
            self._view[1].drop()
        self._view = None

    def parts_changed(self, plan: Plan, set_aside: Collection[int]) -> frozenset[int]:
        """The parts with rows that are mapped in another way once `set_aside` wait. Nothing is kept of the question."""
        asked = PlanView(self.connection, plan, set_aside)
        try:
            return asked.parts_changed(self.view(plan))
        finally:
            asked.drop()

    def unmoved(self, kind: str, plan: Plan) -> Iterator[str]:
        """The ids of a kind whose rows make no record of their own: they stay, wait, or are one of Caspen's."""
        view = self.view(plan)
        found = self.connection.execute(
            f"""SELECT t.id, v.row IS NOT NULL OR l.row IS NOT NULL FROM things t JOIN kinds ON kinds.id = t.kind
            LEFT JOIN verdicts v ON v.row = t.row LEFT JOIN {view.table} l ON l.row = t.row
            WHERE kinds.name = ? AND t.row > 0""",
            (kind,),
        )
        return (str(key) for key, stays in found if stays or plan.choice(kind, str(key)).to == "match")

    def kinds_of(self, rows: Collection[int]) -> frozenset[str]:
        """The kinds of rows."""
        query = """SELECT DISTINCT kinds.name FROM rows JOIN kinds ON kinds.id = rows.kind
            WHERE row IN (SELECT value FROM json_each(?))"""
        return frozenset(name for (name,) in self.connection.execute(query, (json.dumps(list(rows)),)))

    def source_id(self, part: int, place: int) -> str | None:
        """The id of the row at a place of a part, as reading kept it. None for a row without an id."""
        asked = "SELECT source_id FROM rows WHERE row = (SELECT MIN(first) + ? FROM pieces WHERE part = ?)"
        row = self.connection.execute(asked, (place, part)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def view(self, plan: Plan) -> PlanView:
        """What the plan leaves out. Cheap to ask again with the same plan."""
        fingerprint = plan.fingerprint()
        if self._view is None or self._view[0] != fingerprint:
            if self._view is not None:
                self._view[1].drop()
            self._view = (fingerprint, PlanView(self.connection, plan, self.set_aside))
        return self._view[1]

    def made(self, plan: Plan | None = None) -> Iterator[tuple[str, Mention]]:
        """What rows name and no row describes, once each, with the kind that makes it."""
        return made(self.connection, plan or Plan(), self.view(plan or Plan()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            with self.connection:
                yield
        except BaseException:
            self._inserter = None
            raise

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _writer(self) -> Inserter:
        if self._inserter is None:
            self._inserter = Inserter(self.connection)
        return self._inserter

    def _drop(self, where: str, values: tuple[str | int, ...]) -> None:
        with self.transaction():
            found = self.connection.execute(f"SELECT first, last FROM pieces WHERE {where}", values).fetchall()
            for first, last in found:
                for table in ("rows", "raw_refs", "mentioned", "codes", "verdicts", "spans", "said"):
                    self.connection.execute(f"DELETE FROM {table} WHERE row BETWEEN ? AND ?", (first, last))
                self.connection.execute("DELETE FROM pieces WHERE first = ?", (first,))
        self._inserter = None


def remove(path: Path) -> None:
    """An index with what SQLite keeps beside it. It is a clinic's data in the clear: nothing of it may stay."""
    for old in (path, path.with_name(path.name + "-journal")):
        old.unlink(missing_ok=True)


def _tuned(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA temp_store = FILE")
    return connection


# What rows name and no row describes, such as a reason for cancelling: made once, however many rows name it.


def made(db: sqlite3.Connection, plan: Plan, view: PlanView) -> Iterator[tuple[str, Mention]]:
    """The mentions of rows that move, with the kind that makes them; not those that are an existing object."""
    kinds = kind_facts(db)
    found = db.execute(f"""SELECT id, kind, tbl, key, name, more, made FROM mentions WHERE kind IS NOT NULL AND EXISTS (
        SELECT 1 FROM mentioned LEFT JOIN verdicts v ON v.row = mentioned.row
        LEFT JOIN {view.table} l ON l.row = mentioned.row
        WHERE mentioned.mention = mentions.id AND v.row IS NULL AND l.row IS NULL)
        ORDER BY kind, tbl, key""").fetchall()
    told, making = set(), set()
    for mention, number, table, key, name, more, row in found:
        kind = kinds[number]
        if row is not None and plan.choice(kind.name, key).to != "create":
            continue
        told.add(mention)
        if row is not None:
            making.add(number)
        yield kind.name, Mention(table, key, name, more)
    companions = "SELECT companions.kind, id, tbl, key, name FROM companions JOIN mentions ON mentions.id = mention"
    for number, mention, table, key, name in db.execute(companions).fetchall():
        if number in making and mention not in told:
            yield kinds[number].name, Mention(table, key, name)
