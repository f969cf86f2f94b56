"""Weekly hours of one practitioner at one place that overlap: the first row gets all of them, the others stay behind.

Somebody who is not active has no hours at all.
"""

import json
from collections import defaultdict

from app.index.schema import ARCHIVED, LIVE
from app.resolving.rule import ResolvingContext

WHO, OVERLAP = "practitioners", "availability_overlap"

INACTIVE = """INSERT OR IGNORE INTO verdicts SELECT refs.row, 'skipped', 'availability_inactive_practitioner'
    FROM refs JOIN specs s ON s.id = refs.spec AND s.kind = :kind AND s.target = :who
    JOIN rows p ON p.row = refs.target WHERE (p.row < 0 AND NOT p.flags & :live) OR p.flags & :archived"""

# Each stretch with all that its row refers to: the practitioner and the place.
SPANS = """SELECT (SELECT group_concat(target) FROM (
            SELECT refs.target FROM refs JOIN specs s ON s.id = refs.spec AND s.required
            WHERE refs.row = r.row ORDER BY s.field)), r.row, spans.starts, spans.ends
    FROM spans JOIN rows r ON r.row = spans.row AND r.kind = ? LEFT JOIN verdicts v ON v.row = r.row
    WHERE v.row IS NULL ORDER BY 1, spans.starts, spans.ends, r.row"""

Span = tuple[int, int]


def apply(work: ResolvingContext) -> None:
    for number, kind in work.kinds:
        if kind.schedule.spans_of is None:
            continue
        values = {"kind": number, "who": work.numbers.get(WHO), "archived": ARCHIVED, "live": LIVE}
        work.db.execute(INACTIVE, values)
        _unite(work, number)


def _unite(work: ResolvingContext, kind: int) -> None:
    has: dict[int, list[Span]] = defaultdict(list)
    met: set[int] = set()
    lost: set[int] = set()
    for crowd in _crowds(work.db.execute(SPANS, (kind,)).fetchall()):
        rows = {row for row, _, _ in crowd}
        first = min(rows)
        has[first].append((crowd[0][1], max(ends for _, _, ends in crowd)))
        if len(rows) > 1:
            met |= rows
            lost |= rows - {first}
    behind = sorted(lost - has.keys())
    work.db.executemany("INSERT INTO verdicts VALUES (?, 'skipped', ?)", [(row, OVERLAP) for row in behind])
    partly = sorted(lost & has.keys())
    work.db.executemany("INSERT OR IGNORE INTO findings VALUES (?, ?)", [(row, OVERLAP) for row in partly])
    work.db.executemany(
        "INSERT OR REPLACE INTO extras VALUES (?, 'spans', ?)",
        [(row, json.dumps(sorted(has[row]))) for row in sorted(met & has.keys())],
    )


def _crowds(spans: list[tuple[str, int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """Runs of stretches of one practitioner at one place that overlap one another, each with its row."""
    crowds: list[list[tuple[int, int, int]]] = []
    whose, until = None, 0
    for who, row, starts, ends in spans:
        if who != whose or starts >= until:
            crowds.append([])
            until = ends
        whose, until = who, max(until, ends)
        crowds[-1].append((row, starts, ends))
    return crowds
