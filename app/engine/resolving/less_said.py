"""Rows of one id that contradict each other nowhere: what says less than another row is the same row.

A clinic hands over an export and a dump of the api, or an export with fewer columns: one names a practitioner, the
other gives the id. Such rows are read once more, as few as they are, and compared cell by cell.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import Any

from app.engine.resolving.work import Work
from app.mapping.columns import APART
from app.mapping.equality import BLANK, CLOCK, ID, NAME
from app.mapping.kind import Kind
from app.mapping.names import normalise_name, normalise_person

CHANGED = "updated_at"  # which of two contents is the newer one is settled before
MOST_TRIED = 8  # rows of one id that are tried as the one that says all

WANTED = """SELECT p.part, s.row - f.first, s.row FROM same_id s
    JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id AND g.contents > 1
    LEFT JOIN same_id_winners w ON w.kind = s.kind AND w.id = s.id
    JOIN pieces p ON p.first = (SELECT MAX(first) FROM pieces WHERE first <= s.row)
    JOIN (SELECT kind, part, MIN(first) first FROM pieces GROUP BY kind, part) f ON f.kind = p.kind AND f.part = p.part
    WHERE w.id IS NULL AND NOT s.blocked AND s.kind = ? ORDER BY p.part, s.row"""

GROUPED = """SELECT s.id, s.row, s.assumed, s.hash, x.said FROM temp.said_again x JOIN same_id s ON s.row = x.row
    ORDER BY s.id, s.place"""

COUNTED = "SELECT COUNT(*) FROM same_id WHERE kind = ? AND id = ? AND NOT blocked"

SAME = "UPDATE same_id SET hash = ? WHERE kind = ? AND id = ? AND NOT blocked"

NAMED = """SELECT DISTINCT source_id FROM rows WHERE kind = :kind AND name_key = :name
    UNION SELECT source_id FROM rows WHERE kind = :kind AND alias = :name"""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    is_assumed: bool  # a time has no offset
    content: bytes
    said: Mapping[str, str]

    @property
    def filled(self) -> int:
        return sum(map(bool, self.said.values()))


def apply(work: Work, later: Sequence[int]) -> None:
    """Gives each group of rows without a winner the row that says all that the others say, if there is one.

    `later` are the kinds of which the last row counts, whatever the rows say.
    """
    for number, kind in work.kinds:
        if work.reread is None or not kind.imported or number in later:
            continue
        wanted: dict[int, dict[int, int]] = {}
        for part, place, row in work.db.execute(WANTED, (number,)):
            wanted.setdefault(part, {})[place] = row
        if wanted:
            read = work.reread(kind, wanted)
            _settle(work, number, kind, ((wanted[part][place], said) for part, place, said in read))


def _settle(work: Work, number: int, kind: Kind[Any], read: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    db = work.db
    db.execute("CREATE TEMP TABLE said_again (row INTEGER PRIMARY KEY, said TEXT NOT NULL)")
    db.executemany("INSERT INTO temp.said_again VALUES (?, ?)", ((row, json.dumps(said)) for row, said in read))
    is_named = cache(partial(_is_named, work, kind))
    winners: list[tuple[int, str | int, int, bytes]] = []
    for key, rows in _groups(db):
        if len(rows) != db.execute(COUNTED, (number, key)).fetchone()[0]:
            continue  # one of them could not be read again
        fullest = sorted(rows, key=lambda row: (-row.filled, row.is_assumed))[:MOST_TRIED]
        winner = next((row for row in fullest if all(_gives_way(each, row, is_named) for each in rows)), None)
        if winner is not None:
            winners.append((number, key, winner.number, winner.content))
    db.executemany("INSERT INTO same_id_winners VALUES (?, ?, ?, ?)", winners)
    db.executemany(SAME, ((content, kind_, key) for kind_, key, _, content in winners))
    db.execute("DROP TABLE temp.said_again")


def _groups(db: sqlite3.Connection) -> Iterator[tuple[str | int, list[_Row]]]:
    for key, rows in groupby(db.execute(GROUPED), key=lambda row: row[0]):
        yield key, [_Row(number, bool(assumed), hash_, json.loads(said)) for _, number, assumed, hash_, said in rows]


def _gives_way(row: _Row, fuller: _Row, is_named: Callable[[str, str, str], bool]) -> bool:
    return row is fuller or says_all(fuller.said, row.said, is_named, is_copy=fuller.is_assumed or row.is_assumed)


def says_all(
    said: Mapping[str, str],
    less: Mapping[str, str],
    is_named: Callable[[str, str, str], bool],
    *,
    is_copy: bool = False,
) -> bool:
    """Whether what one row says is all that another says, and contradicts it nowhere."""
    return all(
        _is_same(name, said.get(name), less.get(name), is_named, is_copy=is_copy)
        for name in (said.keys() | less.keys()) - {CHANGED}
    )


def _is_same(
    name: str, said: str | None, less: str | None, is_named: Callable[[str, str, str], bool], *, is_copy: bool
) -> bool:
    if less is None or said == less:
        return True
    if said is None:
        return less == BLANK
    if CLOCK in said and CLOCK in less:  # a copy without offsets shows the clock of the file
        (instant, _, shown), (instant_less, _, shown_less) = said.partition(CLOCK), less.partition(CLOCK)
        return instant == instant_less or (is_copy and shown == shown_less)
    ids, names = sorted((said, less))
    if ids.startswith(ID) and names.startswith(NAME):
        return is_named(name, names.removeprefix(NAME), ids.removeprefix(ID))
    return False


def _is_named(work: Work, kind: Kind[Any], attribute: str, name: str, source_id: str) -> bool:
    """Whether the row that a reference gives by its id is the only one that bears a name."""
    target = next((p.column.links_to for p in kind.columns if p.name == attribute), None)
    number = work.numbers.get(target or "")
    is_person = any(each.people for _, each in work.kinds if each.name == target)
    bare = name.partition(APART)[0]
    key = normalise_person(bare) if is_person else normalise_name(bare)
    bearers = work.db.execute(NAMED, {"kind": number, "name": key}).fetchall()
    return [str(bearer) for (bearer,) in bearers] == [source_id]
