"""How a row of Cliniko's diary becomes an appointment: its times, what became of it, and its note in full.

Visits of a type that the clinic made an activity stay records of this kind; their service is the activity (its id
begins with `act_`), so that they keep time, practitioner, client and note and are never announced.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.mapping.kind import Mention
from app.mapping.lookups import Lookups
from app.mapping.moments import placed
from app.mapping.names import name_digest, normalise_person
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import STRING, cut
from app.mapping.zones import zone
from app.problems import Level, Problem
from app.sources.cliniko.cancellations import ARCHIVED, reason_of
from app.sources.cliniko.decisions import name_key, named_id

if TYPE_CHECKING:
    from app.sources.cliniko.appointments import Appointment

_USUAL = 30  # minutes, when neither the row nor its service says how long it was
_LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Cancellation:
    reason: str | None
    note: str | None
    codes: tuple[str, ...] = ()


def to_records(row: Appointment, joined: Joined, lookups: Lookups) -> Result:
    """The appointment, and its whole note beside it where the note is longer than an appointment's may be."""
    client = joined.targets.get("patient_ids")
    practitioner = joined.targets.get("practitioner_id")
    service = joined.targets.get("appointment_type_id")
    if row.starts_at is None:
        return _stays(row, Outcome.SKIPPED, "bad_appointment_time")
    if row.shape != "individual":
        return _stays(row, Outcome.SKIPPED, "kind_not_imported")
    if client is None:
        return _stays(row, Outcome.HELD, "appointment_without_patient")
    if practitioner is None:
        return _stays(row, Outcome.HELD, "practitioner_unknown")
    if service is None:
        return _stays(row, Outcome.HELD, "appointment_type_ambiguous")
    location, codes = _location(joined, lookups)
    if location is None:
        return _stays(row, Outcome.HELD, "location_unknown")
    starts, ends, told = _times(row, location, lookups.durations.get(service.id), lookups)
    if ends <= starts:
        return _stays(row, Outcome.HELD, "bad_interval")
    status, more = _status(row, ends, lookups.now)
    cancellation = _cancellation(row) if status == "cancelled" else _Cancellation(None, None)
    codes = [*codes, *told, *more, *cancellation.codes]
    if row.patient and client.namesake and client.namesake not in _digests(row.patient):
        codes.append("patient_name_differs")
    case = joined.targets.get("patient_case_id")
    values: dict[str, Value] = {
        "location_id": location,
        "practitioner_id": practitioner.id,
        "service_id": service.id,
        "client_id": client.id,
        "case_id": case.id if case else None,
        "starts_at": starts,
        "ends_at": ends,
        "duration": int((ends - starts).total_seconds() // 60),
        "status": status,
        "note": cut(row.notes),
        "cancellation_reason_id": named_id("cancellation_reasons", "appointments", cancellation.reason, lookups)
        if cancellation.reason
        else None,
        "cancellation_note": cancellation.note,
        "cancelled_at": _cancelled_at(row) if status == "cancelled" else None,
        "reminders_enabled": False,
        "source_created_at": row.created_at,
    }
    appointment = Record("appointments", "appointments", row.id, values)
    records: tuple[Record, ...] = (appointment,)
    if len(row.notes or "") > STRING:
        codes.append("appointment_note_truncated")
        records = (appointment, _whole_note(row, client.id, starts, lookups))
    problems = (Problem(code, "appointments", source_id=row.id) for code in dict.fromkeys(codes))
    return Mapped(records, tuple(problem for problem in problems if problem.code not in joined.findings))


def _digests(name: str) -> tuple[bytes, bytes]:
    """A name as it stands and without title, the way that clients' own names are kept for comparing."""
    return name_digest(name), name_digest(normalise_person(name))


def _stays(row: Appointment, outcome: Outcome, code: str) -> NotMapped:
    level = Level.HELD if outcome is Outcome.HELD else Level.SKIPPED
    return NotMapped(outcome, Problem(code, "appointments", source_id=row.id, level=level))


def _location(joined: Joined, lookups: Lookups) -> tuple[str | None, list[str]]:
    """The row's own, else the only one there is, else the one that the clinic chose for such rows."""
    own = joined.targets.get("business_id")
    if own is not None:
        return own.id, []
    if len(lookups.zones) == 1:
        return next(iter(lookups.zones)), []
    chosen = lookups.plan.default_location
    if chosen is None:
        return min(lookups.zones, default=None), ["appointment_location_defaulted"]
    business = chosen.removeprefix("source:")
    if business == chosen:
        return chosen, ["appointment_location_defaulted"]
    choice = lookups.plan.choice("businesses", business)
    location = choice.id if choice.to == "match" else lookups.ids.derive("locations", "businesses", business)
    return location, ["appointment_location_defaulted"]


def _times(
    row: Appointment, location: str, usual: int | None, lookups: Lookups
) -> tuple[datetime, datetime, list[str]]:
    """Start and end in UTC; times without an offset are those of the location's clock."""
    if row.starts_at is None:
        raise ValueError("an appointment without a start does not come here")
    here = zone(lookups.zones.get(location) or lookups.plan.timezone)
    starts, told = placed(row.starts_at, here)
    codes = [told] if told else []
    if row.ends_at is None:
        ends = starts + timedelta(minutes=usual or _USUAL)
        codes.append("end_time_assumed")
    else:
        ends, told = placed(row.ends_at, here)
        codes += [told] if told else []
    if ends - starts > _LONG:
        codes.append("long_appointment")
    return starts, ends, codes


def _status(row: Appointment, ends: datetime, now: datetime) -> tuple[str, list[str]]:
    """Cancelled before missed before arrived; a row without a mark waits."""
    came, missed = bool(row.patient_arrived), bool(row.did_not_arrive)
    if row.cancelled_at is not None:
        return "cancelled", ["attendance_conflict"] if came or missed else []
    if row.archived_at:
        return "cancelled", ["appointment_archived", *(["attendance_conflict"] if came or missed else [])]
    if missed:
        return "missed", ["attendance_conflict"] if came else []
    if came:
        return "arrived", []
    return "pending", ["past_appointment_unmarked"] if ends < now else []


def _cancelled_at(row: Appointment) -> datetime | None:
    if row.cancelled_at is not None:
        return row.cancelled_at
    return row.archived_at if isinstance(row.archived_at, datetime) else None


def _cancellation(row: Appointment) -> _Cancellation:
    if row.cancelled_at is None:
        return _Cancellation(ARCHIVED, row.cancellation_note)
    found = reason_of(row.cancellation_reason, row.cancellation_reason_description)
    if found.unknown is None:
        return _Cancellation(found.name, row.cancellation_note)
    note = "\n".join(piece for piece in (found.unknown, row.cancellation_note) if piece)
    return _Cancellation(found.name, note, ("cancellation_reason_unknown",))


def _whole_note(row: Appointment, client_id: str, at: datetime, lookups: Lookups) -> Record:
    """The note that does not fit, whole, as a private line of the client's history."""
    paragraphs = html.escape(row.notes or "", quote=False).split("\n")
    values: dict[str, Value] = {
        "client_id": client_id,
        "channel": "other",
        "direction": "sent",
        "category": "Appointment note",
        "body": f"<p>{'<br>'.join(paragraphs)}</p>",
        "confidential": True,
        "appointment_id": lookups.ids.derive("appointments", "appointments", row.id),
        "occurred_at": at,
        "source_created_at": row.created_at,
    }
    return Record("communications", "appointments", f"{row.id}:note", values)


def mentions(row: Appointment) -> tuple[Mention, ...]:
    """The reason of a cancellation, which no row of its own describes."""
    if row.shape != "individual" or (row.cancelled_at is None and not row.archived_at):
        return ()
    reason = _cancellation(row).reason
    return (Mention("cancellation_reasons", name_key(reason), reason),) if reason else ()


def cancellation_reason(mention: Mention, lookups: Lookups) -> Record:
    """A cancellation reason that the workspace does not have yet."""
    return Record("cancellation_reasons", "appointments", mention.key, {"name": cut(mention.name)})
