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
    exempt_codes,
)

VISITOR = link_to("client_id", "clients", "patients", "patient_ids", usual_header="Patient ID")
"""`Patient ID` holds one id; `PatientID(s)` may hold several."""

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "appointments",
        "appointments",
        (
            STARTS,
            ENDS,
            same("duration", "ends_at", pick=rules.minutes),
            moment("cancelled_at"),
            same("status", "patient_arrived", pick=rules.status),
            words("note", "notes"),
            words("cancellation_note"),
            words("cancellation_note", "cancellation_reason", pick=rules.other_reason),
            VISITOR,
            PRACTITIONER,
            LOCATION,
            SERVICE,
            link_to("case_id", "cases", "patient_cases", "patient_case_id", shared_column="client_id"),
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
            "booking_id",
            frozenset({"status", "client_id", "cancelled_at", "cancellation_note", "case_id"}),
            usual_header="Booking ID",
        ),
        reported_problems=(
            *TIMES,
            ReportedProblem("appointment_without_patient", VISITOR),
            ReportedProblem("practitioner_unknown", PRACTITIONER),
            ReportedProblem("appointment_type_ambiguous", SERVICE),
            ReportedProblem("appointment_type_missing", SERVICE),
        ),
        required=(
            "starts_at",
            "ends_at",
            "patient_ids|number_of_patients|max_attendees",
        ),
    ),
    VerifiedKind(
        "unavailable_blocks",
        "busy_times",
        (
            STARTS,
            ENDS,
            words("note", "notes"),
            PRACTITIONER,
        ),
        exempts=exempt_codes("appointment_location_defaulted", busy_time_note_truncated="note"),
        reported_problems=(*TIMES, ReportedProblem("busy_time_without_practitioner", PRACTITIONER)),
        required=("starts_at", "ends_at", "practitioner_id", "notes"),
        excluded_headers=("Patient ID", "Day Of Week"),
    ),
)
