"""Overlapping appointments of a practitioner. They move unchanged, and their number is reported."""

from app.index.schema import ASIDE, CANCELLED
from app.mapping.kind_roles import KindRole
from app.resolving.rule import ResolvingContext

OVERLAPS = """SELECT COUNT(*) FROM (
        SELECT r.starts_at, MAX(r.ends_at) OVER (
            PARTITION BY refs.target ORDER BY r.starts_at, r.row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) busy
        FROM refs JOIN rows r ON r.row = refs.row LEFT JOIN verdicts v ON v.row = r.row
        WHERE refs.spec IN (SELECT id FROM specs WHERE kind = :dated AND target = :who)
        AND refs.target <> 0 AND v.row IS NULL AND r.starts_at IS NOT NULL AND NOT r.flags & :apart)
    WHERE starts_at < busy"""


def apply(work: ResolvingContext) -> None:
    """Reports `appointment_overlap` with the number of appointments that begin before an earlier one ends."""
    dated, who = work.number_with(KindRole.VISIT), work.number_with(KindRole.PRACTITIONER)
    values = {"dated": dated, "who": who, "apart": CANCELLED | ASIDE}
    overlaps = work.db.execute(OVERLAPS, values).fetchone()[0]
    if overlaps:
        work.db.execute("INSERT INTO told VALUES (?, ?, ?)", ("appointment_overlap", dated, overlaps))
