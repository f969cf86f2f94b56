"""The row of an appointment: the columns of Cliniko's csv export of appointments and of its API's three resources.

The headers of the csv export are reported by people who read such files; their order and completeness are unknown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from app.json_values import JsonValue
from app.mapping.columns import Column, Link, Report
from app.mapping.context import Context
from app.mapping.flags import boolean, one_of
from app.mapping.ids import id_in_address, key, link, several_ids
from app.mapping.json_cells import json_cell
from app.mapping.moments import timestamp, visit_time
from app.mapping.numbers import whole_up_to
from app.mapping.text import code, text
from app.sources.cliniko.appointment_types import MOST_PEOPLE
from app.sources.cliniko.headers import CANCELLED, ENDS, MAXIMUM, STARTS
from app.sources.cliniko.row import Row

Words = str | None
_LIST_ADDRESSES = ("/patients", "/attendees")  # how an address ends that leads to a visit's list, and names no patient
_NO_PATIENT = frozenset({None, "0", "[]", "{}"})
_SHAPES = one_of({"individual": "individual", "group": "group", "unavailable": "busy"})


def read_patient_ids(cell: str, context: Context, report: Report) -> Link | None:
    """Read the ids of a visit's patients; None for an empty cell and for the address of a list.

    An address of Cliniko's API that holds no id is kept as the id: the row names a patient who cannot be resolved.
    """
    ids = several_ids(cell, context, report)
    if ids is None and id_in_address(cell) == "" and not cell.rstrip("/").endswith(_LIST_ADDRESSES):
        return Link((cell,))
    return ids


@dataclass(frozen=True, kw_only=True)
class AppointmentRow(Row):
    """One row: a slot of the diary, for one patient, for a group, or for none."""

    id: Annotated[str, key("Appointment ID", mark="R")] = ""
    kind: Annotated[Words, Column(_SHAPES)] = None
    starts_at: Annotated[
        datetime | None, Column(visit_time, *STARTS[:1], STARTS[1:], "R", destination="appointments.starts_at")
    ] = None
    ends_at: Annotated[
        datetime | None, Column(visit_time, *ENDS[:1], ENDS[1:], "R", destination="appointments.ends_at")
    ] = None
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            mark="R",
            required=True,
            orphan_code="practitioner_unknown",
            ambiguous_code="practitioner_ambiguous",
            destination="appointments.practitioner_id",
            feeds=("appointment_groups.practitioner_id",),
        ),
    ] = None
    practitioner: Annotated[Words, Column(text, "Practitioner", mark="R", name_for="practitioner_id")] = None
    business_id: Annotated[
        Link | None,
        link(
            "businesses",
            "Business ID",
            "Location ID",
            left_out_with_target=True,
            orphan_code="appointment_location_defaulted",
            ambiguous_code="appointment_location_defaulted",
            destination="appointments.location_id",
            feeds=("appointment_groups.location_id",),
        ),
    ] = None
    business: Annotated[Words, Column(text, "Business", name_for="business_id")] = None
    patient_ids: Annotated[
        Link | None,
        link(
            "patients",
            "PatientID(s)",
            "Patient ID",
            "patient_id",
            mark="R",
            required=True,
            orphan_code="appointment_without_patient",
            destination="appointments.client_id",
            read=read_patient_ids,
        ),
    ] = None
    patient: Annotated[Words, Column(text, "Patient", ("patient_name", "patients"), "R")] = None
    attendees: Annotated[Words, Column(text, headers=("attendee", "attendee_ids", "attendee_id"))] = None
    appointment_type_id: Annotated[
        Link | None,
        link(
            "appointment_types",
            "Appointment Type ID",
            required=True,
            orphan_code="appointment_type_created_from_name",
            ambiguous_code="appointment_type_ambiguous",
            destination="appointments.service_id",
        ),
    ] = None
    appointment_type: Annotated[Words, Column(text, "Appointment Type", mark="R", name_for="appointment_type_id")] = (
        None
    )
    appointment_category: Annotated[
        Words, Column(text, "Appointment Category", mark="R", disambiguates="appointment_type_id")
    ] = None
    number_of_patients: Annotated[
        int | None,
        Column(whole_up_to(MOST_PEOPLE), "Number of Patients", mark="R", feeds=("appointment_groups.capacity",)),
    ] = None
    max_attendees: Annotated[
        int | None,
        Column(whole_up_to(MOST_PEOPLE), *MAXIMUM[:1], MAXIMUM[1:], "R", feeds=("appointment_groups.capacity",)),
    ] = None
    number_of_cancellations: Annotated[
        int | None, Column(whole_up_to(MOST_PEOPLE), "Number of Cancellations", mark="R")
    ] = None
    patient_arrived: Annotated[
        bool | None, Column(boolean, "Patient Arrived", mark="R", destination="appointments.status")
    ] = None
    did_not_arrive: Annotated[
        bool | None, Column(boolean, "Did Not Arrive", mark="R", destination="appointments.status")
    ] = None
    cancelled_at: Annotated[
        datetime | None,
        Column(
            timestamp,
            *CANCELLED[:1],
            CANCELLED[1:],
            "R",
            destination="appointments.cancelled_at",
            feeds=("appointments.cancellation_note", "appointments.cancellation_reason_id", "appointments.status"),
        ),
    ] = None
    cancellation_reason: Annotated[
        Words, Column(code, "Cancellation Reason", mark="R", destination="appointments.cancellation_reason_id")
    ] = None
    cancellation_reason_description: Annotated[
        Words, Column(code, mark="C", destination="appointments.cancellation_reason_id")
    ] = None
    cancellation_note: Annotated[
        Words, Column(text, "Cancellation Note", mark="R", destination="appointments.cancellation_note")
    ] = None
    notes: Annotated[Words, Column(text, "Appointment Notes", mark="R", raw=True, destination="appointments.note")] = (
        None
    )
    patient_case_id: Annotated[
        Link | None,
        link(
            "patient_cases",
            "Patient Case ID",
            "Case ID",
            orphan_code="appointment_case_unknown",
            destination="appointments.case_id",
        ),
    ] = None
    treatment_note_status: Annotated[Words, Column(text, "Treatment Notes Status", mark="R")] = None
    invoice_id: Annotated[Words, Column(text, "Invoice ID", mark="R")] = None
    invoice_status: Annotated[Words, Column(text, "Invoice Status")] = None
    sms_reminder_sent: Annotated[Words, Column(text, "SMS Reminder Sent", mark="R")] = None
    email_reminder_sent: Annotated[Words, Column(text, "Email Reminder Sent", mark="R")] = None
    repeated_from_id: Annotated[Words, Column(text, mark="C", headers=("repeated_from",))] = None
    repeat_rule: Annotated[JsonValue, Column(json_cell, mark="C")] = None

    @property
    def names_patients(self) -> bool:
        """Whether any column for patients is filled, even where the patients cannot be resolved."""
        cells = {self.patient, self.attendees} - _NO_PATIENT
        unread = {"patient_ids", "patient", "attendees"}.intersection(self.unread)
        return bool(self.patient_ids or cells or unread)

    @property
    def shape(self) -> Literal["individual", "group", "busy"]:
        """What the row is: by its own type where it has one, else by the number of its patients and of its places."""
        ids = len(self.patient_ids.ids) if self.patient_ids else 0
        room = self.max_attendees or 0
        if not self.names_patients and (self.kind == "busy" or (self.kind is None and room <= 0)):
            return "busy"
        return "group" if self.kind == "group" or ids > 1 or room > 1 else "individual"
