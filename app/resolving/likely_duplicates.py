"""Likely duplicates among people. Nothing is merged: many people of a family share details or names."""

from app.resolving.rule import ResolvingContext

INDEX = "CREATE INDEX rows_{column} ON rows (kind, {column}) WHERE {column} IS NOT NULL"

SAME_HASH = """INSERT OR IGNORE INTO findings SELECT r.row, ? FROM rows r LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.{column} IS NOT NULL AND v.row IS NULL AND EXISTS (
        SELECT 1 FROM rows o LEFT JOIN verdicts ov ON ov.row = o.row
        WHERE o.kind = r.kind AND o.{column} = r.{column} AND o.row <> r.row AND ov.row IS NULL)
    AND NOT EXISTS (SELECT 1 FROM findings f WHERE f.row = r.row AND f.code = 'possible_duplicate_patient')"""


def apply(work: ResolvingContext) -> None:
    """Notes rows whose `twin` or `namesake` hash another moving row of the kind has."""
    for column, code in (("twin", "possible_duplicate_patient"), ("namesake", "same_name")):
        work.db.execute(INDEX.format(column=column))
        work.db.execute(SAME_HASH.format(column=column), (code,))
