"""Rows that several clients share: the members of each row, and the record that a reference to the row means.

The members are given by rows of their own (such as attendees). Without such rows, the list in the shared row counts.
"""

from app.index.schema import ARCHIVED, ASIDE, ATTENDED, CANCELLED, MISSED, SHARED
from app.index.view import ALONE
from app.mapping.traits import Joining
from app.resolving import stayed_visits
from app.resolving.parents import EMPTIED
from app.resolving.rule import ResolvingContext

# The members with rows of their own, in the order of the export; `copy` after a place of the client that was kept.
PLACES = """CREATE TEMP TABLE places AS SELECT r.row by, b.target row, p.target target,
        COALESCE(SUM(NOT (r.flags & :cancelled)) OVER (PARTITION BY b.target, p.target
            ORDER BY r.row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 copy
    FROM refs b JOIN specs bs ON bs.id = b.spec AND bs.kind = :joiner AND bs.field = :to AND bs.target = :kind
    JOIN rows r ON r.row = b.row JOIN refs p ON p.row = b.row
    JOIN specs ps ON ps.id = p.spec AND ps.kind = :joiner AND ps.field = :by
    LEFT JOIN verdicts v ON v.row = b.row WHERE b.target > 0 AND p.target <> 0 AND v.row IS NULL"""

SHARE = """UPDATE rows SET flags = CASE
        WHEN (SELECT COUNT(DISTINCT target) FROM temp.places WHERE places.row = rows.row) > 1
        THEN flags | :shared ELSE flags END & ~:aside WHERE row IN (SELECT row FROM temp.places)"""

# A row with one client has one place: the last.
LAST = """UPDATE temp.places SET copy = 1 WHERE NOT copy
    AND row IN (SELECT row FROM rows WHERE kind = :kind AND NOT flags & :shared)
    AND by < (SELECT MAX(o.by) FROM temp.places o
        WHERE o.row = places.row AND o.target = places.target AND NOT o.copy)"""

REPEATED = "INSERT OR IGNORE INTO verdicts SELECT by, 'skipped', :again FROM temp.places WHERE copy"

OWN_ROWS = """INSERT INTO members SELECT c.row, c.target, c.by, c.main,
        CASE WHEN NOT r.flags & :shared THEN r.source_id
        WHEN c.copy OR c.by = c.main THEN r.source_id || ':' || t.source_id
        ELSE r.source_id || ':' || t.source_id || ':' || a.source_id END, c.copy
    FROM (SELECT *, MAX(CASE WHEN copy THEN 0 ELSE by END) OVER (PARTITION BY row, target) main FROM temp.places) c
    JOIN rows r ON r.row = c.row JOIN rows t ON t.row = c.target JOIN rows a ON a.row = c.by ORDER BY c.by"""

FROM_LIST = """INSERT INTO members SELECT r.row, refs.target, NULL, NULL, r.source_id || ':' || t.source_id, 0
    FROM rows r JOIN refs ON refs.row = r.row JOIN specs s ON s.id = refs.spec AND s.kind = :kind AND s.field = :of
    JOIN rows t ON t.row = refs.target
    LEFT JOIN verdicts tv ON tv.row = refs.target LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.kind = :kind AND r.flags & :shared AND tv.row IS NULL AND v.row IS NULL
    AND r.row NOT IN (SELECT b.target FROM refs b
        JOIN specs bs ON bs.id = b.spec AND bs.kind = :joiner AND bs.field = :to WHERE b.target IS NOT NULL)
    GROUP BY r.row, refs.target ORDER BY r.row, MIN(refs.place)"""

_ATTENDANCE = f"""CASE WHEN {{row}}.flags & {CANCELLED | ARCHIVED} THEN 3 WHEN {{row}}.flags & {MISSED} THEN 2
    WHEN {{row}}.flags & {ATTENDED} THEN 1 END"""

# The visit and the member's own row contradict each other: in the client, or in the attendance.
CONFLICTS = f"""INSERT OR IGNORE INTO findings SELECT m.by, :differs FROM members m
    JOIN rows r ON r.row = m.row AND r.kind = :kind AND NOT r.flags & :shared JOIN rows a ON a.row = m.by
    LEFT JOIN refs o ON o.row = m.row AND o.target <> 0
        AND o.spec IN (SELECT id FROM specs WHERE kind = :kind AND field = :of)
    WHERE NOT m.copy AND (o.target <> m.target OR {_ATTENDANCE.format(row="r")} <> {_ATTENDANCE.format(row="a")})"""

# Rows without a client: no member at all, or only members that wait.
WITHOUT_CLIENT = """INSERT OR IGNORE INTO verdicts SELECT r.row, 'held', :alone FROM rows r
    LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.kind = :kind AND r.row > 0 AND v.row IS NULL AND NOT r.flags & :apart
    AND NOT EXISTS (SELECT 1 FROM members m WHERE m.row = r.row)
    AND NOT EXISTS (SELECT 1 FROM refs JOIN specs s ON s.id = refs.spec AND s.kind = :kind AND s.field = :of
        WHERE refs.row = r.row AND refs.target <> 0)"""
WAITING = """INSERT OR IGNORE INTO verdicts SELECT b.target, 'held', :alone FROM refs b
    JOIN specs bs ON bs.id = b.spec AND bs.kind = :joiner AND bs.field = :to AND bs.target = :kind
    JOIN verdicts v ON v.row = b.row AND v.outcome = 'held' JOIN rows r ON r.row = b.target AND r.flags & :shared
    WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.row = b.target)"""

BY_MEMBER = """INSERT OR IGNORE INTO leads SELECT refs.row, refs.spec, refs.place, m.row, m.main, m.key
    FROM members m JOIN refs ON refs.row = m.by JOIN specs s ON s.id = refs.spec AND s.kind = :joiner AND s.field = :to
    UNION ALL SELECT refs.row, refs.spec, refs.place, m.row, m.main, m.key
    FROM refs JOIN specs s ON s.id = refs.spec AND s.target = :joiner JOIN members m ON m.by = refs.target"""

BY_CLIENT = """INSERT OR IGNORE INTO leads SELECT refs.row, refs.spec, refs.place, m.row, m.main, m.key
    FROM refs JOIN specs s ON s.id = refs.spec AND s.target = :kind AND s.kind IS NOT :joiner
    JOIN rows r ON r.row = refs.target AND r.flags & :shared
    JOIN members m ON m.row = refs.target AND NOT m.copy AND m.by IS m.main
    JOIN refs p ON p.row = refs.row AND p.target = m.target"""

WITHOUT_RECORD = """INSERT OR IGNORE INTO findings SELECT refs.row, s.orphan FROM refs
    JOIN specs s ON s.id = refs.spec AND s.target = :kind AND NOT s.required AND s.orphan IS NOT NULL
    JOIN rows t ON t.row = refs.target AND t.flags & :apart LEFT JOIN verdicts v ON v.row = refs.row
    LEFT JOIN leads l ON l.row = refs.row AND l.spec = refs.spec WHERE l.row IS NULL AND v.row IS NULL"""

# A row may refer to both the shared row and a member's own row: a target of either is enough.
EITHER = """DELETE FROM findings WHERE (row, code) IN (SELECT f.row, f.code FROM findings f JOIN rows r ON r.row = f.row
    JOIN specs s ON s.kind = r.kind AND s.orphan = f.code AND s.target IN (:kind, :joiner) AND NOT s.required
    JOIN refs ON refs.row = f.row AND refs.spec = s.id JOIN rows t ON t.row = refs.target
    LEFT JOIN leads l ON l.row = refs.row AND l.spec = refs.spec
    LEFT JOIN verdicts v ON v.row = COALESCE(l.target, t.row)
    WHERE v.row IS NULL AND (l.row IS NOT NULL OR NOT t.flags & :apart))"""


_FLAGS = {"shared": SHARED, "aside": ASIDE, "apart": SHARED | ASIDE, "cancelled": CANCELLED}


def apply(work: ResolvingContext) -> None:
    """Fills the tables of members and of the records that references lead to; holds shared rows without a client."""
    stayed_visits.prepare(work)
    work.db.execute("CREATE INDEX members_row ON members (row)")
    work.db.execute("CREATE INDEX members_by ON members (by) WHERE by IS NOT NULL")
    for number, kind in work.kinds:
        if kind.sharing is None or not kind.imported:
            continue
        work.db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (f"{ALONE}{number}", kind.sharing.no_target_code))
        joiner, joining = _joiner(work, number)
        values = {
            "kind": number,
            "of": kind.sharing.target_link,
            "alone": kind.sharing.no_target_code,
            "joiner": joiner,
            "to": joining and joining.row_link,
            "by": joining and joining.owner_link,
            "again": joining and joining.duplicate_code,
            "differs": joining and joining.conflict_code,
            **_FLAGS,
        }
        for query in (PLACES, "CREATE INDEX temp.places_row ON places (row, target)", SHARE, LAST, REPEATED, OWN_ROWS):
            work.db.execute(query, values)
        work.db.execute("DROP TABLE temp.places")
        for query in (FROM_LIST, CONFLICTS, WITHOUT_CLIENT, WAITING, BY_MEMBER, BY_CLIENT):
            work.db.execute(query, values)
        stayed_visits.find(work, number, kind, joiner, joining.row_link if joining else None)
        for query in (WITHOUT_RECORD, EMPTIED, EITHER):
            work.db.execute(query, values)


def _joiner(work: ResolvingContext, number: int) -> tuple[int | None, Joining | None]:
    """The imported kind whose rows are the members of this kind's rows, with its number; None, None without one."""
    for other, kind in work.kinds:
        if kind.joining is not None and kind.imported:
            where = (other, kind.joining.row_link, number)
            if work.db.execute("SELECT 1 FROM specs WHERE kind = ? AND field = ? AND target = ?", where).fetchone():
                return other, kind.joining
    return None, None
