"""Verified columns of appointments and busy times."""

from app.mapping.verified_kinds import OverridingKind, ReportedProblem, VerifiedKind, link_to, moment, same, words
from app.sources.cliniko.verification import rules
from app.sources.cliniko.verification.shared_columns import (
    ENDS,
    LOCATION,
    MADE,
    PRACTITIONER,
    SERVICE,
    STARTS,
    TIMES,
    VISITOR,
    exempt_codes,
)

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "appointments",
        "appointments",
        ("Appointment ID", "id"),
        (
            STARTS,
            ENDS,
            same("duration", *ENDS.headers, pick=rules.minutes),
            moment("cancelled_at", "Cancellation Time", "cancelled_at"),
            same("status", "Patient Arrived", "patient_arrived", pick=rules.status),
            words("note", "Appointment Notes", "notes"),
            words("cancellation_note", "Cancellation Note", "cancellation_note"),
            words("cancellation_note", "Cancellation Reason", pick=rules.other_reason),
            VISITOR,
            PRACTITIONER,
            LOCATION,
            SERVICE,
            link_to("case_id", "cases", "patient_cases", "Patient Case ID", "Case ID", shared_column="client_id"),
            MADE,
        ),
        exempts=exempt_codes(
            *("cancellation_reason_unknown", "end_time_assumed", "appointment_location_defaulted", "long_appointment"),
            *("appointment_case_unknown", "appointment_type_created_from_name", "patient_name_differs"),
            attendance_conflict="status",
            appointment_note_truncated="note",
            appointment_archived="status cancelled_at cancellation_note",
        ),
        overridden_by=OverridingKind(
            "attendees",
            ("Booking ID", "booking_id", "Appointment ID", "appointment_id"),
            frozenset({"status", "client_id", "cancelled_at", "cancellation_note", "case_id"}),
        ),
        reported_problems=(
            *TIMES,
            ReportedProblem("appointment_without_patient", VISITOR),
            ReportedProblem("practitioner_unknown", PRACTITIONER),
            ReportedProblem("appointment_type_ambiguous", SERVICE),
            ReportedProblem("appointment_type_missing", SERVICE),
        ),
        required_headers=(
            "Start Time|Starts At",
            "End Time|Ends At",
            "Patient ID|PatientID(s)|Number of Patients|Max Attendees",
        ),
    ),
    VerifiedKind(
        "unavailable_blocks",
        "busy_times",
        ("Unavailable Block ID", "id"),
        (
            STARTS,
            ENDS,
            words("note", "Notes", "notes"),
            PRACTITIONER,
        ),
        exempts=exempt_codes("appointment_location_defaulted", busy_time_note_truncated="note"),
        reported_problems=(*TIMES, ReportedProblem("busy_time_without_practitioner", PRACTITIONER)),
        required_headers=("Start Time|Starts At", "End Time|Ends At", "Practitioner ID", "Notes"),
        excluded_headers=("Patient ID", "Day Of Week"),
    ),
)
