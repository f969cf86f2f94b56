"""Kinds with many orphans: part of the export is probably missing."""

from app.resolving.rule import ResolvingContext

SHARE = 0.2

# Verdicts are few, rows are many: the order of the join matters.
ORPHANS = """SELECT r.kind, COUNT(*) FROM verdicts v CROSS JOIN rows r ON r.row = v.row
    WHERE v.outcome = 'held' AND v.code IN (SELECT orphan FROM specs WHERE specs.kind = r.kind) GROUP BY r.kind"""


def apply(work: ResolvingContext) -> None:
    """Reports `many_orphans` for each kind with more than SHARE of its rows held as orphans."""
    orphans: dict[int, int] = dict(work.db.execute(ORPHANS).fetchall())
    sizes: dict[int, int] = dict(work.db.execute("SELECT kind, SUM(last - first + 1) FROM pieces GROUP BY kind"))
    for kind, number in orphans.items():
        if number > SHARE * sizes[kind]:
            work.db.execute("INSERT INTO told VALUES (?, ?, ?)", ("many_orphans", kind, number))
