"""Rows whose required target does not move: these rows are held, and so are the rows that need them."""

from app.resolving.rule import ResolvingContext

CODE = "parent_not_imported"

# The other targets are looked up once per row: a row may have very many, of which many do not move.
CHILDREN = f"""WITH losing AS MATERIALIZED (SELECT DISTINCT refs.row, refs.spec, refs.many
        FROM refs JOIN specs s ON s.id = refs.spec AND s.required AND s.kind = :kind
        JOIN verdicts v ON v.row = refs.target WHERE refs.row BETWEEN :first AND :last)
    INSERT OR IGNORE INTO verdicts SELECT losing.row, 'held', '{CODE}' FROM losing
    WHERE NOT losing.many OR NOT EXISTS (SELECT 1 FROM refs o LEFT JOIN verdicts ov ON ov.row = o.target
        WHERE o.row = losing.row AND o.spec = losing.spec AND o.target <> 0 AND ov.row IS NULL)"""

# A row with several parents of which one does not move: the row moves without it.
PARTLY = f"""INSERT OR IGNORE INTO findings SELECT refs.row, '{CODE}'
    FROM refs JOIN specs s ON s.id = refs.spec AND s.required JOIN verdicts v ON v.row = refs.target
    LEFT JOIN verdicts own ON own.row = refs.row WHERE refs.many AND own.row IS NULL"""

# A reference that may be empty is left empty, with a finding.
EMPTIED = """INSERT OR IGNORE INTO findings SELECT refs.row, s.orphan
    FROM refs JOIN specs s ON s.id = refs.spec AND NOT s.required AND s.orphan IS NOT NULL
    JOIN verdicts v ON v.row = refs.target LEFT JOIN verdicts own ON own.row = refs.row WHERE own.row IS NULL"""


def apply(work: ResolvingContext) -> None:
    """Holds children until no more follow, and notes findings on rows that move without a target."""
    needed: dict[int, set[int]] = {}
    for kind, target in work.db.execute("SELECT DISTINCT kind, target FROM specs WHERE required AND NOT merge"):
        needed.setdefault(kind, set()).add(target)
    order = [number for number, _ in work.kinds]
    waiting = [kind for kind in order if kind in needed]
    while waiting:
        kind = waiting.pop(0)
        if _hold_children(work, kind):
            waiting += [k for k in order if kind in needed.get(k, ()) and k not in waiting]
    work.db.execute(PARTLY)
    work.db.execute(EMPTIED)


def _hold_children(work: ResolvingContext, kind: int) -> bool:
    pieces = work.db.execute("SELECT MIN(first), MAX(last) FROM pieces WHERE kind = ?", (kind,)).fetchone()
    if pieces[0] is None:
        return False
    held = work.db.execute(CHILDREN, {"kind": kind, "first": pieces[0], "last": pieces[1]})
    return held.rowcount > 0
