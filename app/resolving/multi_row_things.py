"""Things that several rows describe, such as a question with its options: the first row counts as the thing."""

from collections import defaultdict

from app.index.insert import pack_id
from app.resolving.rule import ResolvingContext

ROWS = """SELECT r.row, r.source_id, v.row IS NULL, p.first FROM rows r
    JOIN pieces p ON r.row BETWEEN p.first AND p.last LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.kind = ? AND r.source_id IS NOT NULL ORDER BY r.row"""


def apply(work: ResolvingContext) -> None:
    """Keeps the first row of each thing, for kinds whose things have several rows."""
    for number, kind in work.kinds:
        if kind.identity.is_multi_row:
            _keep_first(work, number)


def _keep_first(work: ResolvingContext, kind: int) -> None:
    """Keeps the first moving row of each thing. The keys of its rows have the same text before the first `/`."""
    rows_by_thing: dict[str, list[tuple[int, bool, int]]] = defaultdict(list)
    for row, source_id, moves, piece in work.db.execute(ROWS, (kind,)).fetchall():
        rows_by_thing[str(source_id).partition("/")[0]].append((row, bool(moves), piece))
    for thing, rows in rows_by_thing.items():
        first, _, piece = next((item for item in rows if item[1]), rows[0])
        known = pack_id(thing)
        work.db.execute("DELETE FROM things WHERE kind = ? AND row = ?", (kind, first))
        work.db.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?, 1)", (kind, known, first))
        work.db.execute("UPDATE rows SET source_id = ? WHERE row = ?", (known, first))
        others = [(row,) for row, _, _ in rows if row != first]
        work.db.executemany("UPDATE rows SET name = NULL, name_key = NULL, alias = NULL WHERE row = ?", others)
        in_other_files = [(row,) for row, moves, where in rows if moves and where != piece]
        work.db.executemany("INSERT INTO extras VALUES (?, 'elsewhere', '1')", in_other_files)
