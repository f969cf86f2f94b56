"""Verified columns of clients, contacts and cases."""

from app.mapping.verified_kinds import ReportedProblem, VerifiedKind, day, email, same, words
from app.sources.cliniko.verification import rules
from app.sources.cliniko.verification.shared_columns import CLIENT, MADE, exempt_codes

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "patients",
        "clients",
        ("Patient ID", "id"),
        (
            words("title", "Title", "title"),
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            words("preferred_name", "Preferred First Name", "preferred_first_name"),
            day("date_of_birth", "Date of Birth", "date_of_birth"),
            words("sex", "Sex", "sex"),
            email("email", "Email", "email"),
            words("profession", "Occupation", "occupation"),
            words("emergency_contact_name", "Emergency Contact", "emergency_contact"),
            words("notes", "Extra Information", "notes"),
            words("address", "Address1", "address_1"),
            words("address", "City", "city"),
            words("address", "Post code", "post_code"),
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            *("bad_date_of_birth", "patient_name_partial", "legacy_gender_used", "referrer_not_found"),
            *("referrer_ambiguous", "possible_duplicate_patient", "test_record_suspected"),
        ),
        reported_problems=(
            ReportedProblem("patient_name_missing", words("first_name", "First Name", "first_name")),
            ReportedProblem("patient_name_missing", words("last_name", "Last Name", "last_name")),
        ),
        required_headers=("First Name", "Last Name", "Date of Birth|Preferred First Name"),
        excluded_headers=("Start Time",),
    ),
    VerifiedKind(
        "contacts",
        "contacts",
        ("Contact ID", "id"),
        (
            same("type", "Type", "type", pick=rules.contact_type),
            words("title", "Title", "title"),
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            words("company", "Company Name", "company_name"),
            email("email", "Email", "email"),
            words("notes", "Notes", "notes"),
            words("notes", "Provider Number", "provider_number"),
            words("address", "City", "city"),
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes("contact_name_defaulted", contact_type_conflict="type"),
        required_headers=("First Name|Company Name",),
        excluded_headers=("Start Time",),
    ),
    VerifiedKind(
        "patient_cases",
        "cases",
        ("Case ID", "id"),
        (
            words("name", "Name", "name"),
            words("notes", "Notes", "notes"),
            day("issue_date", "Issue Date", "issue_date"),
            day("expiry_date", "Expiry Date", "expiry_date"),
            CLIENT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            *("case_dates_reversed", "case_two_limits", "case_limit_unclear", "case_contact_unknown"),
            "appointment_case_unknown",
        ),
        reported_problems=(ReportedProblem("case_without_patient", CLIENT),),
        required_headers=("Patient ID", "Max Sessions|Expiry Date|Issue Date"),
    ),
)
