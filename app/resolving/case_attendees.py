"""Visits in the list of a patient case: a visit without a case belongs to the case that lists its attendee."""

from app.resolving.rule import ResolvingContext

CASES, ATTENDEES, VISITS = "patient_cases", "attendees", "appointments"
LIST, BOOKING, CASE, PATIENT, PATIENTS = "attendee_ids", "booking_id", "patient_case_id", "patient_id", "patient_ids"

COUNTED = """CREATE TEMP TABLE counted AS SELECT refs.target attendee, MIN(refs.row) case_row FROM refs
    JOIN specs s ON s.id = refs.spec AND s.kind = :cases AND s.field = :list
    LEFT JOIN verdicts v ON v.row = refs.row WHERE refs.target > 0 AND v.row IS NULL GROUP BY refs.target"""

# A visit has a case only where it has one patient: each attendee of a class has a case of their own.
ALONE = """SELECT visit.target, MIN(counted.case_row) FROM counted
    JOIN refs visit ON visit.row = counted.attendee JOIN specs s ON s.id = visit.spec AND s.field = :booking
    JOIN refs who ON who.row = visit.target AND NOT who.many JOIN specs p ON p.id = who.spec AND p.field = :patients
    JOIN refs whose ON whose.row = counted.case_row AND whose.target = who.target
    JOIN specs c ON c.id = whose.spec AND c.field = :patient
    WHERE visit.target > 0 GROUP BY visit.target"""

ADDED = """INSERT OR IGNORE INTO refs SELECT :row, :spec, 0, :case_row, 0
    WHERE NOT EXISTS (SELECT 1 FROM refs JOIN specs s ON s.id = refs.spec AND s.field = :case WHERE refs.row = :row)"""


def apply(work: ResolvingContext) -> None:
    """Inserts the references from attendees and visits to the cases that list them."""
    if not {CASES, ATTENDEES, VISITS} <= work.numbers.keys():
        return
    names = {"cases": work.numbers[CASES], "list": LIST, "booking": BOOKING, "patient": PATIENT, "patients": PATIENTS}
    work.db.execute(COUNTED, names)
    attendees = work.db.execute("SELECT attendee, case_row FROM counted").fetchall()
    visits = work.db.execute(ALONE, names).fetchall()
    work.db.execute("DROP TABLE temp.counted")
    for kind, rows in ((ATTENDEES, attendees), (VISITS, visits)):
        if rows:
            spec = _spec(work, kind)
            work.db.executemany(ADDED, [{"row": r, "case_row": c, "spec": spec, "case": CASE} for r, c in rows])


def _spec(work: ResolvingContext, kind: str) -> int:
    """The number of the reference from a visit to its case. The reference is inserted where the export has none."""
    place = (work.numbers[kind], CASE, work.numbers[CASES])
    known = work.db.execute("SELECT id FROM specs WHERE kind = ? AND field = ? AND target = ?", place).fetchone()
    if known is None:
        added = "INSERT INTO specs (kind, field, target, required, orphan, merge) VALUES (?, ?, ?, 0, ?, 0)"
        known = (work.db.execute(added, (*place, "appointment_case_unknown")).lastrowid,)
    return int(known[0])
