"""References that lead nowhere: the row waits where it cannot be without, and is told of it where it can."""

from app.engine.resolving.work import Work, holds

# Per row and reference: how many of its ids lead nowhere, how many names are borne by several, how many lead somewhere.
LOST = """CREATE TEMP TABLE lost AS SELECT refs.row, refs.spec,
        SUM(refs.target = 0) several, SUM(refs.target <> 0) found
    FROM refs LEFT JOIN verdicts v ON v.row = refs.row WHERE v.row IS NULL
    GROUP BY refs.row, refs.spec HAVING COUNT(NULLIF(refs.target, 0)) < COUNT(*)"""

# A thing made of a name is told on every row that names it, unless it is told once for all.
MADE = """INSERT OR IGNORE INTO findings SELECT refs.row, s.orphan FROM refs JOIN specs s ON s.id = refs.spec
    LEFT JOIN verdicts v ON v.row = refs.row
    WHERE refs.target < 0 AND s.orphan = ? AND v.row IS NULL"""

# What a kind that does not move would have explained is no orphan: nobody looked.
SPECS = """SELECT specs.id, required, orphan, several FROM specs
    JOIN kinds ON kinds.id = specs.target AND kinds.imported WHERE NOT merge"""


def apply(work: Work) -> None:
    work.db.execute(LOST)
    specs = work.db.execute(SPECS).fetchall()
    for spec, required, orphan, several in specs:
        for code, where in ((several or orphan, "several > 0"), (orphan, "COALESCE(several, 0) = 0")):
            told = f"SELECT row, ? FROM lost WHERE spec = ? AND {where}"
            if required and holds(code):
                held = told.replace("?", "'held', ?", 1) + " AND COALESCE(found, 0) = 0"
                work.db.execute(f"INSERT OR IGNORE INTO verdicts {held}", (code or "parent_not_imported", spec))
                told += " AND found > 0"
            if code:
                work.db.execute(f"INSERT OR IGNORE INTO findings {told}", (code, spec))
    for orphan in {orphan for _, _, orphan, _ in specs if orphan and not holds(orphan)}:
        work.db.execute(MADE, (orphan,))
    work.db.execute("DROP TABLE temp.lost")
