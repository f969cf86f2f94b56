"""What belongs to a row that does not move cannot move either, nor what belongs to that."""

from app.resolving.rule import ResolvingContext

CODE = "parent_not_imported"

FALLEN = f"""INSERT OR IGNORE INTO verdicts SELECT refs.row, 'held', '{CODE}'
    FROM refs JOIN specs s ON s.id = refs.spec AND s.required AND s.kind = :kind
    JOIN verdicts v ON v.row = refs.target
    WHERE refs.row BETWEEN :first AND :last AND (NOT refs.many OR NOT EXISTS (
        SELECT 1 FROM refs o LEFT JOIN verdicts ov ON ov.row = o.target
        WHERE o.row = refs.row AND o.spec = refs.spec AND o.target <> 0 AND ov.row IS NULL))"""

# One of several parents does not move: the row does, without it.
PARTLY = f"""INSERT OR IGNORE INTO findings SELECT refs.row, '{CODE}'
    FROM refs JOIN specs s ON s.id = refs.spec AND s.required JOIN verdicts v ON v.row = refs.target
    LEFT JOIN verdicts own ON own.row = refs.row WHERE refs.many AND own.row IS NULL"""

# A reference that may be empty is empty, and the clinic is told.
EMPTIED = """INSERT OR IGNORE INTO findings SELECT refs.row, s.orphan
    FROM refs JOIN specs s ON s.id = refs.spec AND NOT s.required AND s.orphan IS NOT NULL
    JOIN verdicts v ON v.row = refs.target LEFT JOIN verdicts own ON own.row = refs.row WHERE own.row IS NULL"""


def apply(work: ResolvingContext) -> None:
    needed: dict[int, set[int]] = {}
    for kind, target in work.db.execute("SELECT DISTINCT kind, target FROM specs WHERE required AND NOT merge"):
        needed.setdefault(kind, set()).add(target)
    order = [number for number, _ in work.kinds]
    waiting = [kind for kind in order if kind in needed]
    while waiting:
        kind = waiting.pop(0)
        if _fell(work, kind):
            waiting += [k for k in order if kind in needed.get(k, ()) and k not in waiting]
    work.db.execute(PARTLY)
    work.db.execute(EMPTIED)


def _fell(work: ResolvingContext, kind: int) -> bool:
    pieces = work.db.execute("SELECT MIN(first), MAX(last) FROM pieces WHERE kind = ?", (kind,)).fetchone()
    if pieces[0] is None:
        return False
    fallen = work.db.execute(FALLEN, {"kind": kind, "first": pieces[0], "last": pieces[1]})
    return fallen.rowcount > 0
