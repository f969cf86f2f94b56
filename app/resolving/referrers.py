"""What refers to a row: an administrator whom a practitioner refers to treats people as well."""

from app.resolving.rule import ResolvingContext

COUNTED = """INSERT OR REPLACE INTO extras SELECT refs.target, ?, COUNT(*) FROM refs
    JOIN specs s ON s.id = refs.spec AND s.kind = ? AND s.target = ? AND s.field = ?
    LEFT JOIN verdicts v ON v.row = refs.row
    WHERE refs.target <> 0 AND v.row IS NULL GROUP BY refs.target"""


def apply(work: ResolvingContext) -> None:
    for number, kind in work.kinds:
        for other, field in kind.references.counted_back:
            if other in work.numbers:
                work.db.execute(COUNTED, (other, work.numbers[other], number, field))
