"""Writes rows into the index while an export is read, BATCH rows at a time."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from app.index.entry import IndexEntry, IndexLink
from app.index.schema import ARCHIVED, ASIDE, ATTENDED, CANCELLED, DELETED, MERGED, MISSED, SHARED, YIELDS, ZONE_ASSUMED
from app.mapping.names import name_digest, normalise_name
from app.mapping.rows import Outcome
from app.mapping.traits import Mention

BATCH = 4000
MAX_INTEGER = 2**63 - 1

Cell = str | int | bytes | None


def pack_id(text: str) -> str | int:
    """A source id in the index: an int where its text is a decimal number without leading zeros of up to 64 bits."""
    if not (text.isdigit() and text.isascii()) or len(text) > 19 or (text[0] == "0" and text != "0"):
        return text
    number = int(text)
    return number if number <= MAX_INTEGER else text


def hashed(text: str | None) -> bytes | None:
    """The hash of a text, for comparison only; None for an empty text. Case and spacing do not count."""
    return name_digest(text) if text else None


def seconds(moment: datetime | None) -> int | None:
    """A moment in whole seconds since 1970; None for None."""
    return None if moment is None else int(moment.timestamp())


class Inserter:
    """Inserts rows. Keeps the numbers of the index's kinds, references and mentions in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._kinds: dict[str, int] = dict(connection.execute("SELECT name, id FROM kinds"))
        self._specs: dict[tuple[Cell, ...], int] = {
            tuple(rest): number
            for number, *rest in connection.execute(
                "SELECT id, kind, field, target, required, orphan, several, merge, follows FROM specs"
            )
        }
        self._known: dict[tuple[Cell, ...], int] = {}  # numbers of `specs` by the fields of a link
        self._mentions: dict[tuple[str, str], int] = {
            (table, key): number for number, table, key in connection.execute("SELECT id, tbl, key FROM mentions")
        }
        self._file = 0  # the file whose rows are inserted, and the targets whose name one of its rows has given
        self._called: set[tuple[str, str]] = set()
        self._next: int = connection.execute("SELECT COALESCE(MAX(last), 0) + 1 FROM pieces").fetchone()[0]

    def kind(self, name: str) -> int:
        """The number of a kind, which from now on counts as present in the export. A second call gives the same."""
        self._db.execute(
            "INSERT INTO state VALUES ('present:' || ?, '1') ON CONFLICT DO NOTHING",
            (name,),
        )
        return self._kind(name)

    def add(self, kind: str, part: int, entries: Iterable[IndexEntry], file: int) -> int:
        """Inserts the rows of a part and returns how many there are. A second call inserts them once more."""
        number = self.kind(kind)
        if file != self._file:
            self._file, self._called = file, set()
        rest: Iterator[IndexEntry] = iter(entries)
        first = self._next
        while batch := list(islice(rest, BATCH)):
            self._add(number, batch)
        if self._next > first:
            self._db.execute("INSERT INTO pieces VALUES (?, ?, ?, ?, ?)", (first, self._next - 1, number, part, file))
        return self._next - first

    def _add(self, kind: int, batch: list[IndexEntry]) -> None:
        rows: list[tuple[Cell, ...]] = []
        refs: list[tuple[Cell, ...]] = []
        mentioned: list[tuple[int, int]] = []
        called: list[tuple[Cell, ...]] = []
        codes: list[tuple[int, str]] = []
        verdicts: list[tuple[int, str, str]] = []
        spans: list[tuple[int, int, int]] = []
        target_values: list[tuple[int, str, bytes | None]] = []
        for row, entry in enumerate(batch, start=self._next):
            rows.append(_cells(row, kind, entry))
            for link in entry.links:
                if link.ids or link.name:
                    spec = self._spec(kind, link)
                    name = link.name or None
                    if len(link.ids) == 1:
                        if link.called and (link.kind, link.ids[0]) not in self._called:
                            self._called.add((link.kind, link.ids[0]))
                            called.append((row, self._kind(link.kind), pack_id(link.ids[0]), link.called))
                        refs.append((row, spec, 0, pack_id(link.ids[0]), name, False))
                        continue
                    given: list[Cell] = [pack_id(i) for i in dict.fromkeys(link.ids)] or [None]
                    refs += [(row, spec, place, i, name, len(given) > 1) for place, i in enumerate(given)]
            mentioned += [(self._mention(m), row) for m in entry.mentions]
            codes += [(row, code) for code in entry.codes]
            target_values += [(row, field, hashed(text)) for field, text in entry.target_values]
            spans += [(row, starts, ends) for starts, ends in entry.spans]
            # Whether a deleted row counts is settled later: the export may have a newer version that is not deleted.
            if entry.blocked and not (entry.deleted and entry.blocked[0] is Outcome.SKIPPED):
                verdicts.append((row, str(entry.blocked[0]), entry.blocked[1]))
        self._db.executemany("INSERT INTO rows VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        self._db.executemany("INSERT INTO raw_refs VALUES (?,?,?,?,?,?)", refs)
        self._db.executemany("INSERT INTO called VALUES (?,?,?,?)", called)
        self._db.executemany("INSERT INTO mentioned VALUES (?,?)", mentioned)
        self._db.executemany("INSERT INTO codes VALUES (?,?)", codes)
        self._db.executemany("INSERT INTO verdicts VALUES (?,?,?)", verdicts)
        self._db.executemany("INSERT INTO spans VALUES (?,?,?)", spans)
        self._db.executemany("INSERT INTO said VALUES (?,?,?)", target_values)
        self._next += len(batch)

    def _kind(self, name: str) -> int:
        if name not in self._kinds:
            self._kinds[name] = len(self._kinds) + 1
            self._db.execute("INSERT INTO kinds (id, name) VALUES (?, ?)", (self._kinds[name], name))
        return self._kinds[name]

    def _spec(self, kind: int, link: IndexLink) -> int:
        known = (kind, link.field, link.kind, link.required, link.orphan, link.several, link.merge, link.follows)
        number = self._known.get(known)
        if number is None:
            number = self._known[known] = self._new_spec(kind, link)
        return number

    def _new_spec(self, kind: int, link: IndexLink) -> int:
        target = self._kind(link.kind)
        spec: tuple[Cell, ...] = (
            kind,
            link.field,
            target,
            int(link.required),
            link.orphan,
            link.several,
            int(link.merge),
            int(link.follows),
        )
        if spec not in self._specs:
            self._specs[spec] = len(self._specs) + 1
            self._db.execute("INSERT INTO specs VALUES (?,?,?,?,?,?,?,?,?)", (self._specs[spec], *spec))
        return self._specs[spec]

    def _mention(self, mention: Mention) -> int:
        place = (mention.table, mention.key)
        if place not in self._mentions:
            self._mentions[place] = len(self._mentions) + 1
            self._db.execute(
                "INSERT INTO mentions (id, tbl, key, name, more) VALUES (?,?,?,?,?)",
                (self._mentions[place], mention.table, mention.key, mention.name, mention.more),
            )
        return self._mentions[place]


def _flags(entry: IndexEntry) -> int:
    flags = DELETED * entry.deleted | ARCHIVED * entry.archived | MERGED * entry.merged | CANCELLED * entry.cancelled
    flags |= ATTENDED * (entry.attended is True) | MISSED * (entry.attended is False)
    return (
        flags | SHARED * entry.shared | ASIDE * entry.aside | YIELDS * entry.yields | ZONE_ASSUMED * entry.zone_assumed
    )


def _cells(row: int, kind: int, entry: IndexEntry) -> tuple[Cell, ...]:
    return (
        row,
        kind,
        entry.line,
        None if entry.source_id is None else pack_id(entry.source_id),
        seconds(entry.updated_at),
        seconds(entry.created_at),
        seconds(entry.starts_at),
        seconds(entry.ends_at),
        _flags(entry),
        entry.name,
        normalise_name(entry.name) if entry.name else None,
        normalise_name(entry.alias) if entry.alias else None,
        hashed(entry.twin),
        hashed(entry.namesake),
    )
