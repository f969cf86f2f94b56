"""Overlapping weekly hours of a practitioner at a location: the first row gets the whole span, the others are skipped.

The hours of inactive practitioners are skipped.
"""

import json
from collections import defaultdict

from app.index.schema import ARCHIVED, LIVE
from app.mapping.kind_roles import KindRole
from app.resolving.rule import ResolvingContext

OVERLAP = "availability_overlap"

INACTIVE = """INSERT OR IGNORE INTO verdicts SELECT refs.row, 'skipped', 'availability_inactive_practitioner'
    FROM refs JOIN specs s ON s.id = refs.spec AND s.kind = :kind AND s.target = :who
    JOIN rows p ON p.row = refs.target WHERE (p.row < 0 AND NOT p.flags & :live) OR p.flags & :archived"""

# Each span with the required targets of its row: the practitioner and the location.
SPANS = """SELECT (SELECT group_concat(target) FROM (
            SELECT refs.target FROM refs JOIN specs s ON s.id = refs.spec AND s.required
            WHERE refs.row = r.row ORDER BY s.field)), r.row, spans.starts, spans.ends
    FROM spans JOIN rows r ON r.row = spans.row AND r.kind = ? LEFT JOIN verdicts v ON v.row = r.row
    WHERE v.row IS NULL ORDER BY 1, spans.starts, spans.ends, r.row"""

Span = tuple[int, int]


def apply(work: ResolvingContext) -> None:
    """Skips hours of inactive practitioners and unites overlapping hours."""
    for number, kind in work.kinds:
        if kind.schedule.spans_of is None:
            continue
        values = {"kind": number, "who": work.number_with(KindRole.PRACTITIONER), "archived": ARCHIVED, "live": LIVE}
        work.db.execute(INACTIVE, values)
        _unite(work, number)


def _unite(work: ResolvingContext, kind: int) -> None:
    spans_by_row: dict[int, list[Span]] = defaultdict(list)
    overlapping: set[int] = set()
    without_first: set[int] = set()
    for run in _overlapping_runs(work.db.execute(SPANS, (kind,)).fetchall()):
        rows = {row for row, _, _ in run}
        first = min(rows)
        spans_by_row[first].append((run[0][1], max(ends for _, _, ends in run)))
        if len(rows) > 1:
            overlapping |= rows
            without_first |= rows - {first}
    skipped = sorted(without_first - spans_by_row.keys())
    work.db.executemany("INSERT INTO verdicts VALUES (?, 'skipped', ?)", [(row, OVERLAP) for row in skipped])
    partly = sorted(without_first & spans_by_row.keys())
    work.db.executemany("INSERT OR IGNORE INTO findings VALUES (?, ?)", [(row, OVERLAP) for row in partly])
    work.db.executemany(
        "INSERT OR REPLACE INTO extras VALUES (?, 'spans', ?)",
        [(row, json.dumps(sorted(spans_by_row[row]))) for row in sorted(overlapping & spans_by_row.keys())],
    )


def _overlapping_runs(spans: list[tuple[str, int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """Runs of overlapping spans of a practitioner at a location, each (row, start, end) in minutes of the week."""
    runs: list[list[tuple[int, int, int]]] = []
    whose, until = None, 0
    for who, row, starts, ends in spans:
        if who != whose or starts >= until:
            runs.append([])
            until = ends
        whose, until = who, max(until, ends)
        runs[-1].append((row, starts, ends))
    return runs
