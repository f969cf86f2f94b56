"""References without a target: a row with a required reference is held, other rows get a finding."""

from app.index.schema import LIVE
from app.resolving.rule import ResolvingContext, holds

# By row and reference: the number of names that several rows have, and of ids with a target.
LOST = """CREATE TEMP TABLE lost AS SELECT refs.row, refs.spec, COALESCE(SUM(refs.target = 0), 0) several,
        (SELECT COUNT(*) FROM refs o WHERE o.row = refs.row AND o.spec = refs.spec AND o.target <> 0) targets
    FROM refs LEFT JOIN verdicts v ON v.row = refs.row
    WHERE (refs.target IS NULL OR refs.target = 0) AND v.row IS NULL GROUP BY refs.row, refs.spec"""

# A placeholder is reported for every row that refers to it, unless its kind reports placeholders once.
MADE = """INSERT OR IGNORE INTO findings SELECT refs.row, s.orphan FROM refs JOIN specs s ON s.id = refs.spec
    JOIN rows made ON made.row = refs.target AND NOT made.flags & {live} LEFT JOIN verdicts v ON v.row = refs.row
    WHERE refs.target < 0 AND refs.spec IN ({specs}) AND v.row IS NULL
    AND 'unnamed:' || refs.target NOT IN (SELECT name FROM state)"""

# References to kinds that do not move are no orphans: the rows of these kinds are not indexed by id.
SPECS = """SELECT specs.id, required, orphan, several, target FROM specs
    JOIN kinds ON kinds.id = specs.target AND kinds.imported WHERE NOT merge"""


def apply(work: ResolvingContext) -> None:
    """Holds rows without a required target, and notes findings on rows without another target."""
    work.db.execute(LOST)
    specs = work.db.execute(SPECS).fetchall()
    for spec, required, orphan, several, _ in specs:
        for code, where in ((several or orphan, "several > 0"), (orphan, "several = 0")):
            affected = f"SELECT row, ? FROM lost WHERE spec = ? AND {where}"
            if required and holds(code):
                held = affected.replace("?", "'held', ?", 1) + " AND targets = 0"
                work.db.execute(f"INSERT OR IGNORE INTO verdicts {held}", (code or "parent_not_imported", spec))
                affected += " AND targets > 0"
            if code:
                work.db.execute(f"INSERT OR IGNORE INTO findings {affected}", (code, spec))
    once = {number for number, kind in work.kinds if kind.naming.placeholder_code}
    made = [str(s) for s, _, orphan, _, target in specs if orphan and not holds(orphan) and target not in once]
    if work.db.execute("SELECT 1 FROM rows WHERE row < 0").fetchone():
        work.db.execute(MADE.format(specs=",".join(made), live=LIVE))
    work.db.execute("DROP TABLE temp.lost")
