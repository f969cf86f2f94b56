"""The businesses, users, practitioners and appointment types of an export, with their appointments and notes."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.index.schema import ARCHIVED, LIVE
from app.index.view import DATED, UNNAMED

REPORTED = ("businesses", "practitioners", "appointment_types")
REFERRED = (*REPORTED, "users")
NOTES = "treatment_notes"


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing that rows refer to.

    `id` is the id in the source, or `name:...` for a thing without a row (`named_only`). `appointments`, `past` and
    `future` count appointments; `notes` counts the notes by a practitioner, at a location, or of an appointment type.
    `unnamed`: the placeholder for rows that name nothing. `email` is set for a user; `user` is the id of a
    practitioner's user.
    """

    id: str
    name: str
    active: bool
    appointments: int = 0
    notes: int = 0
    past: int = 0
    future: int = 0
    named_only: bool = False
    email: str | None = None
    user: str | None = None
    unnamed: bool = False


# Skipped rows do not count: nothing else may refer to their targets.
WORK = """SELECT refs.target, COUNT(*), SUM(r.starts_at < :now), SUM(r.starts_at >= :now)
    FROM refs JOIN specs s ON s.id = refs.spec AND s.target IN ({kinds})
    JOIN kinds k ON k.id = s.kind AND k.name = :kind
    JOIN rows r ON r.row = refs.row LEFT JOIN verdicts v ON v.row = refs.row
    WHERE refs.target <> 0 AND COALESCE(v.outcome, '') <> 'skipped' GROUP BY refs.target"""

THROUGH_VISITS = """SELECT visit.target, COUNT(*) FROM refs JOIN specs s ON s.id = refs.spec
    JOIN kinds k ON k.id = s.kind AND k.name = :kind JOIN kinds d ON d.id = s.target AND d.name = :visits
    JOIN refs visit ON visit.row = refs.target JOIN specs o ON o.id = visit.spec AND o.target IN ({kinds})
    LEFT JOIN verdicts v ON v.row = refs.row
    WHERE visit.target <> 0 AND COALESCE(v.outcome, '') <> 'skipped' GROUP BY visit.target"""

THINGS = """SELECT r.row, k.name, r.source_id, r.name, r.flags, r.alias,
        (SELECT u.source_id FROM refs JOIN rows u ON u.row = refs.target
            JOIN kinds uk ON uk.id = u.kind AND uk.name = 'users' WHERE refs.row = r.row)
    FROM things t JOIN kinds k ON k.id = t.kind JOIN rows r ON r.row = t.row LEFT JOIN verdicts v ON v.row = r.row
    WHERE t.kind IN ({kinds}) AND NOT r.flags & {live} AND COALESCE(v.outcome, '') <> 'skipped'
    ORDER BY t.kind, r.row <= 0, ABS(r.row)"""


def references(db: sqlite3.Connection, now: datetime) -> Mapping[str, tuple[Reference, ...]]:
    """The references by kind, in the order of the export, things without a row last. `now` divides past and future."""
    numbers: dict[str, int] = dict(db.execute("SELECT name, id FROM kinds"))
    kinds = ",".join(str(numbers[kind]) for kind in REFERRED if kind in numbers)
    moment = {"now": int(now.timestamp())}
    unnamed = {
        int(name.removeprefix(UNNAMED))
        for (name,) in db.execute("SELECT name FROM state WHERE name LIKE ?", (f"{UNNAMED}%",))
    }
    visits = {row: rest for row, *rest in db.execute(WORK.format(kinds=kinds), {**moment, "kind": DATED})}
    notes = {row: count for row, count, *_ in db.execute(WORK.format(kinds=kinds), {**moment, "kind": NOTES})}
    notes_of_visits = dict(db.execute(THROUGH_VISITS.format(kinds=kinds), {"kind": NOTES, "visits": DATED}))
    by_kind: dict[str, list[Reference]] = defaultdict(list)
    for row, kind, source_id, name, flags, alias, user in db.execute(THINGS.format(kinds=kinds, live=LIVE)).fetchall():
        appointments, past, future = visits.get(row, (0, 0, 0))
        by_kind[kind].append(
            Reference(
                id=str(source_id),
                name=name or str(source_id),
                active=row > 0 and not flags & ARCHIVED,
                appointments=appointments,
                notes=notes.get(row, notes_of_visits.get(row, 0) if kind != "practitioners" else 0),
                past=past or 0,
                future=future or 0,
                named_only=row < 0,
                unnamed=row in unnamed,
                email=alias if kind == "users" else None,
                user=None if user is None else str(user),
            )
        )
    return {kind: tuple(by_kind[kind]) for kind in REFERRED if kind in by_kind}
