"""Problems of the diary: visits, groups, attendees, and busy times."""

from tests.register.case import Case, case
from tests.register.story import DIARY, Rows, export

VISITS = "appointments"
LONG = "x" * 300


def visits(*rows: dict[str, str | None], **more: Rows) -> dict[str, str | bytes]:
    """Visits, with all that they need."""
    return export(*(kind for kind in DIARY if kind not in more), **more, appointments=rows)


def visit(code: str, row: dict[str, str | None], **more: Rows) -> Case:
    return case(code, visits(row, **more), VISITS, source_id="77")


LINKS: tuple[Case, ...] = (
    visit("appointment_without_patient", {"patient_ids": "404"}),
    visit("practitioner_unknown", {"practitioner_id": "404"}),
    visit(
        "practitioner_ambiguous",
        {"practitioner_id": None, "practitioner": "Sam Lee"},
        practitioners=[{"display_name": "Sam Lee"}, {"id": "8", "display_name": "Sam Lee"}],
    ),
    visit(
        "appointment_location_defaulted", {"business_id": "404"}, businesses=[{}, {"id": "4", "business_name": "Perth"}]
    ),
    visit("appointment_type_created_from_name", {"appointment_type_id": None, "appointment_type": "Yoga"}),
    visit(
        "appointment_type_ambiguous",
        {"appointment_type_id": None, "appointment_type": "Initial consult"},
        appointment_types=[{}, {"id": "10"}],
    ),
    visit("appointment_type_missing", {"appointment_type_id": None}),
    visit("appointment_case_unknown", {"patient_case_id": "404"}, patient_cases=[{}]),
    visit("patient_name_differs", {"patient": "Somebody Else"}),
)

TIMES: tuple[Case, ...] = (
    visit("bad_appointment_time", {"starts_at": "soon"}),
    visit("end_time_assumed", {"ends_at": ""}),
    visit("bad_interval", {"ends_at": "2026-04-01 08:00:00 +1100"}),
    visit("long_appointment", {"ends_at": "2026-04-03 09:00:00 +1100"}),
    case("appointment_overlap", visits({}, {"id": "78"}), VISITS),
    visit("series_not_linked", {"repeat_rule": '{"repeating_interval":1}'}),
    visit("past_appointment_unmarked", {"patient_arrived": ""}),
    visit("appointment_archived", {"archived_at": "2026-03-01 09:00:00 +1100", "patient_arrived": ""}),
    visit("attendance_conflict", {"did_not_arrive": "true"}),
    visit(
        "cancellation_reason_unknown",
        {"cancelled_at": "2026-03-01 09:00:00 +1100", "cancellation_reason": "Flood", "patient_arrived": ""},
    ),
    visit("appointment_note_truncated", {"notes": LONG}),
)

TWO: Rows = [{}, {"id": "12", "first_name": "Bea"}]
GROUPS: tuple[Case, ...] = (
    visit(
        "group_attendance_unknown",
        {"patient_ids": "11, 12", "max_attendees": "5", "number_of_cancellations": "1", "number_of_patients": "2"},
        patients=TWO,
    ),
    visit(
        "group_count_mismatch",
        {"patient_ids": "11, 12", "max_attendees": "5", "number_of_patients": "3"},
        patients=TWO,
    ),
    visit("group_without_attendees", {"patient_ids": "", "kind": "group", "max_attendees": "5"}),
    case(
        "attendee_without_appointment",
        visits({}, attendees=[{"booking_id": "404"}]),
        "attendees",
        source_id="501",
    ),
    case("attendee_without_patient", visits({}, attendees=[{"patient_id": "404"}]), "attendees", source_id="501"),
    case(
        "duplicate_attendee",
        visits({"max_attendees": "5"}, attendees=[{}, {"id": "502"}]),
        "attendees",
        source_id="502",
    ),
)

BUSY = "unavailable_blocks"
FREE: tuple[Case, ...] = (
    case(
        "busy_time_without_practitioner",
        export(*DIARY, unavailable_blocks=[{"practitioner_id": "404"}]),
        BUSY,
        source_id="61",
    ),
    case("busy_time_note_truncated", export(*DIARY, unavailable_blocks=[{"notes": LONG}]), BUSY, source_id="61"),
    case(
        "bad_interval",
        export(*DIARY, unavailable_blocks=[{"ends_at": "2026-04-01 11:00:00 +1100"}]),
        BUSY,
        source_id="61",
    ),
)

CASES = (*LINKS, *TIMES, *GROUPS, *FREE)
