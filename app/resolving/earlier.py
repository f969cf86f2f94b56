"""Parents that the export lacks and an earlier import brought: what refers to them leads to their live records.

A clinic may export only its newest rows a second time. Such a parent gets a row below 0 in the index, as everything
that no row of the export describes; it makes no record, and is no row of the export when gone rows are counted. The row
refers to the client whose record it is.
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
    if work.brought is None:
        return
    for number, kind in reversed(list(work.kinds)):  # clients come after whatever refers to them
        if not kind.imported or not kind.tables or kind.identity.one_of_many:
            continue  # a question is made of its answers, which only the export knows
        work.db.execute(LACKING, (number,))
        for lacking in _some(work):
            _add(work, work.brought, number, kind, lacking)
        work.db.execute("DROP TABLE temp.lacking")


def _some(work: ResolvingContext) -> Iterator[list[str]]:
    """What is lacking, some thousand ids at a time."""
    last = 0
    while found := work.db.execute(SOME, (last,)).fetchall():
        last = found[-1][0]
        yield [str(key) for _, key in found]


def _add(work: ResolvingContext, brought: Brought, number: int, kind: Kind[Any], lacking: list[str]) -> None:
    lowest: int = work.db.execute("SELECT MIN(0, COALESCE(MIN(row), 0)) FROM rows").fetchone()[0]
    found = brought(kind, lacking)
    spec = _whose(work, number, kind) if found else None
    for key in sorted(found):
        lowest -= 1
        packed = pack_id(key)
        row = (lowest, number, packed, LIVE)
        work.db.execute("INSERT INTO rows (row, kind, line, source_id, flags) VALUES (?, ?, 0, ?, ?)", row)
        work.db.execute("INSERT INTO things VALUES (?, ?, ?, 1)", (number, packed, lowest))
        for place, client in enumerate(sorted(found[key]) if spec else ()):
            ref = (lowest, spec, place, pack_id(client))
            work.db.execute("INSERT INTO raw_refs VALUES (?, ?, ?, ?, NULL, 0)", ref)


def _whose(work: ResolvingContext, number: int, kind: Kind[Any]) -> int | None:
    """The number of the reference from such a record to its client. Nothing waits where that leads nowhere."""
    people = next((placed.column.links_to for placed in kind.columns if placed.name == kind.owner), None)
    if people not in work.numbers:
        return None
    place = (number, kind.owner, work.numbers[people])
    asked = "SELECT id FROM specs WHERE kind = ? AND field = ? AND target = ? AND NOT required"
    known = work.db.execute(asked, place).fetchone()
    if known is None:
        added = "INSERT INTO specs (kind, field, target, required, merge) VALUES (?, ?, ?, 0, 0)"
        return work.db.execute(added, place).lastrowid
    return int(known[0])
