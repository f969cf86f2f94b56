"""The number of rows that refer to a row: a user whom practitioners refer to is a practitioner as well."""

from app.resolving.rule import ResolvingContext

COUNTED = """INSERT OR REPLACE INTO extras SELECT refs.target, ?, COUNT(*) FROM refs
    JOIN specs s ON s.id = refs.spec AND s.kind = ? AND s.target = ? AND s.field = ?
    LEFT JOIN verdicts v ON v.row = refs.row
    WHERE refs.target <> 0 AND v.row IS NULL GROUP BY refs.target"""


def apply(work: ResolvingContext) -> None:
    """Counts the moving rows that refer to a row, for the references that its kind asks for."""
    for number, kind in work.kinds:
        for other, field in kind.references.counted_referrers:
            if other in work.numbers:
                work.db.execute(COUNTED, (other, work.numbers[other], number, field))
