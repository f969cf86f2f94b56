"""References by name alone: a name means the one row that bears it, whatever the title before it.

Digits in a column of names that are nobody's name are an id that a row has. Digits that may be either, as in
`"practitioner": 701`, have come as both: they are an id, and a name only where no row has that id.
"""

from app.index.insert import pack_id
from app.mapping.columns import APART
from app.mapping.names import normalise_name, normalise_person
from app.reading.relations import base_of
from app.resolving.rule import ResolvingContext

NONE, SEVERAL = None, 0

DISTINCT = """SELECT DISTINCT s.target, f.name FROM raw_refs f JOIN specs s ON s.id = f.spec AND NOT s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported WHERE f.id IS NULL AND f.name IS NOT NULL"""

EITHER = """SELECT DISTINCT s.target, f.name FROM raw_refs f JOIN specs s ON s.id = f.spec AND NOT s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    WHERE f.id IS NOT NULL AND f.name = CAST(f.id AS TEXT) AND t.row IS NULL"""

BY_NAME = """UPDATE raw_refs SET id = NULL WHERE name = :name AND CAST(id AS TEXT) = :name
    AND spec IN (SELECT id FROM specs WHERE target = :kind AND NOT merge)"""

# A row that lost to another of its id is not asked.
BEARERS = """SELECT r.row, v.row IS NULL FROM (
        SELECT row FROM rows WHERE kind = :kind AND name_key = :name
        UNION SELECT row FROM rows WHERE kind = :kind AND alias = :name) found
    JOIN rows r ON r.row = found.row JOIN things t ON t.kind = r.kind AND t.id = r.source_id AND t.row = r.row
    LEFT JOIN verdicts v ON v.row = r.row ORDER BY r.row"""


def apply(work: ResolvingContext) -> None:
    """Fills `named`: per kind and name as it was written, the row that it means; 0 when there are several."""
    # The types matter: without them a join compares every name with every reference.
    work.db.execute(
        """CREATE TEMP TABLE named (kind INTEGER, name TEXT, key TEXT, target INTEGER, PRIMARY KEY (kind, name))
        WITHOUT ROWID"""
    )
    people = {number for number, kind in work.kinds if kind.names.are_people}
    for kind, name in work.db.execute(EITHER).fetchall():
        if _bearer(work, kind, normalise_person(name) if kind in people else normalise_name(name)) is not NONE:
            work.db.execute(BY_NAME, {"kind": kind, "name": name})
    by_id = _related_by_their_own_name(work)
    for kind, name in work.db.execute(DISTINCT).fetchall():
        bare, _, beside = str(name).partition(APART)
        key = normalise_person(bare) if kind in people else normalise_name(bare)
        target = _bearer(work, kind, key)
        if target == SEVERAL and beside:  # its second name may be its own
            target = _bearer(work, kind, normalise_name(f"{beside}: {bare}")) or SEVERAL
        if target is NONE and kind in by_id and bare.isdigit():
            target = _of_id(work, kind, bare)
        work.db.execute("INSERT INTO named VALUES (?, ?, ?, ?)", (kind, name, key, target))


def _related_by_their_own_name(work: ResolvingContext) -> set[int]:
    """The kinds of things that a column is called after: `practitioner`, but not `name` of a form for its template."""
    found = set()
    for each in work.source.kinds:
        links = {placed.name: placed.column.links_to for placed in each.columns}
        for placed in each.columns:
            if placed.column.fills and base_of(placed.column.fills) == placed.name:
                found.add(work.numbers.get(links[placed.column.fills] or "", 0))
    return found


def _of_id(work: ResolvingContext, kind: int, digits: str) -> int | None:
    row = work.db.execute("SELECT row FROM things WHERE kind = ? AND id = ?", (kind, pack_id(digits))).fetchone()
    return int(row[0]) if row else NONE


def _bearer(work: ResolvingContext, kind: int, name: str) -> int | None:
    found = work.db.execute(BEARERS, {"kind": kind, "name": name}).fetchall()
    moving = [row for row, moves in found if moves]
    if len(moving) > 1:
        return SEVERAL
    if moving:
        return int(moving[0])
    return int(found[0][0]) if found else NONE
