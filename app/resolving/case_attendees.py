"""Visits in the list of a case: a visit without a case belongs to the case that lists its attendee."""

from typing import Any

from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.traits import CaseList
from app.resolving.rule import ResolvingContext

COUNTED = """CREATE TEMP TABLE counted AS SELECT refs.target attendee, MIN(refs.row) case_row FROM refs
    JOIN specs s ON s.id = refs.spec AND s.kind = :cases AND s.field = :list
    LEFT JOIN verdicts v ON v.row = refs.row WHERE refs.target > 0 AND v.row IS NULL GROUP BY refs.target"""

# A visit has a case only where it has one client: each attendee of a class has a case of their own.
ALONE = """SELECT visit.target, MIN(counted.case_row) FROM counted
    JOIN refs visit ON visit.row = counted.attendee JOIN specs s ON s.id = visit.spec AND s.field = :visit
    JOIN refs who ON who.row = visit.target AND NOT who.many JOIN specs p ON p.id = who.spec AND p.field = :clients
    JOIN refs whose ON whose.row = counted.case_row AND whose.target = who.target
    JOIN specs c ON c.id = whose.spec AND c.field = :client
    WHERE visit.target > 0 GROUP BY visit.target"""

ADDED = """INSERT OR IGNORE INTO refs SELECT :row, :spec, 0, :case_row, 0
    WHERE NOT EXISTS (SELECT 1 FROM refs JOIN specs s ON s.id = refs.spec AND s.field = :case WHERE refs.row = :row)"""


def apply(work: ResolvingContext) -> None:
    """Inserts the references from attendees and visits to the cases that list them."""
    roles = KindRole.CASE, KindRole.ATTENDANCE, KindRole.VISIT
    cases, attendance, visits_kind = (work.source.with_role(role) for role in roles)
    if cases is None or attendance is None or visits_kind is None:
        return
    if not {cases.name, attendance.name, visits_kind.name} <= work.numbers.keys():
        return
    listing = cases.case_list
    if listing is None:
        return
    names = {
        "cases": work.numbers[cases.name],
        "list": listing.attendance_link,
        "visit": listing.visit_link,
        "client": listing.client_link,
        "clients": listing.clients_link,
    }
    work.db.execute(COUNTED, names)
    in_class = work.db.execute("SELECT attendee, case_row FROM counted").fetchall()
    visits = work.db.execute(ALONE, names).fetchall()
    work.db.execute("DROP TABLE temp.counted")
    for kind, rows in ((attendance, in_class), (visits_kind, visits)):
        if rows:
            spec = _spec(work, kind, cases, listing)
            work.db.executemany(
                ADDED, [{"row": r, "case_row": c, "spec": spec, "case": listing.case_link} for r, c in rows]
            )


def _spec(work: ResolvingContext, kind: Kind[Any], cases: Kind[Any], listing: CaseList) -> int:
    """The number of the reference from a visit to its case. The reference is inserted where the export has none."""
    place = (work.numbers[kind.name], listing.case_link, work.numbers[cases.name])
    known = work.db.execute("SELECT id FROM specs WHERE kind = ? AND field = ? AND target = ?", place).fetchone()
    if known is None:
        added = "INSERT INTO specs (kind, field, target, required, orphan, merge) VALUES (?, ?, ?, 0, ?, 0)"
        known = (work.db.execute(added, (*place, listing.unknown_code)).lastrowid,)
    return int(known[0])
