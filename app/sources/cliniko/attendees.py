"""Attendees: one row for each patient of a booking. The rows decide which patients a group has.

The row of appointments that the attendees belong to makes the appointment records, from both kinds of rows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.moments import timestamp
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result
from app.mapping.text import code, text
from app.mapping.traits import Exclusion, Identity, Joining, Naming, Recognition, Schedule
from app.problems import Problem
from app.sources.cliniko.attendance import attendee_attendance, compared_cancellation
from app.sources.cliniko.bookings import cancellation_mentions
from app.sources.cliniko.headers import CANCELLED, HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row
from app.sources.cliniko.visit_records import is_long

Words = str | None


@dataclass(frozen=True, kw_only=True)
class AttendeeRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("Attendee ID")] = ""
    booking_id: Annotated[
        Link | None,
        link(
            "appointments",
            "Appointment ID",
            "booking",
            required=True,
            orphan_code="attendee_without_appointment",
            destination="appointments.group_id",
        ),
    ] = None
    patient_id: Annotated[
        Link | None,
        link(
            "patients",
            "Patient ID",
            required=True,
            orphan_code="attendee_without_patient",
            destination="appointments.client_id",
        ),
    ] = None
    arrived: Annotated[bool | None, Column(boolean, "Arrived", destination="appointments.status")] = None
    cancelled_at: Annotated[
        datetime | None,
        Column(
            timestamp,
            CANCELLED[0],
            CANCELLED[1:],
            destination="appointments.cancelled_at",
            feeds=("appointments.status",),
        ),
    ] = None
    cancellation_reason: Annotated[
        Words, Column(code, "Cancellation Reason", destination="appointments.cancellation_reason_id")
    ] = None
    cancellation_reason_description: Annotated[
        Words, Column(code, destination="appointments.cancellation_reason_id")
    ] = None
    cancellation_note: Annotated[
        Words, Column(text, "Cancellation Note", destination="appointments.cancellation_note")
    ] = None
    notes: Annotated[Words, Column(text, "Notes", raw=True, destination="appointments.note")] = None
    patient_case_id: Annotated[
        Link | None,
        link(
            "patient_cases",
            "Patient Case ID",
            orphan_code="appointment_case_unknown",
            destination="appointments.case_id",
        ),
    ] = None


def reason_not_moved(row: AttendeeRow) -> Problem | None:
    """The problem of a row without a booking or without a patient; None for a row with both."""
    if row.booking_id is None:
        return Problem("attendee_without_appointment")
    return Problem("attendee_without_patient") if row.patient_id is None else None


def to_records(row: AttendeeRow, joined: Joined, lookups: Lookups) -> Result:
    """The problems of the attendee's row, and the appointment that the row of appointments writes (`elsewhere`)."""
    visit, client = joined.targets.get("booking_id"), joined.targets.get("patient_id")
    if visit is None or client is None:
        code = "attendee_without_appointment" if visit is None else "attendee_without_patient"
        return NotMapped(Outcome.HELD, Problem(code, KIND.name, source_id=row.id))
    codes = [*attendee_attendance(row).codes, *(["appointment_note_truncated"] if is_long(row.notes) else [])]
    unreported = (code for code in dict.fromkeys(codes) if code not in joined.findings)
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in unreported)
    record = Record("appointments", "appointments", visit.source_id, {"client_id": client.id}, elsewhere=True)
    return Mapped((record,), problems)


def looks_like_attendees(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the attendees of Cliniko's API."""
    return (
        headers.any("bookingid", "appointmentid")
        and headers.all("patientid")
        and headers.any("arrived", "cancellationtime")
        and not headers.any("starttime")
    )


KIND = Kind[AttendeeRow](
    name="attendees",
    role=KindRole.ATTENDANCE,
    label="Attendees",
    source_label="Attendees",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_attendees),
        file_names=("attendees",),
        json_keys=("attendees",),
    ),
    row=AttendeeRow,
    to_records=to_records,
    identity=Identity(compared_values=lambda row, _: compared_cancellation(row)),
    exclusion=Exclusion(reason=reason_not_moved),
    naming=Naming(mentions=cancellation_mentions),
    schedule=Schedule(attended=lambda row: row.arrived),
    joining=Joining(
        row_link="booking_id",
        owner_link="patient_id",
        duplicate_code="duplicate_attendee",
        conflict_code="attendance_conflict",
    ),
    tables=("appointments",),
)
