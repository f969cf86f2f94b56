"""Attendees: who came to a booking, one row for each patient of a group. They do not move yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.moments import timestamp
from app.mapping.text import string, text
from app.sources.cliniko.headers import CANCELLED, Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class Attendee(Row):
    """One row. Native headers are assumed, api names confirmed."""

    id: Annotated[str, key("Attendee ID")] = ""
    booking_id: Annotated[
        Link | None,
        link(
            "appointments",
            "Appointment ID",
            "booking",
            required=True,
            orphan="attendee_without_appointment",
            destination="appointments.group_id",
        ),
    ] = None
    patient_id: Annotated[
        Link | None,
        link(
            "patients",
            "Patient ID",
            required=True,
            orphan="attendee_without_patient",
            destination="appointments.client_id",
        ),
    ] = None
    arrived: Annotated[bool | None, Column(boolean, "Arrived", destination="appointments.status")] = None
    cancelled_at: Annotated[
        datetime | None, Column(timestamp, CANCELLED[0], CANCELLED[1:], destination="appointments.cancelled_at")
    ] = None
    cancellation_reason: Annotated[
        Words, Column(string, "Cancellation Reason", destination="appointments.cancellation_reason_id")
    ] = None
    cancellation_reason_description: Annotated[
        Words, Column(string, destination="appointments.cancellation_reason_id")
    ] = None
    cancellation_note: Annotated[
        Words, Column(text, "Cancellation Note", destination="appointments.cancellation_note")
    ] = None
    notes: Annotated[Words, Column(text, "Notes", raw=True, destination="appointments.note")] = None
    patient_case_id: Annotated[
        Link | None,
        link("patient_cases", "Patient Case ID", orphan="appointment_case_unknown", destination="appointments.case_id"),
    ] = None


def looks_like_attendees(headers: Headers) -> bool:
    return (
        headers.any("bookingid", "appointmentid")
        and headers.all("patientid")
        and headers.any("arrived", "cancellationtime")
        and not headers.any("starttime")
    )


KIND = Kind(
    name="attendees",
    label="Attendees",
    called="Attendees",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_attendees),
    row=Attendee,
    tables=("appointments",),
    file_names=("attendees",),
    json_keys=("attendees",),
)
