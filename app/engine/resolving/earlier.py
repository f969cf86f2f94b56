"""Parents that the export lacks and an earlier import brought: what refers to them leads to their live records.

A clinic may export only its newest rows a second time. Such a parent gets a row below 0 in the index, as everything
that no row of the export describes; it makes no record, and is no row of the export when gone rows are counted.
"""

from app.engine.index.insert import pack_id
from app.engine.index.schema import LIVE
from app.engine.resolving.work import Work

LACKING = """SELECT DISTINCT f.id FROM specs s JOIN kinds k ON k.id = s.kind AND k.imported
    JOIN raw_refs f ON f.spec = s.id LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    WHERE s.target = ? AND f.id IS NOT NULL AND t.row IS NULL"""


def apply(work: Work) -> None:
    lowest: int = work.db.execute("SELECT MIN(0, COALESCE(MIN(row), 0)) FROM rows").fetchone()[0]
    for number, kind in work.kinds:
        if work.brought is None or not kind.imported or not kind.tables or kind.one_of_many:
            continue  # a question is made of its answers, which only the export knows
        lacking = [str(key) for (key,) in work.db.execute(LACKING, (number,))]
        for key in sorted(work.brought(kind, lacking)) if lacking else ():
            lowest -= 1
            packed = pack_id(key)
            row = (lowest, number, packed, LIVE)
            work.db.execute("INSERT INTO rows (row, kind, line, source_id, flags) VALUES (?, ?, 0, ?, ?)", row)
            work.db.execute("INSERT INTO things VALUES (?, ?, ?, 1)", (number, packed, lowest))
