"""References by name: a name means the only row with this name. Titles before names of people do not count.

Digits in a column of names are an id where no row has them as its name and a row has them as its id. Digits that may
be either, as in `"practitioner": 701`, are read as both: they are a name only where no row has this id.
"""

from app.index.insert import pack_id
from app.mapping.columns import NAME_QUALIFIER
from app.mapping.names import normalise_name, normalise_person
from app.reading.relation_headers import base_of
from app.resolving.rule import ResolvingContext

NONE, SEVERAL = None, 0

DISTINCT = """SELECT DISTINCT s.target, f.name FROM raw_refs f JOIN specs s ON s.id = f.spec AND NOT s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported WHERE f.id IS NULL AND f.name IS NOT NULL"""

EITHER = """SELECT DISTINCT s.target, f.name FROM raw_refs f JOIN specs s ON s.id = f.spec AND NOT s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    WHERE f.id IS NOT NULL AND f.name = CAST(f.id AS TEXT) AND t.row IS NULL"""

BY_NAME = """UPDATE raw_refs SET id = NULL WHERE name = :name AND CAST(id AS TEXT) = :name
    AND spec IN (SELECT id FROM specs WHERE target = :kind AND NOT merge)"""

# Only rows that count for their ids.
BEARERS = """SELECT r.row, v.row IS NULL FROM (
        SELECT row FROM rows WHERE kind = :kind AND name_key = :name
        UNION SELECT row FROM rows WHERE kind = :kind AND alias = :name) found
    JOIN rows r ON r.row = found.row JOIN things t ON t.kind = r.kind AND t.id = r.source_id AND t.row = r.row
    LEFT JOIN verdicts v ON v.row = r.row ORDER BY r.row"""


def apply(work: ResolvingContext) -> None:
    """Fills the table `named`: by kind and written name, the row with the name; 0 for several rows, NULL for none."""
    # The column types matter: without them a join compares every name with every reference.
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
        bare, _, qualifier = str(name).partition(NAME_QUALIFIER)
        key = normalise_person(bare) if kind in people else normalise_name(bare)
        target = _bearer(work, kind, key)
        if target == SEVERAL and qualifier:  # the qualified name may be unique
            target = _bearer(work, kind, normalise_name(f"{qualifier}: {bare}")) or SEVERAL
        if target is NONE and kind in by_id and bare.isdigit():
            target = _of_id(work, kind, bare)
        work.db.execute("INSERT INTO named VALUES (?, ?, ?, ?)", (kind, name, key, target))


def _related_by_their_own_name(work: ResolvingContext) -> set[int]:
    """The kinds after which a column of names is called: `practitioner`, but not `name` of a form's template."""
    kinds = set()
    for each in work.source.kinds:
        links = {placed.name: placed.column.links_to for placed in each.columns}
        for placed in each.columns:
            if placed.column.name_for and base_of(placed.column.name_for) == placed.name:
                kinds.add(work.numbers.get(links[placed.column.name_for] or "", 0))
    return kinds


def _of_id(work: ResolvingContext, kind: int, digits: str) -> int | None:
    row = work.db.execute("SELECT row FROM things WHERE kind = ? AND id = ?", (kind, pack_id(digits))).fetchone()
    return int(row[0]) if row else NONE


def _bearer(work: ResolvingContext, kind: int, name: str) -> int | None:
    bearers = work.db.execute(BEARERS, {"kind": kind, "name": name}).fetchall()
    bearers = [bearer for bearer in bearers if bearer[0] > 0] or bearers  # a live record only where no row has the name
    moving = [row for row, moves in bearers if moves]
    if len(moving) > 1:
        return SEVERAL
    if moving:
        return int(moving[0])
    return int(bearers[0][0]) if bearers else NONE
