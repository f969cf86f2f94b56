"""Appointments: who visited whom, when and for what. Each visit of one patient becomes an appointment.

A group row becomes one appointment for each of its patients, a row without patients becomes a busy time. No message is
sent to anybody.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from app.mapping.columns import Column, Link, columns_of
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.moments import LocalMoment
from app.mapping.names import normalise_name, normalise_person
from app.mapping.traits import (
    Exclusion,
    FormerRecords,
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
from app.sources.cliniko.appointment_row import AppointmentRow
from app.sources.cliniko.appointment_types import UNKNOWN_TYPE
from app.sources.cliniko.attendance import compared_cancellation
from app.sources.cliniko.bookings import cancellation_mentions, cancellation_reason, to_records
from app.sources.cliniko.compared_values import ComparedValues
from app.sources.cliniko.diary import is_reversed
from app.sources.cliniko.former_visits import former_records
from app.sources.cliniko.headers import HeaderSet, fingerprint

NOTE_STATES = {"final": "says_final", "90": "says_final", "draft": "says_draft", "10": "says_draft"}
"""What `treatment_note_status` counts as: words of Cliniko's csv export of appointments, codes of its API."""
_COMPARED_OF_GROUPS = dict.fromkeys(("number_of_patients", "max_attendees", "number_of_cancellations"))


def reason_not_moved(row: AppointmentRow) -> Problem | None:
    """The problem for which a row cannot move, as far as the row alone can say; None for a row that can."""
    if row.starts_at is None:
        return Problem("bad_appointment_time")
    if is_reversed(row.starts_at, row.ends_at):
        return Problem("bad_interval")
    if row.practitioner_id is None:
        return Problem("busy_time_without_practitioner" if row.shape == "busy" else "practitioner_unknown")
    return None


def unknown_type_link(row: AppointmentRow) -> Iterator[tuple[str, Link, Column]]:
    """A reference to the unknown appointment type for a visit without a type; its row waits for the clinic's choice."""
    if row.appointment_type_id is None and row.shape != "busy":
        yield "appointment_type_id", Link(name=UNKNOWN_TYPE), _TYPE


def columns_for(row: AppointmentRow) -> Mapping[str, Column | None]:
    """The links that differ in a busy time: no patient and no case, and its practitioner has a problem code.

    Rows of attendees may show that the row is a visit: then its type counts.
    """
    return _BUSY if row.shape == "busy" else {}


_PRACTITIONER = next(placed.column for placed in columns_of(AppointmentRow) if placed.name == "practitioner_id")
_TYPE = next(placed.column for placed in columns_of(AppointmentRow) if placed.name == "appointment_type_id")
_BUSY: Mapping[str, Column | None] = {
    "practitioner_id": replace(_PRACTITIONER, orphan_code="busy_time_without_practitioner"),
    "patient_ids": None,
    "appointment_type_id": replace(_TYPE, required=False, orphan_code=None, ambiguous_code=None),
    "patient_case_id": None,
}


def mentions(row: AppointmentRow) -> tuple[Mention, ...]:
    """The cancellation reason; nothing for a busy time."""
    return no_mentions(row) if row.shape == "busy" else cancellation_mentions(row)


def numbers_of(row: AppointmentRow) -> tuple[tuple[str, int], ...]:
    """The numbers that totals of the trial are compared with: places of a group, and the state of a visit's note."""
    status = (row.treatment_note_status or "").lower()
    note = NOTE_STATES.get(status) if row.shape == "individual" else None
    if row.shape == "group" and row.number_of_patients:
        return (("places", row.number_of_patients),)
    return ((note, 1),) if note else ()


def _written(moment: datetime | None) -> str | None:
    """A moment as the file writes it, so that a time without an offset gives the same key in every time zone."""
    if moment is None:
        return None
    return moment.wall.isoformat() if isinstance(moment, LocalMoment) else moment.isoformat()


def composite_key(row: AppointmentRow) -> str | None:
    """The key of a row in a file without ids: a hex digest of practitioner, times, patients and type.

    None for a row without a start or a practitioner. Rows have equal keys if these columns mean the same: patients in
    any order, names as names are compared.
    """
    if row.starts_at is None or row.practitioner_id is None:
        return None
    parts = (
        row.practitioner_id.ids or normalise_person(row.practitioner_id.name or ""),
        _written(row.starts_at),
        _written(row.ends_at),
        row.patient_ids and tuple(sorted(set(row.patient_ids.ids))),
        row.appointment_type_id and (row.appointment_type_id.ids or normalise_name(row.appointment_type or "")),
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def compared(row: AppointmentRow) -> ComparedValues:
    """The values by which two rows of one appointment are compared.

    Names count only where the row has no id, numbers of patients only in a group. An empty mark equals false.
    """
    links = {
        "practitioner": row.practitioner_id,
        "business": row.business_id,
        "appointment_type": row.appointment_type_id,
        "patient": row.patient_ids,
        "attendees": row.patient_ids,
    }
    shape = row.shape
    return {
        **({} if shape == "group" else _COMPARED_OF_GROUPS),
        "kind": shape,
        "patient_arrived": row.patient_arrived or None,
        "did_not_arrive": row.did_not_arrive or None,
        **{name: None for name, link in links.items() if link is not None and link.ids},
        **compared_cancellation(row),
    }


def looks_like_appointments(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's csv export of appointments, or of its API's bookings."""
    return headers.all("starttime", "endtime") and headers.any(
        "patientid", "patientids", "numberofpatients", "maxattendees"
    )


KIND = Kind(
    name="appointments",
    role=KindRole.VISIT,
    label="Appointments",
    source_label="Appointments",
    source_location="Settings > Data exports > Appointments, from any time to any time",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_appointments),
        file_names=("appointments", "individual_appointments", "group_appointments"),
        json_keys=("appointments", "individual_appointments", "group_appointments", "bookings"),
        native_headers="R",
    ),
    row=AppointmentRow,
    to_records=to_records,
    identity=Identity(
        compared_values=lambda row, _: compared(row),
        not_compared=(
            "treatment_note_status",
            "invoice_id",
            "invoice_status",
            "sms_reminder_sent",
            "email_reminder_sent",
            "repeated_from_id",
            "repeat_rule",
        ),
        key_of=composite_key,
    ),
    tables=("appointments", "appointment_groups", "busy_times", "communications", "cancellation_reasons"),
    exclusion=Exclusion(reason=reason_not_moved),
    former=FormerRecords(records=former_records),
    references=References(
        column_overrides=columns_for,
        extra_links=unknown_type_link,
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
