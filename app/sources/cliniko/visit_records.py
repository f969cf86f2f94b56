"""The records of one visit of one client: the appointment, and the whole note where the appointment cannot hold it."""

import html
from dataclasses import dataclass
from datetime import datetime

from app.mapping.decisions import named_id
from app.mapping.lookups import Lookups
from app.mapping.rows import Record, Value
from app.mapping.text import STRING, cut
from app.sources.cliniko.attendance import Attendance
from app.sources.cliniko.diary import minutes_between

KIND = "appointments"
NOTE = ":note"
"""The ending of the key of a record that holds a visit's note in full."""


@dataclass(frozen=True, slots=True)
class DiarySlot:
    """A time in the diary. The first three are Caspen's ids; times are UTC; `made_at` is when the row was made."""

    location: str
    practitioner: str
    service: str
    starts: datetime
    ends: datetime
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientVisit:
    """One client's part of a slot. `key` is the appointment's source id, in a group `APPOINTMENT:PATIENT`."""

    key: str
    client: str
    attendance: Attendance
    note: str | None = None
    case: str | None = None
    group: str | None = None


def visit_records(visit: ClientVisit, slot: DiarySlot, lookups: Lookups) -> tuple[Record, ...]:
    """The appointment; a second record, a communication, holds a note longer than 255 characters in full."""
    attendance = visit.attendance
    reason = named_id("cancellation_reasons", KIND, attendance.reason, lookups) if attendance.reason else None
    values: dict[str, Value] = {
        "location_id": slot.location,
        "practitioner_id": slot.practitioner,
        "service_id": slot.service,
        "client_id": visit.client,
        "case_id": visit.case,
        "starts_at": slot.starts,
        "ends_at": slot.ends,
        "duration": minutes_between(slot.starts, slot.ends),
        "status": attendance.status,
        "note": cut(visit.note),
        "cancellation_reason_id": reason,
        "cancellation_note": attendance.note,
        "cancelled_at": attendance.cancelled_at,
        "group_id": visit.group,
        "reminders_enabled": False,
        "source_created_at": slot.made_at,
    }
    appointment = Record("appointments", KIND, visit.key, values)
    if not is_long(visit.note):
        return (appointment,)
    return (appointment, _whole_note(visit, slot, lookups))


def is_long(note: str | None) -> bool:
    """Whether a note is longer than the 255 characters that an appointment's note may have."""
    return len(note or "") > STRING


def _whole_note(visit: ClientVisit, slot: DiarySlot, lookups: Lookups) -> Record:
    """A note that does not fit, in full, as a confidential communication of the client."""
    paragraphs = html.escape(visit.note or "", quote=False).split("\n")
    values: dict[str, Value] = {
        "client_id": visit.client,
        "channel": "other",
        "direction": "sent",
        "category": "Appointment note",
        "body": f"<p>{'<br>'.join(paragraphs)}</p>",
        "confidential": True,
        "appointment_id": lookups.ids.derive("appointments", KIND, visit.key),
        "occurred_at": slot.starts,
        "source_created_at": slot.made_at,
    }
    return Record("communications", KIND, f"{visit.key}{NOTE}", values)
