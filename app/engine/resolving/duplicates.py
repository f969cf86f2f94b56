"""Rows that give one id: the same row exported twice moves once, and of different ones the newest moves.

Where nothing says which is the newest, all of them wait for a decision.
"""

from app.engine.index.schema import GIVES_WAY, ZONE_ASSUMED
from app.engine.resolving import less_said
from app.engine.resolving.work import Work

THINGS = """INSERT INTO things SELECT r.kind, r.source_id,
        COALESCE(MIN(CASE WHEN v.row IS NULL THEN r.row END), MIN(r.row)), COUNT(*)
    FROM rows r LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.source_id IS NOT NULL
    GROUP BY r.kind, r.source_id"""

# A page of a note that a list has as well: the list's row counts, whatever becomes of it.
GIVE_WAY = """INSERT OR REPLACE INTO verdicts SELECT r.row, 'skipped', ? FROM rows r
    WHERE r.kind = ? AND r.flags & ? AND EXISTS (SELECT 1 FROM temp.counting o WHERE o.id = r.source_id)"""

SAME_ID = """CREATE TEMP TABLE same_id AS
    SELECT r.row, r.kind, r.source_id id, r.hash, COALESCE(r.clock, r.hash) clock,
        r.flags & :zone_assumed assumed, r.updated_at, v.row IS NOT NULL blocked,
        r.row + CASE WHEN r.flags & :zone_assumed THEN :later ELSE 0 END place
    FROM rows r JOIN things t ON t.kind = r.kind AND t.id = r.source_id AND t.many > 1
    JOIN kinds k ON k.id = r.kind AND k.imported LEFT JOIN verdicts v ON v.row = r.row
    ORDER BY r.kind, r.source_id, r.row"""

# A copy without offsets says what the row says that shows the same on its file's own clock.
SAME_CLOCK = """UPDATE same_id SET hash = o.hash FROM same_id o
    WHERE same_id.assumed AND NOT o.assumed AND o.kind = same_id.kind AND o.id = same_id.id
        AND o.clock = same_id.clock AND o.hash <> same_id.hash"""

GROUPS = """CREATE TEMP TABLE same_id_groups AS
    SELECT kind, id, COUNT(DISTINCT hash) contents, COUNT(*) > COUNT(updated_at) undated, MAX(updated_at) newest
    FROM same_id WHERE NOT blocked GROUP BY kind, id HAVING COUNT(*) > 1"""

# The row that stays, and its content, of every group that has one. Of equal rows the first stays whose times have their
# offsets: the others are copies that a spreadsheet saved.
WINNERS = """CREATE TEMP TABLE same_id_winners AS SELECT s.kind, s.id, MIN(s.place) & (:later - 1) row, MIN(s.hash) hash
    FROM same_id s JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id
    WHERE NOT s.blocked AND (g.contents = 1 OR (NOT g.undated AND s.updated_at = g.newest AND s.kind NOT IN ({later})))
    GROUP BY s.kind, s.id HAVING COUNT(DISTINCT s.hash) = 1"""

# Where the later row counts whatever the rows say of their age. The hash is that of the row with the highest number.
LATER = """INSERT INTO same_id_winners SELECT s.kind, s.id, MAX(s.row), s.hash FROM same_id s
    JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id AND g.contents > 1
    WHERE NOT s.blocked AND s.kind IN ({later}) GROUP BY s.kind, s.id"""

LOSERS = """INSERT OR REPLACE INTO verdicts
    SELECT s.row, 'skipped', CASE WHEN s.hash = w.hash THEN :copy {told} ELSE :older END
    FROM same_id s JOIN same_id_winners w ON w.kind = s.kind AND w.id = s.id
    WHERE s.row <> w.row AND NOT s.blocked"""

CONFLICTS = """INSERT INTO verdicts SELECT s.row, 'held', :conflict
    FROM same_id s JOIN same_id_groups g ON g.kind = s.kind AND g.id = s.id
    LEFT JOIN same_id_winners w ON w.kind = s.kind AND w.id = s.id
    WHERE w.row IS NULL AND NOT s.blocked"""

# A row that waits anyway, and its copies.
BLOCKED_COPIES = """INSERT OR REPLACE INTO verdicts SELECT s.row, 'skipped', :copy FROM same_id s
    JOIN verdicts v ON v.row = s.row AND v.outcome = 'held'
    WHERE s.blocked AND EXISTS (SELECT 1 FROM same_id o WHERE o.kind = s.kind AND o.id = s.id AND o.hash = s.hash
        AND o.blocked AND o.row < s.row)"""

VALUES = {
    "zone_assumed": ZONE_ASSUMED,
    "later": 1 << 62,
    "copy": "duplicate_row",
    "older": "id_conflict_newest_used",
    "conflict": "id_conflict",
}


def apply(work: Work) -> None:
    for number, kind in work.kinds:
        if kind.gave_way and kind.gives_way:
            _give_way(work, number, kind.gave_way)
    later = {number: kind.later_counts for number, kind in work.kinds if kind.later_counts}
    numbers = ",".join(str(number) for number in later)
    told = " ".join(f"WHEN s.kind = {number} THEN '{code}'" for number, code in later.items())
    for query in (
        THINGS,
        SAME_ID,
        "CREATE INDEX temp.same_id_key ON same_id (kind, id)",
        SAME_CLOCK,
        GROUPS,
        WINNERS.format(later=numbers),
        LATER.format(later=numbers),
        "CREATE INDEX temp.same_id_winners_key ON same_id_winners (kind, id)",
    ):
        work.db.execute(query, VALUES)
    less_said.apply(work, tuple(later))
    for query in (
        LOSERS.format(told=told),
        CONFLICTS,
        BLOCKED_COPIES,
        """UPDATE things SET row = w.row FROM same_id_winners w WHERE w.kind = things.kind AND w.id = things.id""",
        "DROP TABLE same_id",
        "DROP TABLE same_id_groups",
        "DROP TABLE same_id_winners",
    ):
        work.db.execute(query, VALUES)


def _give_way(work: Work, kind: int, code: str) -> None:
    if not work.db.execute("SELECT 1 FROM rows WHERE kind = ? AND flags & ?", (kind, GIVES_WAY)).fetchone():
        return
    counting = "SELECT DISTINCT source_id FROM rows WHERE kind = ? AND NOT flags & ? AND source_id IS NOT NULL"
    work.db.execute("CREATE TEMP TABLE counting (id PRIMARY KEY) WITHOUT ROWID")
    work.db.execute(f"INSERT INTO counting {counting}", (kind, GIVES_WAY))
    work.db.execute(GIVE_WAY, (code, kind, GIVES_WAY))
    work.db.execute("DROP TABLE temp.counting")
