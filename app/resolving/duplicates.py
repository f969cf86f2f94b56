"""Rows with the same id: of equal rows one moves, of different rows the newest moves.

The time of the last change only decides which row is newer: rows that differ in nothing else are equal. Where no row is
known to be the newest, all of them wait for a decision of the clinic.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import Any

from app.index.schema import YIELDS, ZONE_ASSUMED
from app.mapping.columns import NAME_QUALIFIER
from app.mapping.equality import BLANK, CHANGED, CLOCK, ID, NAME
from app.mapping.kind import Kind
from app.mapping.names import normalise_name, normalise_person
from app.resolving.exact_times import separate_times
from app.resolving.rule import ResolvingContext

THINGS = """INSERT INTO things SELECT r.kind, r.source_id,
        COALESCE(MIN(CASE WHEN v.row IS NULL THEN r.row END), MIN(r.row)), COUNT(*)
    FROM rows r LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.source_id IS NOT NULL
    GROUP BY r.kind, r.source_id"""

# If two rows have one id and only one of them yields, that row is skipped, even if the other row does not move.
YIELDING = """INSERT OR REPLACE INTO verdicts SELECT r.row, 'skipped', ? FROM rows r
    WHERE r.kind = ? AND r.flags & ? AND EXISTS (SELECT 1 FROM temp.counting o WHERE o.id = r.source_id)"""

SAME_ID = (
    """CREATE TEMP TABLE same_id (row INTEGER PRIMARY KEY, kind INTEGER, id, hash BLOB, clock BLOB, seconds TEXT,
        signs INTEGER, assumed INTEGER, updated_at INTEGER, blocked INTEGER)""",
    """INSERT INTO same_id SELECT r.row, r.kind, r.source_id, NULL, NULL, '', 0, r.flags & :zone_assumed <> 0,
        r.updated_at, v.row IS NOT NULL
    FROM rows r JOIN things t ON t.kind = r.kind AND t.id = r.source_id AND t.many > 1
    JOIN kinds k ON k.id = r.kind AND k.imported LEFT JOIN verdicts v ON v.row = r.row ORDER BY r.row""",
)

# The place of a row in its part, from 0.
PLACES = """SELECT p.part, s.row - f.first, s.row FROM same_id s
    JOIN pieces p ON p.first = (SELECT MAX(first) FROM pieces WHERE first <= s.row)
    JOIN (SELECT kind, part, MIN(first) first FROM pieces GROUP BY kind, part) f ON f.kind = p.kind AND f.part = p.part
    WHERE s.kind = ? ORDER BY p.part, s.row"""

# A copy without offsets equals the row with the same local times.
SAME_CLOCK = """UPDATE same_id SET hash = o.hash FROM same_id o
    WHERE same_id.assumed AND NOT o.assumed AND o.kind = same_id.kind AND o.id = same_id.id
        AND o.clock = same_id.clock AND o.hash <> same_id.hash"""

GROUPS = """CREATE TEMP TABLE same_id_groups AS
    SELECT kind, id, COUNT(DISTINCT hash) contents, COUNT(*) > COUNT(updated_at) undated, MAX(updated_at) newest
    FROM same_id WHERE NOT blocked GROUP BY kind, id HAVING COUNT(*) > 1"""

# The row that counts in a group, with its content. Of equal rows, the first of the newest whose times have offsets and
# seconds, and whose numbers have their leading zeros, counts: the others are copies that a spreadsheet saved.
WINNERS = """CREATE TEMP TABLE same_id_winners AS SELECT kind, id, row, hash FROM (
    SELECT s.kind, s.id, s.row, s.hash, MIN(s.hash) OVER (PARTITION BY s.kind, s.id) first_hash,
        MAX(s.hash) OVER (PARTITION BY s.kind, s.id) last_hash,
        ROW_NUMBER() OVER (PARTITION BY s.kind, s.id ORDER BY {best}) place
    FROM same_id s JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id
    WHERE NOT s.blocked AND (g.contents = 1 OR (NOT g.undated AND s.updated_at = g.newest AND s.kind NOT IN ({later}))))
    WHERE place = 1 AND first_hash = last_hash"""
BEST = "s.assumed, LENGTH(s.seconds) DESC, s.signs DESC, s.updated_at DESC NULLS LAST, s.row"

# Kinds of which the last row counts, whatever the dates. The hash is that of the row with the highest number.
LATER = """INSERT INTO same_id_winners SELECT s.kind, s.id, MAX(s.row), s.hash FROM same_id s
    JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id AND g.contents > 1
    WHERE NOT s.blocked AND s.kind IN ({later}) GROUP BY s.kind, s.id"""

LOSERS = """INSERT OR REPLACE INTO verdicts
    SELECT s.row, 'skipped', CASE WHEN s.hash = w.hash THEN :copy {later_codes} ELSE :older END
    FROM same_id s JOIN same_id_winners w ON w.kind = s.kind AND w.id = s.id
    WHERE s.row <> w.row AND NOT s.blocked"""

CONFLICTS = """INSERT INTO verdicts SELECT s.row, 'held', :conflict
    FROM same_id s JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id
    LEFT JOIN same_id_winners w ON w.kind = s.kind AND w.id = s.id
    WHERE w.row IS NULL AND NOT s.blocked"""

# Copies of a row that waits or is skipped by itself.
BLOCKED_COPIES = """INSERT OR REPLACE INTO verdicts SELECT s.row, 'skipped', :copy FROM same_id s
    JOIN verdicts v ON v.row = s.row AND v.outcome IN ('held', 'skipped')
    WHERE s.blocked AND EXISTS (SELECT 1 FROM same_id o WHERE o.kind = s.kind AND o.id = s.id AND o.hash = s.hash
        AND o.blocked AND o.row < s.row)"""

VALUES = {
    "zone_assumed": ZONE_ASSUMED,
    "copy": "duplicate_row",
    "older": "id_conflict_newest_used",
    "conflict": "id_conflict",
}


def apply(work: ResolvingContext) -> None:
    """Chooses the row that counts for every id, skips copies and older rows, and holds contradictory rows."""
    for number, kind in work.kinds:
        if kind.identity.yielded_code and kind.identity.yields:
            _skip_yielding_rows(work, number, kind.identity.yielded_code)
    later = {number: kind.identity.later_row_code for number, kind in work.kinds if kind.identity.later_row_code}
    numbers = ",".join(str(number) for number in later)
    later_codes = " ".join(f"WHEN s.kind = {number} THEN '{code}'" for number, code in later.items())
    for query in (THINGS, *SAME_ID):
        work.db.execute(query, VALUES)
    for number, kind in work.kinds:
        _compare_rows(work, number, kind)
    for query in (
        "CREATE INDEX temp.same_id_key ON same_id (kind, id)",
        SAME_CLOCK,
    ):
        work.db.execute(query, VALUES)
    separate_times(work.db)
    for query in (
        GROUPS,
        WINNERS.format(later=numbers, best=BEST),
        LATER.format(later=numbers),
        "CREATE INDEX temp.same_id_winners_key ON same_id_winners (kind, id)",
    ):
        work.db.execute(query, VALUES)
    keep_fullest_rows(work, tuple(later))
    for query in (
        LOSERS.format(later_codes=later_codes),
        CONFLICTS,
        BLOCKED_COPIES,
        """UPDATE things SET row = w.row FROM same_id_winners w WHERE w.kind = things.kind AND w.id = things.id""",
        "DROP TABLE same_id",
        "DROP TABLE same_id_groups",
        "DROP TABLE same_id_winners",
    ):
        work.db.execute(query, VALUES)


def _skip_yielding_rows(work: ResolvingContext, kind: int, code: str) -> None:
    if not work.db.execute("SELECT 1 FROM rows WHERE kind = ? AND flags & ?", (kind, YIELDS)).fetchone():
        return
    counting = "SELECT DISTINCT source_id FROM rows WHERE kind = ? AND NOT flags & ? AND source_id IS NOT NULL"
    work.db.execute("CREATE TEMP TABLE counting (id PRIMARY KEY) WITHOUT ROWID")
    work.db.execute(f"INSERT INTO counting {counting}", (kind, YIELDS))
    work.db.execute(YIELDING, (code, kind, YIELDS))
    work.db.execute("DROP TABLE temp.counting")


def _compare_rows(work: ResolvingContext, number: int, kind: Kind[Any]) -> None:
    """Gives each row that shares its id the digests of its values. The rows of one part at a time are in memory."""
    for part, of_part in groupby(work.db.execute(PLACES, (number,)).fetchall(), key=lambda each: each[0]):
        rows = {place: row for _, place, row in of_part}
        digests = work.rows_again.digests(kind, {part: rows})
        work.db.executemany(
            "UPDATE same_id SET hash = ?, clock = ?, seconds = ?, signs = ? WHERE row = ?",
            (
                (each.exact, each.local or each.exact, each.seconds, each.signs, rows[place])
                for _, place, each in digests
            ),
        )


MOST_TRIED = 8  # rows of an id that are tried as the row that contains all others

WANTED = """SELECT p.part, s.row - f.first, s.row FROM same_id s
    JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id AND g.contents > 1
    LEFT JOIN same_id_winners w ON w.kind = s.kind AND w.id = s.id
    JOIN pieces p ON p.first = (SELECT MAX(first) FROM pieces WHERE first <= s.row)
    JOIN (SELECT kind, part, MIN(first) first FROM pieces GROUP BY kind, part) f ON f.kind = p.kind AND f.part = p.part
    WHERE w.id IS NULL AND NOT s.blocked AND s.kind = ? ORDER BY p.part, s.row"""

GROUPED = """SELECT s.id, s.row, s.assumed, s.hash, x.statements FROM temp.read_again x JOIN same_id s ON s.row = x.row
    ORDER BY s.id, s.assumed, LENGTH(s.seconds) DESC, s.signs DESC, s.row"""

COUNTED = "SELECT COUNT(*) FROM same_id WHERE kind = ? AND id = ? AND NOT blocked"

SAME = "UPDATE same_id SET hash = ? WHERE kind = ? AND id = ? AND NOT blocked"

NAMED = """SELECT DISTINCT source_id FROM rows WHERE kind = :kind AND name_key = :name
    UNION SELECT source_id FROM rows WHERE kind = :kind AND alias = :name"""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    is_assumed: bool  # a time has no offset
    content: bytes
    statements: Mapping[str, str]

    @property
    def filled(self) -> int:
        return sum(map(bool, self.statements.values()))


def keep_fullest_rows(work: ResolvingContext, later: Sequence[int]) -> None:
    """Lets the fullest row count in each group of rows with the same id that do not contradict each other.

    A clinic may hand over an export and an API dump, or an export with fewer columns: a row names a practitioner, the
    other row has the practitioner's id. These few rows are read again and compared value by value. A group with a row
    that cannot be read again stays undecided. `later` are the kinds of which the last row counts.
    """
    for number, kind in work.kinds:
        if not kind.imported or number in later:
            continue
        wanted: dict[int, dict[int, int]] = {}
        for part, place, row in work.db.execute(WANTED, (number,)):
            wanted.setdefault(part, {})[place] = row
        if wanted:
            read = work.rows_again.statements(kind, wanted)
            _settle(work, number, kind, ((wanted[part][place], statements) for part, place, statements in read))


def _settle(
    work: ResolvingContext, number: int, kind: Kind[Any], read: Iterable[tuple[int, Mapping[str, str]]]
) -> None:
    db = work.db
    db.execute("CREATE TEMP TABLE read_again (row INTEGER PRIMARY KEY, statements TEXT NOT NULL)")
    db.executemany(
        "INSERT INTO temp.read_again VALUES (?, ?)", ((row, json.dumps(statements)) for row, statements in read)
    )
    is_named = cache(partial(_is_named, work, kind))
    winners: list[tuple[int, str | int, int, bytes]] = []
    for key, rows in _groups(db):
        if len(rows) != db.execute(COUNTED, (number, key)).fetchone()[0]:
            continue  # a row could not be read again
        fullest = sorted(rows, key=lambda row: (-row.filled, row.is_assumed))[:MOST_TRIED]
        winner = next((row for row in fullest if all(_repeats(each, row, is_named) for each in rows)), None)
        if winner is not None:
            winners.append((number, key, winner.number, winner.content))
    db.executemany("INSERT INTO same_id_winners VALUES (?, ?, ?, ?)", winners)
    db.executemany(SAME, ((content, kind_, key) for kind_, key, _, content in winners))
    db.execute("DROP TABLE temp.read_again")


def _groups(db: sqlite3.Connection) -> Iterator[tuple[str | int, list[_Row]]]:
    for key, rows in groupby(db.execute(GROUPED), key=lambda row: row[0]):
        yield key, [_Row(number, bool(assumed), hash_, json.loads(text)) for _, number, assumed, hash_, text in rows]


def _repeats(row: _Row, fuller: _Row, is_named: Callable[[str, str, str], bool]) -> bool:
    return row is fuller or contains_all(
        fuller.statements, row.statements, is_named, is_copy=fuller.is_assumed or row.is_assumed
    )


def contains_all(
    statements: Mapping[str, str],
    fewer: Mapping[str, str],
    is_named: Callable[[str, str, str], bool],
    *,
    is_copy: bool = False,
) -> bool:
    """Whether a row with `statements` contains all of `fewer`, the statements of another row, without a contradiction.

    Both map attributes to comparable values. `is_named` returns whether a row with an id is the only row with a name.
    `is_copy`: the times of either row have no offset, so local times are compared.
    """
    return all(
        _is_same(name, statements.get(name), fewer.get(name), is_named, is_copy=is_copy)
        for name in (statements.keys() | fewer.keys()) - {CHANGED}
    )


def _is_same(
    name: str, statement: str | None, other: str | None, is_named: Callable[[str, str, str], bool], *, is_copy: bool
) -> bool:
    if other is None or statement == other:
        return True
    if statement is None:
        return other == BLANK
    if CLOCK in statement and CLOCK in other:  # a copy without offsets shows the clock of the file
        (instant, _, shown), (other_instant, _, other_shown) = statement.partition(CLOCK), other.partition(CLOCK)
        is_instant = instant.startswith(other_instant) or other_instant.startswith(instant)  # as precise as both are
        return is_instant or (is_copy and shown == other_shown)
    ids, names = sorted((statement, other))
    if ids.startswith(ID) and names.startswith(NAME):
        return is_named(name, names.removeprefix(NAME), ids.removeprefix(ID))
    return False


def _is_named(work: ResolvingContext, kind: Kind[Any], attribute: str, name: str, source_id: str) -> bool:
    """Whether the row with `source_id`, to which `attribute` refers, is the only row with this name."""
    target = next((p.column.links_to for p in kind.columns if p.name == attribute), None)
    number = work.numbers.get(target or "")
    is_person = any(each.names.are_people for _, each in work.kinds if each.name == target)
    bare = name.partition(NAME_QUALIFIER)[0]
    key = normalise_person(bare) if is_person else normalise_name(bare)
    bearers = work.db.execute(NAMED, {"kind": number, "name": key}).fetchall()
    return [str(bearer) for (bearer,) in bearers] == [source_id]
