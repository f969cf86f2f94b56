"""People that the clinic merged in the source: what belongs to the merged row goes to its survivor."""

from app.index.schema import MERGED
from app.resolving.rule import ResolvingContext

# Only of the row that counts for its id: copies are settled as duplicates.
LINKS = """SELECT f.row, s.target, f.id FROM raw_refs f JOIN specs s ON s.id = f.spec AND s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported JOIN rows r ON r.row = f.row
    JOIN things own ON own.kind = r.kind AND own.id = r.source_id AND own.row = r.row
    WHERE f.id IS NOT NULL"""

UNKNOWN = """INSERT OR IGNORE INTO findings SELECT r.row, ? FROM rows r
    JOIN kinds k ON k.id = r.kind AND k.imported
    WHERE r.flags & ? AND r.row NOT IN (
        SELECT f.row FROM raw_refs f JOIN specs s ON s.id = f.spec AND s.merge WHERE f.id IS NOT NULL)"""


def apply(work: ResolvingContext) -> None:
    """Skips merged rows and redirects to their survivors. Holds the rows of a cycle."""
    into: dict[int, int] = {}
    missing = []
    for row, kind, own_id in work.db.execute(LINKS).fetchall():
        survivor = work.db.execute("SELECT row FROM things WHERE kind = ? AND id = ?", (kind, own_id)).fetchone()
        if survivor is None:
            missing.append((row, "merge_survivor_missing"))
        else:
            into[row] = survivor[0]
    ends = {row: _end(into, row) for row in into}
    work.db.executemany("INSERT OR IGNORE INTO findings VALUES (?, ?)", missing)
    work.db.executemany("INSERT INTO redirects VALUES (?, ?)", [(r, end) for r, end in ends.items() if end is not None])
    work.db.executemany(
        """INSERT INTO verdicts VALUES (?, ?, ?) ON CONFLICT (row) DO UPDATE
        SET outcome = excluded.outcome, code = excluded.code WHERE verdicts.outcome = 'held'""",
        [
            (row, "held", "merge_cycle") if end is None else (row, "skipped", "merged_patient_redirected")
            for row, end in ends.items()
        ],
    )
    work.db.execute(UNKNOWN, ("merge_target_unknown", MERGED))


def _end(into: dict[int, int], row: int) -> int | None:
    """The survivor at the end of a chain of merges; None for a cycle."""
    visited = {row}
    while row in into:
        row = into[row]
        if row in visited:
            return None
        visited.add(row)
    return row
