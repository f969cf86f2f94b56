"""Parents that the export lacks and an earlier import brought: what refers to them leads to their live records.

A clinic may export only its newest rows a second time. Such a parent gets a row below 0 in the index, as everything
that no row of the export describes; it makes no record, and is no row of the export when gone rows are counted. The row
refers to the client whose record it is.
"""

from typing import Any

from app.engine.index.insert import pack_id
from app.engine.index.schema import LIVE
from app.engine.resolving.work import Work
from app.mapping.kind import Kind

LACKING = """SELECT DISTINCT f.id FROM specs s JOIN kinds k ON k.id = s.kind AND k.imported
    JOIN raw_refs f ON f.spec = s.id LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    WHERE s.target = ? AND f.id IS NOT NULL AND t.row IS NULL"""


def apply(work: Work) -> None:
    lowest: int = work.db.execute("SELECT MIN(0, COALESCE(MIN(row), 0)) FROM rows").fetchone()[0]
    for number, kind in reversed(list(work.kinds)):  # clients come after whatever refers to them
        if work.brought is None or not kind.imported or not kind.tables or kind.one_of_many:
            continue  # a question is made of its answers, which only the export knows
        lacking = [str(key) for (key,) in work.db.execute(LACKING, (number,))]
        brought = work.brought(kind, lacking) if lacking else {}
        spec = _whose(work, number, kind) if brought else None
        for key in sorted(brought):
            lowest -= 1
            packed = pack_id(key)
            row = (lowest, number, packed, LIVE)
            work.db.execute("INSERT INTO rows (row, kind, line, source_id, flags) VALUES (?, ?, 0, ?, ?)", row)
            work.db.execute("INSERT INTO things VALUES (?, ?, ?, 1)", (number, packed, lowest))
            for place, client in enumerate(sorted(brought[key]) if spec else ()):
                ref = (lowest, spec, place, pack_id(client))
                work.db.execute("INSERT INTO raw_refs VALUES (?, ?, ?, ?, NULL, 0)", ref)


def _whose(work: Work, number: int, kind: Kind[Any]) -> int | None:
    """The number of the reference from such a record to its client. Nothing waits where that leads nowhere."""
    people = next((placed.column.links_to for placed in kind.columns if placed.name == kind.owner), None)
    if people not in work.numbers:
        return None
    added = "INSERT INTO specs (kind, field, target, required, merge) VALUES (?, ?, ?, 0, 0)"
    return work.db.execute(added, (number, kind.owner, work.numbers[people])).lastrowid
