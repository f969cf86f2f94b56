"""Visits of groups that only the workspace has: references of their clients' rows lead to the live visits.

A later export may lack the group, or the member's own row. The group may be a row of the export or of an earlier one.
"""

from typing import Any

from app.index.insert import pack_id
from app.index.schema import SHARED
from app.mapping.kind import Kind
from app.resolving.rule import ResolvingContext

AT_ONCE = 2_000
MAKE = """CREATE TEMP TABLE stayed (row INTEGER, target INTEGER, key TEXT NOT NULL, PRIMARY KEY (row, target))
    WITHOUT ROWID"""

# The groups that a row refers to without a lead to a member's visit.
GROUPS = """SELECT DISTINCT t.row, t.source_id FROM refs JOIN specs s ON s.id = refs.spec AND s.target = :kind
    JOIN rows t ON t.row = refs.target AND t.flags & :shared
    LEFT JOIN leads l ON l.row = refs.row AND l.spec = refs.spec AND l.place = refs.place WHERE l.row IS NULL"""

CLIENT = """SELECT COALESCE(d.survivor, t.row) FROM things t LEFT JOIN redirects d ON d.row = t.row
    WHERE t.kind = ? AND t.id = ?"""

LEADS = """INSERT OR IGNORE INTO leads SELECT refs.row, refs.spec, refs.place, y.row, NULL, y.key
    FROM refs JOIN specs s ON s.id = refs.spec AND s.target = :kind JOIN temp.stayed y ON y.row = refs.target
    JOIN refs p ON p.row = refs.row AND p.target = y.target"""

# References to a member's own row, whose visit or group is in the workspace alone.
OF_MEMBERS = """INSERT OR IGNORE INTO leads
    SELECT refs.row, refs.spec, refs.place, COALESCE(l.target, b.target), NULL, COALESCE(l.key, t.source_id)
    FROM refs JOIN specs s ON s.id = refs.spec AND s.target = :joiner
    JOIN refs b ON b.row = refs.target JOIN specs bs ON bs.id = b.spec AND bs.kind = :joiner AND bs.field = :to
    JOIN rows t ON t.row = b.target LEFT JOIN leads l ON l.row = b.row AND l.spec = b.spec AND l.place = b.place
    WHERE CASE WHEN l.row IS NULL THEN b.target < 0 AND NOT t.flags & :shared
        ELSE EXISTS (SELECT 1 FROM temp.stayed y WHERE y.row = l.target AND y.key = l.key) END"""


def prepare(work: ResolvingContext) -> None:
    """Makes the table of visits that only the workspace has."""
    work.db.execute(MAKE)


def find(work: ResolvingContext, number: int, kind: Kind[Any], joiner: int | None, to: str | None) -> None:
    """Leads references to live visits of groups. `joiner` is the kind of members' own rows, with the link `to`."""
    if work.brought is None:
        return
    people = next((p.column.links_to for p in kind.columns if p.name == kind.owner_link), None)
    groups = work.db.execute(GROUPS, {"kind": number, "shared": SHARED}).fetchall()
    for start in range(0, len(groups), AT_ONCE):
        rows = {str(key): row for row, key in groups[start : start + AT_ONCE]}
        for key, visits in work.brought.visits(kind, rows.keys()).items():
            for visit in visits:
                for client in visit.clients:
                    row = work.db.execute(CLIENT, (work.numbers.get(str(people)), pack_id(client))).fetchone()
                    if row is not None:
                        stayed = (rows[key], row[0], visit.key)
                        work.db.execute("INSERT OR IGNORE INTO temp.stayed VALUES (?, ?, ?)", stayed)
    values = {"kind": number, "joiner": joiner, "to": to, "shared": SHARED}
    work.db.execute(LEADS, values)
    work.db.execute(OF_MEMBERS, values)
