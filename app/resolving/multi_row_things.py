"""Rows that describe one thing together, such as the options of a question: the first of them stands for it."""

from collections import defaultdict

from app.index.insert import pack_id
from app.resolving.rule import ResolvingContext

ROWS = """SELECT r.row, r.source_id, v.row IS NULL, p.first FROM rows r
    JOIN pieces p ON r.row BETWEEN p.first AND p.last LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.kind = ? AND r.source_id IS NOT NULL ORDER BY r.row"""


def apply(work: ResolvingContext) -> None:
    for number, kind in work.kinds:
        if kind.identity.one_of_many:
            _first_stands(work, number)


def _first_stands(work: ResolvingContext, kind: int) -> None:
    """A thing is known by what its rows' keys begin with, and by name once."""
    alike: dict[str, list[tuple[int, bool, int]]] = defaultdict(list)
    for row, source_id, moves, piece in work.db.execute(ROWS, (kind,)).fetchall():
        alike[str(source_id).partition("/")[0]].append((row, bool(moves), piece))
    for thing, rows in alike.items():
        first, _, piece = next((one for one in rows if one[1]), rows[0])
        known = pack_id(thing)
        work.db.execute("DELETE FROM things WHERE kind = ? AND row = ?", (kind, first))
        work.db.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?, 1)", (kind, known, first))
        work.db.execute("UPDATE rows SET source_id = ? WHERE row = ?", (known, first))
        others = [(row,) for row, _, _ in rows if row != first]
        work.db.executemany("UPDATE rows SET name = NULL, name_key = NULL, alias = NULL WHERE row = ?", others)
        apart = [(row,) for row, moves, where in rows if moves and where != piece]
        work.db.executemany("INSERT INTO extras VALUES (?, 'elsewhere', '1')", apart)
