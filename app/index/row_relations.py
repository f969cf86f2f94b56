"""What became of a single row of an index under a plan, and the other rows that decided it."""

import sqlite3
from dataclasses import dataclass

from app.index.part import index_kinds
from app.index.view import PlanView
from app.mapping.plan import Plan


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row of the export. `file_number` and `line` are 0 for a thing that other rows only name."""

    kind: str
    file_number: int
    line: int


@dataclass(frozen=True, slots=True)
class RowRelations:
    """What became of a row.

    * `is_left_out`: the clinic left the row out; `is_matched`: a record of the workspace counts instead.
    * `counts_instead`: the row of the same thing that counts: a row with the same id, or the client who was kept.
    * `waits_for`: the rows that the row needs and that do not move.
    * `lost`: whether the row needs a row that is not in the export.
    """

    is_left_out: bool = False
    is_matched: bool = False
    counts_instead: RowPlace | None = None
    waits_for: tuple[RowPlace, ...] = ()
    lost: bool = False


# A row by its part and line.
_ROW = """SELECT r.row, r.kind, r.source_id, COALESCE(s.survivor, t.row) FROM pieces p
    JOIN rows r ON r.row BETWEEN p.first AND p.last AND r.line = :line
    LEFT JOIN things t ON t.kind = r.kind AND t.id = r.source_id LEFT JOIN redirects s ON s.row = r.row
    WHERE p.part = :part"""

# The required targets of a row: by a place, the rows of which any may be the reason why the row waits.
_NEEDED = """SELECT refs.target, d.target, d.by FROM refs
    JOIN specs s ON s.id = refs.spec AND s.required AND NOT s.merge
    LEFT JOIN leads d ON d.row = refs.row AND d.spec = refs.spec AND d.place = refs.place
    WHERE refs.row = ? ORDER BY refs.spec, refs.place"""

_KEPT_BACK = """SELECT 1 WHERE EXISTS (SELECT 1 FROM verdicts WHERE row = :row)
    OR EXISTS (SELECT 1 FROM {table} WHERE row = :row)"""

_PLACE = """SELECT k.name, r.line, COALESCE((SELECT file FROM pieces WHERE first <= r.row AND last >= r.row), 0)
    FROM rows r JOIN kinds k ON k.id = r.kind WHERE r.row = ?"""


def row_relations(db: sqlite3.Connection, view: PlanView, plan: Plan, part: int, line: int) -> RowRelations:
    """The relations of the row on a line of a part. All of them are empty for a row that the index does not have."""
    found_row = db.execute(_ROW, {"part": part, "line": line}).fetchone()
    if found_row is None:
        return RowRelations()
    row, kind, source_id, counting = found_row
    needed = db.execute(_NEEDED, (row,)).fetchall()
    choice = plan.choice(index_kinds(db)[kind].role, str(source_id)).to if source_id is not None else ""
    kept_back = (next((each for each in targets if each and _is_kept_back(db, view, each)), None) for targets in needed)
    places = (_place(db, each) for each in dict.fromkeys(kept_back) if each is not None)
    return RowRelations(
        is_left_out=row in view.rows(row, row),
        is_matched=choice == "match",
        counts_instead=_place(db, counting) if counting not in (None, row) else None,
        waits_for=tuple(place for place in places if place is not None),
        lost=any(not target for target, _, _ in needed),
    )


def _is_kept_back(db: sqlite3.Connection, view: PlanView, row: int) -> bool:
    return db.execute(_KEPT_BACK.format(table=view.table), {"row": row}).fetchone() is not None


def _place(db: sqlite3.Connection, row: int) -> RowPlace | None:
    place = db.execute(_PLACE, (row,)).fetchone()
    return None if place is None else RowPlace(place[0], int(place[2]), int(place[1]))
