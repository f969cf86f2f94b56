"""A kind most of whose rows lead nowhere: something is missing from the export, and the clinic must say so."""

from app.engine.resolving.work import Work

SHARE = 0.2

ORPHANS = """SELECT COUNT(*) FROM verdicts v JOIN rows r ON r.row = v.row WHERE r.kind = :kind AND v.outcome = 'held'
    AND v.code IN (SELECT orphan FROM specs WHERE kind = :kind)"""


def apply(work: Work) -> None:
    for number, kind in work.kinds:
        rows = work.db.execute("SELECT SUM(last - first + 1) FROM pieces WHERE kind = ?", (number,)).fetchone()[0]
        if not rows or not kind.imported:
            continue
        orphans = work.db.execute(ORPHANS, {"kind": number}).fetchone()[0]
        if orphans > SHARE * rows:
            work.db.execute("INSERT INTO told VALUES ('many_orphans', ?, ?)", (number, orphans))
