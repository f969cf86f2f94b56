"""Appointments: who came to whom, when and for what. Each visit of one patient becomes an appointment; nobody is told.

Native headers are reported by people who read such files; order and completeness are unknown. A row of a group makes
an appointment for each of its patients, a row without a patient a busy time.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from app.mapping.columns import Column, Link, Report, columns_of
from app.mapping.context import Context
from app.mapping.flags import boolean, one_of
from app.mapping.ids import id_in_address, key, link, several_ids
from app.mapping.kind import Kind
from app.mapping.moments import LocalMoment, timestamp, visit_time
from app.mapping.numbers import whole_up_to
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import code, text
from app.mapping.traits import (
    Exclusion,
    Identity,
    Mention,
    Naming,
    Recognition,
    References,
    Schedule,
    Sharing,
    no_mentions,
)
from app.problems import Problem
from app.sources.cliniko.appointment_types import MOST_PEOPLE, UNKNOWN_TYPE
from app.sources.cliniko.bookings import cancellation_reason, to_records
from app.sources.cliniko.bookings import mentions as reasons
from app.sources.cliniko.compared import of_appointment
from app.sources.cliniko.diary import is_reversed
from app.sources.cliniko.headers import CANCELLED, ENDS, MAXIMUM, STARTS, Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None
NOTE_STATES = {"final": "says_final", "90": "says_final", "draft": "says_draft", "10": "says_draft"}
_LISTS = ("/patients", "/attendees")  # an address ends so that leads to all patients of a visit, and tells of none
_NOBODY = frozenset({None, "0", "[]", "{}"})
_SHAPES = one_of({"individual": "individual", "group": "group", "unavailable": "busy"})


def patients_of(cell: str, context: Context, report: Report) -> Link | None:
    """The patients of a visit. An address that leads to no patient is kept: it leads nowhere, and says of somebody."""
    found = several_ids(cell, context, report)
    if found is None and id_in_address(cell) == "" and not cell.rstrip("/").endswith(_LISTS):
        return Link((cell,))
    return found


@dataclass(frozen=True, kw_only=True)
class Appointment(Row):
    """One row: a slot of the diary."""

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
            read=patients_of,
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
    number_of_patients: Annotated[int | None, Column(whole_up_to(MOST_PEOPLE), "Number of Patients", mark="R")] = None
    max_attendees: Annotated[int | None, Column(whole_up_to(MOST_PEOPLE), *MAXIMUM[:1], MAXIMUM[1:], "R")] = None
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
        Column(timestamp, *CANCELLED[:1], CANCELLED[1:], "R", destination="appointments.cancelled_at"),
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
    repeat_rule: Annotated[Json, Column(json_cell, mark="C")] = None

    @property
    def speaks_of_patients(self) -> bool:
        """Whether the row says anything at all of whose visit it is, even if it is not known whom it means."""
        said = {self.patient, self.attendees} - _NOBODY
        unread = {"patient_ids", "patient", "attendees"}.intersection(self.unread)
        return bool(self.patient_ids or said or unread)

    @property
    def shape(self) -> Literal["individual", "group", "busy"]:
        """What the row stands for: its own word first, then the number of patients that it has room for."""
        ids = len(self.patient_ids.ids) if self.patient_ids else 0
        room = self.max_attendees or 0
        if not self.speaks_of_patients and (self.kind == "busy" or (self.kind is None and room <= 0)):
            return "busy"
        return "group" if self.kind == "group" or ids > 1 or room > 1 else "individual"


def stays_because(row: Appointment) -> Problem | None:
    """What keeps a row from moving, in the order in which a receptionist would ask."""
    if row.starts_at is None:
        return Problem("bad_appointment_time")
    if is_reversed(row.starts_at, row.ends_at):
        return Problem("bad_interval")
    if row.practitioner_id is None:
        return Problem("busy_time_without_practitioner" if row.shape == "busy" else "practitioner_unknown")
    return None


def links_beside(row: Appointment) -> Iterator[tuple[str, Link, Column]]:
    """A visit that names no type refers to the unknown one, and waits for the clinic's word on it."""
    if row.appointment_type_id is None and row.shape != "busy":
        yield "appointment_type_id", Link(name=UNKNOWN_TYPE), _TYPE


def columns_for(row: Appointment) -> Mapping[str, Column | None]:
    """A busy time is nobody's visit and of no type; it waits for its practitioner under a problem of its own."""
    return _BUSY if row.shape == "busy" else {}


_PRACTITIONER = next(placed.column for placed in columns_of(Appointment) if placed.name == "practitioner_id")
_TYPE = next(placed.column for placed in columns_of(Appointment) if placed.name == "appointment_type_id")
_BUSY: Mapping[str, Column | None] = {
    "practitioner_id": replace(_PRACTITIONER, orphan_code="busy_time_without_practitioner"),
    "patient_ids": None,
    "appointment_type_id": None,
    "patient_case_id": None,
}


def mentions(row: Appointment) -> tuple[Mention, ...]:
    return no_mentions(row) if row.shape == "busy" else reasons(row)


def numbers_of(row: Appointment) -> tuple[tuple[str, int], ...]:
    """What a visit says of its note, and a class of its patients: counted, and held against what came of them."""
    status = (row.treatment_note_status or "").lower()
    note = NOTE_STATES.get(status) if row.shape == "individual" else None
    if row.shape == "group" and row.number_of_patients:
        return (("places", row.number_of_patients),)
    return ((note, 1),) if note else ()


def _written(moment: datetime | None) -> str | None:
    """A moment as the file has it: a time without an offset gives the same key whatever zone it is read in."""
    if moment is None:
        return None
    return moment.wall.isoformat() if isinstance(moment, LocalMoment) else moment.isoformat()


def composite_key(row: Appointment) -> str | None:
    """The key of a row in a file without ids: a digest of practitioner, times, patients and type."""
    parts = (
        row.practitioner_id and (row.practitioner_id.ids or row.practitioner_id.name),
        _written(row.starts_at),
        _written(row.ends_at),
        row.patient_ids and row.patient_ids.ids,
        row.appointment_type_id and (row.appointment_type_id.ids or row.appointment_type),
    )
    if row.starts_at is None or row.practitioner_id is None:
        return None
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def looks_like_appointments(headers: Headers) -> bool:
    return headers.all("starttime", "endtime") and headers.any(
        "patientid", "patientids", "numberofpatients", "maxattendees"
    )


KIND = Kind(
    name="appointments",
    label="Appointments",
    source_label="Appointments",
    source_location="Settings > Data exports > Appointments, from any time to any time",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_appointments),
        file_names=("appointments", "individual_appointments", "group_appointments"),
        json_keys=("appointments", "individual_appointments", "group_appointments", "bookings"),
        native_headers="R",
    ),
    row=Appointment,
    to_records=to_records,
    identity=Identity(
        compared_values=lambda row, _: of_appointment(row),
        key_of=composite_key,
    ),
    tables=("appointments", "appointment_groups", "busy_times", "communications", "cancellation_reasons"),
    exclusion=Exclusion(reason=stays_because),
    references=References(
        column_overrides=columns_for,
        extra_links=links_beside,
    ),
    schedule=Schedule(
        numbers_of=numbers_of,
        attended=lambda row: False if row.did_not_arrive else row.patient_arrived or None,
    ),
    sharing=Sharing(
        target_link="patient_ids",
        is_shared=lambda row: row.shape == "group",
        is_unreferenced=lambda row: row.shape == "busy",
        no_target_code="appointment_without_patient",
    ),
    naming=Naming(
        mentions=mentions,
        record_makers={"cancellation_reasons": cancellation_reason},
    ),
)
