"""The target of every reference: by id, else by name, then on to the survivor of a merge."""

from app.resolving.rule import ResolvingContext

# A target is NULL where no row matches, and 0 for a name that several rows have.
TARGETS = """INSERT INTO refs
    SELECT f.row, f.spec, f.place, CASE WHEN f.id IS NULL THEN n.target ELSE COALESCE(d.survivor, t.row) END, f.many
    FROM raw_refs f JOIN specs s ON s.id = f.spec JOIN kinds k ON k.id = s.kind AND k.imported
    LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    LEFT JOIN redirects d ON d.row = t.row
    LEFT JOIN temp.named n ON f.id IS NULL AND n.kind = s.target AND n.name = f.name
    WHERE NOT s.merge ORDER BY f.rowid"""

MADE = """INSERT INTO mentioned SELECT m.id, refs.row FROM refs
    JOIN mentions m ON m.made = refs.target WHERE refs.target < 0"""


def apply(work: ResolvingContext) -> None:
    """Fills the table of references from the references as read, which it drops."""
    work.db.execute(TARGETS)
    work.db.execute("DROP TABLE temp.named")
    work.db.execute("DROP TABLE raw_refs")
    work.db.execute(MADE)
    work.db.execute("CREATE INDEX mentioned_key ON mentioned (mention)")
