"""The locations, users, practitioners and services of an export, with their appointments and notes."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.index.schema import ARCHIVED, LIVE
from app.index.view import UNNAMED
from app.mapping.kind_roles import KindRole

REPORTED = (KindRole.LOCATION, KindRole.PRACTITIONER, KindRole.SERVICE)
REFERRED = (*REPORTED, KindRole.USER)


@dataclass(frozen=True, slots=True)
class ReferredThing:
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
    JOIN kinds k ON k.id = s.kind AND k.role = :role
    JOIN rows r ON r.row = refs.row LEFT JOIN verdicts v ON v.row = refs.row
    WHERE refs.target <> 0 AND COALESCE(v.outcome, '') <> 'skipped' GROUP BY refs.target"""

THROUGH_VISITS = """SELECT visit.target, COUNT(*) FROM refs JOIN specs s ON s.id = refs.spec
    JOIN kinds k ON k.id = s.kind AND k.role = :role JOIN kinds d ON d.id = s.target AND d.role = :visits
    JOIN refs visit ON visit.row = refs.target JOIN specs o ON o.id = visit.spec AND o.target IN ({kinds})
    LEFT JOIN verdicts v ON v.row = refs.row
    WHERE visit.target <> 0 AND COALESCE(v.outcome, '') <> 'skipped' GROUP BY visit.target"""

THINGS = """SELECT r.row, k.role, r.source_id, r.name, r.flags, r.alias,
        (SELECT u.source_id FROM refs JOIN rows u ON u.row = refs.target
            JOIN kinds uk ON uk.id = u.kind AND uk.role = :user WHERE refs.row = r.row)
    FROM things t JOIN kinds k ON k.id = t.kind JOIN rows r ON r.row = t.row LEFT JOIN verdicts v ON v.row = r.row
    WHERE t.kind IN ({kinds}) AND NOT r.flags & {live} AND COALESCE(v.outcome, '') <> 'skipped'
    ORDER BY t.kind, r.row <= 0, ABS(r.row)"""


def references(db: sqlite3.Connection, now: datetime) -> Mapping[str, tuple[ReferredThing, ...]]:
    """The references by the name of their kind, in the order of the export, things without a row last.

    `now` divides past and future.
    """
    roles = {role: (number, name) for role, number, name in db.execute("SELECT role, id, name FROM kinds") if role}
    kinds = ",".join(str(roles[role][0]) for role in REFERRED if role in roles)
    moment = {"now": int(now.timestamp())}
    unnamed = {
        int(name.removeprefix(UNNAMED))
        for (name,) in db.execute("SELECT name FROM state WHERE name LIKE ?", (f"{UNNAMED}%",))
    }
    visits = {row: rest for row, *rest in db.execute(WORK.format(kinds=kinds), {**moment, "role": KindRole.VISIT})}
    notes = {row: count for row, count, *_ in db.execute(WORK.format(kinds=kinds), {**moment, "role": KindRole.NOTE})}
    linked = {"role": KindRole.NOTE, "visits": KindRole.VISIT}
    notes_of_visits = dict(db.execute(THROUGH_VISITS.format(kinds=kinds), linked))
    by_role: dict[str, list[ReferredThing]] = defaultdict(list)
    things = db.execute(THINGS.format(kinds=kinds, live=LIVE), {"user": KindRole.USER}).fetchall()
    for row, role, source_id, name, flags, alias, user in things:
        appointments, past, future = visits.get(row, (0, 0, 0))
        by_role[role].append(
            ReferredThing(
                id=str(source_id),
                name=name or str(source_id),
                active=row > 0 and not flags & ARCHIVED,
                appointments=appointments,
                notes=notes.get(row, notes_of_visits.get(row, 0) if role != KindRole.PRACTITIONER else 0),
                past=past or 0,
                future=future or 0,
                named_only=row < 0,
                unnamed=row in unnamed,
                email=alias if role == KindRole.USER else None,
                user=None if user is None else str(user),
            )
        )
    return {roles[role][1]: tuple(by_role[role]) for role in REFERRED if role in by_role}
