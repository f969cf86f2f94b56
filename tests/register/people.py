"""Problems of people: patients, contacts, and cases."""

from tests.register.case import Case, case
from tests.register.story import export

WHEN = "2026-01-01 09:00:00 +1100"


def patients(*rows: dict[str, str | None]) -> dict[str, str | bytes]:
    return export(patients=rows)


NAMES: tuple[Case, ...] = (
    case(
        "patient_name_missing", patients({"first_name": "", "last_name": ""}, {"id": "12"}), "patients", source_id="11"
    ),
    case("patient_name_partial", patients({"first_name": ""}), "patients", source_id="11"),
    case("same_name", patients({}, {"id": "12"}), "patients", count=2),
    case(
        "possible_duplicate_patient",
        patients({"date_of_birth": "1980-01-02"}, {"id": "12", "date_of_birth": "1980-01-02"}),
        "patients",
        count=2,
    ),
    case("test_record_suspected", patients({"first_name": "Test"}), "patients", source_id="11"),
    case("legacy_gender_used", patients({"gender": "Female"}), "patients", source_id="11"),
)

REACHED: tuple[Case, ...] = (
    case("bad_email", patients({"email": "jo@@x"}), "patients", source_id="11"),
    case("bad_phone", patients({"phone_mobile": "ask mum"}), "patients", source_id="11"),
    case("phone_country_assumed", patients({"phone_mobile": "0400 111 222"}), "patients", source_id="11"),
    case("spreadsheet_value_mended", patients({"phone_mobile": "61491570006.0"}), "patients", source_id="11"),
    case("spreadsheet_error_value", patients({"city": "#REF!"}), "patients", source_id="11"),
    case("date_from_instant", patients({"date_of_birth": "1980-06-01T14:00:00Z"}), "patients", source_id="11"),
    case("field_without_destination", patients({"time_zone": "Australia/Sydney"}), "patients"),
)

MERGED: tuple[Case, ...] = (
    case(
        "merged_patient_redirected",
        patients({"merged_at": WHEN, "merged_with_patient_id": "12"}, {"id": "12"}),
        "patients",
        source_id="11",
    ),
    case(
        "merge_cycle",
        patients(
            {"merged_at": WHEN, "merged_with_patient_id": "12"},
            {"id": "12", "merged_at": WHEN, "merged_with_patient_id": "11"},
            {"id": "13", "first_name": "Bea"},
        ),
        "patients",
        count=2,
    ),
    case(
        "merge_survivor_missing",
        patients({"merged_at": WHEN, "merged_with_patient_id": "404"}),
        "patients",
        source_id="11",
    ),
    case("merge_target_unknown", patients({"merged_at": WHEN}), "patients", source_id="11"),
)

CONTACTS: tuple[Case, ...] = (
    case("contact_name_defaulted", export(contacts=[{"first_name": ""}]), "contacts", source_id="41"),
    case("contact_type_conflict", export(contacts=[{"type_code": "2"}]), "contacts", source_id="41"),
    case(
        "referrer_not_found",
        export("contacts", patients=[{"referring_doctor": "Dr Nobody"}]),
        "patients",
        source_id="11",
    ),
    case(
        "referrer_ambiguous",
        export(contacts=[{}, {"id": "42"}], patients=[{"referring_doctor": "Ada Hall"}]),
        "patients",
        source_id="11",
    ),
)

COURSES: tuple[Case, ...] = (
    case("case_without_patient", export(patient_cases=[{"patient_id": "404"}]), "patient_cases", source_id="51"),
    case(
        "case_contact_unknown",
        export("contacts", patient_cases=[{"contact_id": "404"}]),
        "patient_cases",
        source_id="51",
    ),
    case(
        "case_dates_reversed",
        export(patient_cases=[{"issue_date": "2026-03-01", "expiry_date": "2026-02-01"}]),
        "patient_cases",
        source_id="51",
    ),
    case(
        "case_two_limits",
        export(patient_cases=[{"max_sessions": "5", "max_invoiceable_amount": "500.00"}]),
        "patient_cases",
        source_id="51",
    ),
    case("case_balance_check", export(patient_cases=[{"max_sessions": "5"}]), "patient_cases", source_id="51"),
    case("name_missing", export(patient_cases=[{"name": "", "max_sessions": "5"}]), "patient_cases", source_id="51"),
)

CHILDREN: tuple[Case, ...] = (
    case(
        "parent_not_imported",
        export("patient_cases", patients=[{"deleted_at": WHEN}, {"id": "12"}]),
        "patient_cases",
        source_id="51",
    ),
    case("many_orphans", export(patient_cases=[{"patient_id": "404"}, {"id": "52"}]), "patient_cases"),
)

CASES = (*NAMES, *REACHED, *MERGED, *CONTACTS, *COURSES, *CHILDREN)
