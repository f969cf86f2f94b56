"""Problems of the clinic itself: its places, people, hours, services and own questions."""

from tests.register.case import Case, case
from tests.register.story import DIARY, Rows, export

BUSINESSES: tuple[Case, ...] = (
    case("name_missing", export(businesses=[{"business_name": ""}]), "businesses", source_id="3"),
    case("duplicate_name", export(businesses=[{}, {"id": "4"}]), "businesses", source_id="4"),
    case("timezone_unknown", export(businesses=[{"time_zone": "Atlantis"}]), "businesses", source_id="3"),
)

USERS: tuple[Case, ...] = (
    case("user_email_missing", export(users=[{"email": ""}]), "users", source_id="5"),
    case("user_email_duplicate", export(users=[{}, {"id": "6"}]), "users", source_id="6"),
    case("role_unknown", export(users=[{"role": "wizard"}]), "users", source_id="5"),
)

PRACTITIONERS: tuple[Case, ...] = (
    case("practitioner_without_user", export("practitioners"), "practitioners", source_id="7"),
    case("practitioner_placeholder_created", export("businesses", "treatment_notes"), "practitioners"),
    case(
        "reference_number_without_practitioner",
        export(*DIARY, practitioner_reference_numbers=[{"practitioner_id": "404"}]),
        "practitioner_reference_numbers",
        source_id="21",
    ),
    case(
        "location_unknown",
        export(*DIARY, practitioner_reference_numbers=[{"business_id": "404"}]),
        "practitioner_reference_numbers",
        source_id="21",
    ),
    case(
        "empty_value",
        export(*DIARY, practitioner_reference_numbers=[{"reference_number": ""}]),
        "practitioner_reference_numbers",
        source_id="21",
    ),
)

WEEK = "practitioner_availability"


def week(*rows: dict[str, str | None], **more: Rows) -> dict[str, str | bytes]:
    return export(*(kind for kind in DIARY if kind not in more), **more, practitioner_availability=rows)


HOURS: tuple[Case, ...] = (
    case("availability_without_practitioner", week({"practitioner_id": "404"}), WEEK, source_id="31"),
    case("availability_without_location", week({"business_id": "404"}), WEEK, source_id="31"),
    case("availability_inactive_practitioner", week({}, practitioners=[{"active": "false"}]), WEEK, source_id="31"),
    case("availability_overlap", week({}, {"id": "32"}), WEEK, line=3, source_id="32"),
    case(
        "bad_interval",
        week({"availabilities": '[{"starts_at":"12:00","ends_at":"09:00"}]'}),
        WEEK,
        level="skipped",
        source_id="31",
    ),
    case("bad_weekday", week({"day_of_week": "8"}), WEEK, source_id="31"),
    case("empty_value", week({"availabilities": "[]"}), WEEK, source_id="31"),
    case("hours_unreadable", week({"availabilities": None, "starts_at": "9", "ends_at": "17"}), WEEK, source_id="31"),
    case("timezone_differs", week({"time_zone_identifier": "Australia/Perth"}), WEEK, source_id="31"),
    case(
        "availability_block_not_imported",
        export(*DIARY)
        | {
            "blocks.csv": "id,practitioner_id,business_id,starts_at,ends_at,repeat_rule\n"
            "1,7,3,2026-04-01 12:00:00 +1100,2026-04-01 13:00:00 +1100,\n"
            "2,7,3,2026-04-02 12:00:00 +1100,2026-04-02 13:00:00 +1100,\n"
        },
        count=2,
    ),
)

TYPES = "appointment_types"
SERVICES: tuple[Case, ...] = (
    case("duration_defaulted", export(appointment_types=[{"duration_in_minutes": "0"}]), TYPES, source_id="9"),
    case("price_unknown", export(appointment_types=[{"price": ""}]), TYPES, source_id="9"),
    case("duplicate_name", export(appointment_types=[{}, {"id": "10"}]), TYPES, source_id="10"),
    case(
        "service_kind_undecided", export(appointment_types=[{"name": "Report"}]), TYPES, level="warning", source_id="9"
    ),
    case("template_unknown", export(appointment_types=[{"treatment_note_template_id": "404"}]), TYPES, source_id="9"),
)

FIELDS: tuple[Case, ...] = (
    case(
        "custom_field_type_unknown", export(custom_fields=[{"field_type": "slider"}]), "custom_fields", source_id="f1"
    ),
    case(
        "custom_value_without_patient",
        export("custom_fields", custom_field_values=[{"patient_id": "404"}]),
        "custom_field_values",
        source_id="404/f1",
    ),
    case("custom_field_undefined", export("custom_field_values"), "custom_field_values", source_id="11/f1"),
    case(
        "custom_field_ambiguous",
        export(custom_fields=[{}, {"field_token": "f2"}], custom_field_values=[{"field_token": ""}]),
        "custom_field_values",
    ),
    case(
        "custom_option_added",
        export(
            custom_fields=[{"field_type": "radiobuttons", "option_token": "o1", "option_name": "Rowing"}],
            custom_field_values=[{"value": "Chess"}],
        ),
        "custom_field_values",
        source_id="11/f1",
    ),
    case(
        "custom_value_bad_date",
        export(custom_fields=[{"field_type": "date"}], custom_field_values=[{"value": "next spring"}]),
        "custom_field_values",
        source_id="11/f1",
    ),
    case(
        "custom_value_conflict",
        export("custom_fields", custom_field_values=[{}, {"value": "Chess"}]),
        "custom_field_values",
        line=2,
    ),
)

CASES = (*BUSINESSES, *USERS, *PRACTITIONERS, *HOURS, *SERVICES, *FIELDS)
