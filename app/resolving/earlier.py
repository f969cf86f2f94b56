"""Referenced rows that the export lacks and an earlier import brought: references lead to the live records.

The second export of a clinic may have only the newest rows. A missing parent gets a row with a number below 0 in the
index. This row refers to the client of the live record. It makes no record and does not count as a row of the export.
"""

from collections.abc import Iterator
from typing import Any

from app.index.insert import pack_id
from app.index.schema import LIVE
from app.mapping.kind import Kind
from app.resolving.rule import Brought, ResolvingContext

AT_ONCE = 2_000
LACKING = """CREATE TEMP TABLE lacking AS SELECT DISTINCT f.id FROM specs s
    JOIN kinds k ON k.id = s.kind AND k.imported
    JOIN raw_refs f ON f.spec = s.id LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    WHERE s.target = ? AND f.id IS NOT NULL AND t.row IS NULL ORDER BY f.id"""
SOME = f"SELECT rowid, id FROM temp.lacking WHERE rowid > ? ORDER BY rowid LIMIT {AT_ONCE}"


def apply(work: ResolvingContext) -> None:
    """Adds a row for each missing id that an earlier import brought. Without a live workspace does nothing."""
    if work.brought is None:
        return
    for number, kind in reversed(list(work.kinds)):  # clients after the kinds that refer to clients
        if not kind.imported or not kind.tables or kind.identity.is_multi_row:
            continue  # a question is made of its answers, which are in the export alone
        work.db.execute(LACKING, (number,))
        for lacking in _some(work):
            _add(work, work.brought, number, kind, lacking)
        work.db.execute("DROP TABLE temp.lacking")


def _some(work: ResolvingContext) -> Iterator[list[str]]:
    """The missing ids, AT_ONCE at a time."""
    last = 0
    while rows := work.db.execute(SOME, (last,)).fetchall():
        last = rows[-1][0]
        yield [str(key) for _, key in rows]


def _add(work: ResolvingContext, brought: Brought, number: int, kind: Kind[Any], lacking: list[str]) -> None:
    lowest: int = work.db.execute("SELECT MIN(0, COALESCE(MIN(row), 0)) FROM rows").fetchone()[0]
    clients = brought(kind, lacking)
    spec = _whose(work, number, kind) if clients else None
    for key in sorted(clients):
        lowest -= 1
        packed = pack_id(key)
        row = (lowest, number, packed, LIVE)
        work.db.execute("INSERT INTO rows (row, kind, line, source_id, flags) VALUES (?, ?, 0, ?, ?)", row)
        work.db.execute("INSERT INTO things VALUES (?, ?, ?, 1)", (number, packed, lowest))
        for place, client in enumerate(sorted(clients[key]) if spec else ()):
            ref = (lowest, spec, place, pack_id(client))
            work.db.execute("INSERT INTO raw_refs VALUES (?, ?, ?, ?, NULL, 0)", ref)


def _whose(work: ResolvingContext, number: int, kind: Kind[Any]) -> int | None:
    """The number of the reference from a live record to its client, which is not required; None without such a kind."""
    people = next((placed.column.links_to for placed in kind.columns if placed.name == kind.owner_link), None)
    if people not in work.numbers:
        return None
    place = (number, kind.owner_link, work.numbers[people])
    query = "SELECT id FROM specs WHERE kind = ? AND field = ? AND target = ? AND NOT required"
    known = work.db.execute(query, place).fetchone()
    if known is None:
        added = "INSERT INTO specs (kind, field, target, required, merge) VALUES (?, ?, ?, 0, 0)"
        return work.db.execute(added, place).lastrowid
    return int(known[0])
