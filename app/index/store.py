"""The index of an export: an SQLite file that is written while the export is read, then sealed, then only read."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from app.caspen.record_ids import Ids
from app.index.attachments import Attachments
from app.index.entry import IndexEntry
from app.index.insert import Inserter, pack_id
from app.index.part import PartView, index_kinds, read_part
from app.index.rows_aside import LateRows, RowsAside, late_runs
from app.index.schema import ASIDE, FORMAT, LIVE, SHARED, WHILE_READING
from app.index.view import PlanView
from app.mapping.client_files import EARLIER_FILE, EarlierFile
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Plan
from app.mapping.rows import Outcome
from app.mapping.traits import Mention

CACHE_KIB = 8 * 1024  # sorting may take as much again; six times as much was not faster when measured

_PARTS_WITH_CHILDREN = """WITH held AS (
        SELECT rows.row, rows.kind, kinds.role IS :client AS is_client FROM json_each(:rows) given
        JOIN rows ON rows.row = given.value JOIN kinds ON kinds.id = rows.kind),
    beside AS (SELECT refs.row FROM held JOIN refs ON refs.target = held.row
            JOIN specs s ON s.id = refs.spec AND s.required AND NOT s.merge WHERE is_client
        UNION SELECT members.row FROM held JOIN members ON members.target = held.row WHERE is_client
        UNION SELECT members.by FROM held JOIN members ON members.row = held.row WHERE members.by IS NOT NULL
        UNION SELECT extras.row FROM extras JOIN rows ON rows.row = extras.row
            WHERE extras.name = 'elsewhere' AND rows.kind IN (SELECT kind FROM held))
    SELECT DISTINCT pieces.part FROM beside
    JOIN pieces ON pieces.first = (SELECT MAX(first) FROM pieces WHERE first <= beside.row)"""


class OtherFormat(Exception):
    """An index that is still being written has the format of another product version."""


class Index:
    """The index of an export: `create` and `add` while reading, `seal` after resolving, then `open` to read.

    Each `add` is one transaction. Before a file is read again, `drop_file` removes the rows of its first reading.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self._inserter: Inserter | None = None
        self.attachments = Attachments(connection)
        self._view: tuple[str, PlanView] | None = None
        self.aside = RowsAside()

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new, empty index at `path`. An index at this path is removed."""
        remove(path)
        index = cls._writing(path)
        with index.transaction():
            for statement in WHILE_READING:
                index.connection.execute(statement)
            index.connection.execute(f"PRAGMA user_version = {FORMAT}")
        return index

    @classmethod
    def resume(cls, path: Path) -> Self:
        """Opens an index that is still being written. Raises OtherFormat for the format of another product version."""
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
        """Opens a sealed index, read-only. Any number of processes may open the same index."""
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return cls(path, _tuned(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)))

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], *, file: int = 0) -> int:
        """Adds the rows of a part of a file and returns how many there are. A second call adds the rows again.

        The kind counts as present even without rows.
        """
        with self.transaction():
            return self._writer().add(kind, part, entries, file)

    def present(self, kind: str) -> None:
        """Notes that the export has a file of this kind, with or without rows. A second call changes nothing."""
        with self.transaction():
            self._writer().kind(kind)

    def kinds_present(self) -> frozenset[str]:
        """The kinds of which the export has a file, also an empty one."""
        names = self.connection.execute("SELECT name FROM state WHERE name LIKE 'present:%'")
        return frozenset(str(name).removeprefix("present:") for (name,) in names)

    def merged(self) -> dict[str, tuple[str, ...]]:
        """The ids of the rows that were merged into another row, by the id of the row that survived."""
        query = """SELECT s.source_id, r.source_id FROM redirects d JOIN rows r ON r.row = d.row
            JOIN rows s ON s.row = d.survivor"""
        merged: dict[str, tuple[str, ...]] = {}
        for survivor, own in self.connection.execute(query):
            merged[str(survivor)] = (*merged.get(str(survivor), ()), str(own))
        return merged

    def rows_among(self, kind: str, keys: Collection[str], hidden: int = LIVE) -> frozenset[str]:
        """The ids among `keys` of which the export has a row of a kind. Rows with a `hidden` flag do not count."""
        query = """SELECT things.id FROM things JOIN kinds k ON k.id = things.kind JOIN rows r ON r.row = things.row
            WHERE k.name = ? AND NOT r.flags & ? AND things.id IN (SELECT value FROM json_each(?))"""
        packed: dict[int | str, str] = {pack_id(key): key for key in keys}
        there = self.connection.execute(query, (kind, hidden, json.dumps(list(packed))))
        return frozenset(packed[key] for (key,) in there)

    def earlier_keys(self, kind: str) -> dict[str, str]:
        """By source id of a kind's rows, the other key under which an earlier import brought their records."""
        query = """SELECT r.source_id, x.value FROM extras x JOIN rows r ON r.row = x.row
            JOIN kinds k ON k.id = r.kind WHERE k.name = ? AND x.name = ?"""
        files = {
            str(key): EarlierFile.parse(text) for key, text in self.connection.execute(query, (kind, EARLIER_FILE))
        }
        return {key: file.key for key, file in files.items() if file.key != key}

    def drop_part(self, kind: str, part: int) -> None:
        """Removes the rows of a part. A second call changes nothing."""
        self._drop("kind = (SELECT id FROM kinds WHERE name = ?) AND part = ?", (kind, part))

    def drop_file(self, file: int) -> None:
        """Removes the rows of a file that was refused or will be read again, with their claims on attachments.

        A second call changes nothing.
        """
        self._drop("file = ?", (file,))
        self.attachments.forget(file)

    def seal(self) -> None:
        """Marks the index as final, optimises and closes it. Readers open it with `open`."""
        with self.transaction():
            self.connection.execute("INSERT OR REPLACE INTO state VALUES ('sealed', '1')")
        self.connection.execute("PRAGMA optimize")
        self.close()

    @property
    def sealed(self) -> bool:
        """Whether the index was sealed."""
        return self.connection.execute("SELECT 1 FROM state WHERE name = 'sealed'").fetchone() is not None

    def part(self, kind: str, part: int, plan: Plan, ids: Ids) -> PartView:
        """The view of a part under a plan: of every row the verdict, the findings and the targets of its references."""
        return read_part(self.connection, self.view(plan), kind, part, plan, ids)

    def row_at(self, part: int, place: int) -> int | None:
        """The number of the row at a place of a part, from 0; None where the index has no row of this part."""
        row = self.connection.execute("SELECT MIN(first) + ? FROM pieces WHERE part = ?", (place, part)).fetchone()
        return None if row[0] is None else int(row[0])

    def late_rows(self, kind: str, part: int, lines: Mapping[int, tuple[Outcome, str | None]]) -> tuple[LateRows, ...]:
        """The rows of a part at these lines to which other rows may refer. `lines` has the reason of each line."""
        query = """SELECT r.row, r.line FROM pieces p JOIN kinds k ON k.id = p.kind AND k.name = ? AND p.part = ?
            JOIN rows r ON r.row BETWEEN p.first AND p.last AND r.line IN (SELECT value FROM json_each(?))
            WHERE p.kind IN (SELECT target FROM specs WHERE NOT merge) AND (NOT r.flags & ?
                OR EXISTS (SELECT 1 FROM members m WHERE m.row = r.row)
                OR EXISTS (SELECT 1 FROM members m WHERE m.by = r.row)) ORDER BY r.row"""
        rows = self.connection.execute(query, (kind, part, json.dumps(list(lines)), SHARED | ASIDE)) if lines else ()
        return late_runs((row, lines[line]) for row, line in rows)

    def rows_on(self, kind: str, part: int, lines: Collection[int]) -> tuple[int, ...]:
        """The numbers of the rows of a part at these lines."""
        query = """SELECT r.row FROM pieces p JOIN kinds k ON k.id = p.kind AND k.name = ? AND p.part = ?
            JOIN rows r ON r.row BETWEEN p.first AND p.last AND r.line IN (SELECT value FROM json_each(?)) ORDER BY 1"""
        return tuple(row for (row,) in self.connection.execute(query, (kind, part, json.dumps(list(lines)))))

    def parts_with_children(self, rows: Collection[int]) -> frozenset[int]:
        """The numbers of parts with rows that need a client among these rows, or that add to a record of such a row."""
        given = {"rows": json.dumps(list(rows)), "client": KindRole.CLIENT.value}
        return (
            frozenset(part for (part,) in self.connection.execute(_PARTS_WITH_CHILDREN, given)) if rows else frozenset()
        )

    def leave_aside(self, aside: RowsAside) -> None:
        """Makes rows wait in every later view. The rows of an earlier call no longer wait."""
        self.aside = aside
        if self._view is not None:
            self._view[1].drop()
        self._view = None

    def parts_changed(self, plan: Plan, aside: RowsAside) -> frozenset[int]:
        """The numbers of parts whose rows are mapped differently once the rows of `aside` wait. Keeps no state."""
        view = PlanView(self.connection, plan, aside)
        try:
            return view.parts_changed(self.view(plan))
        finally:
            view.drop()

    def unmoved(self, kind: str, plan: Plan) -> Iterator[str]:
        """The source ids of a kind whose rows make no record: rows that are held back, left out or matched."""
        view = self.view(plan)
        rows = self.connection.execute(
            f"""SELECT t.id, kinds.role, v.row IS NOT NULL OR l.row IS NOT NULL FROM things t
            JOIN kinds ON kinds.id = t.kind LEFT JOIN verdicts v ON v.row = t.row
            LEFT JOIN {view.table} l ON l.row = t.row
            WHERE kinds.name = ? AND t.row > 0""",
            (kind,),
        )
        return (
            str(key) for key, role, is_held_back in rows if is_held_back or plan.choice(role, str(key)).to == "match"
        )

    def kinds_of(self, rows: Collection[int]) -> frozenset[str]:
        """The names of the kinds of some rows, given by number."""
        query = """SELECT DISTINCT kinds.name FROM rows JOIN kinds ON kinds.id = rows.kind
            WHERE row IN (SELECT value FROM json_each(?))"""
        return frozenset(name for (name,) in self.connection.execute(query, (json.dumps(list(rows)),)))

    def source_id(self, part: int, place: int) -> str | None:
        """The source id of the row at a place of a part, from 0; None for a row without an id or an unknown place."""
        query = "SELECT source_id FROM rows WHERE row = (SELECT MIN(first) + ? FROM pieces WHERE part = ?)"
        row = self.connection.execute(query, (place, part)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def view(self, plan: Plan) -> PlanView:
        """The view of a plan, with the rows set aside. The view of the last plan is kept for the next call."""
        fingerprint = plan.fingerprint()
        if self._view is None or self._view[0] != fingerprint:
            if self._view is not None:
                self._view[1].drop()
            self._view = (fingerprint, PlanView(self.connection, plan, self.aside))
        return self._view[1]

    def made(self, plan: Plan | None = None) -> Iterator[tuple[str, Mention]]:
        """Each mention without a row of its own, once, with the kind that makes a record of it."""
        return made(self.connection, plan or Plan(), self.view(plan or Plan()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Runs the block in one transaction, which an exception rolls back. Transactions do not nest."""
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
            pieces = self.connection.execute(f"SELECT first, last FROM pieces WHERE {where}", values).fetchall()
            for first, last in pieces:
                for table in ("rows", "raw_refs", "called", "mentioned", "codes", "verdicts", "spans", "said"):
                    self.connection.execute(f"DELETE FROM {table} WHERE row BETWEEN ? AND ?", (first, last))
                self.connection.execute("DELETE FROM pieces WHERE first = ?", (first,))
        self._inserter = None


def remove(path: Path) -> None:
    """Deletes an index and its journal, which hold a clinic's data unencrypted. A second call changes nothing."""
    for old in (path, path.with_name(path.name + "-journal")):
        old.unlink(missing_ok=True)


def _tuned(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA temp_store = FILE")
    return connection


def made(db: sqlite3.Connection, plan: Plan, view: PlanView) -> Iterator[tuple[str, Mention]]:
    """The mentions of rows that move, without those that the plan matches, with the kind that makes a record of each.

    A mention is something that rows name and no row describes, such as a reason for cancelling.
    """
    kinds = index_kinds(db)
    query = f"""SELECT id, kind, tbl, key, name, more, made FROM mentions WHERE kind IS NOT NULL AND EXISTS (
        SELECT 1 FROM mentioned LEFT JOIN verdicts v ON v.row = mentioned.row
        LEFT JOIN {view.table} l ON l.row = mentioned.row
        WHERE mentioned.mention = mentions.id AND v.row IS NULL AND l.row IS NULL)
        ORDER BY kind, tbl, key"""
    mentions = db.execute(query).fetchall()
    made_mentions, kinds_with_placeholders = set(), set()
    for mention, number, table, key, name, more, row in mentions:
        kind = kinds[number]
        if row is not None and plan.choice(kind.role, key).to != "create":
            continue
        made_mentions.add(mention)
        if row is not None:
            kinds_with_placeholders.add(number)
        yield kind.name, Mention(table, key, name, more)
    companions = "SELECT companions.kind, id, tbl, key, name FROM companions JOIN mentions ON mentions.id = mention"
    for number, mention, table, key, name in db.execute(companions).fetchall():
        if number in kinds_with_placeholders and mention not in made_mentions:
            yield kinds[number].name, Mention(table, key, name)
