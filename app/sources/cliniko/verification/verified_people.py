"""Verified columns of clients, contacts and cases."""

from app.mapping.verified_kinds import ReportedProblem, VerifiedKind, day, email, same, words
from app.sources.cliniko.verification import rules
from app.sources.cliniko.verification.shared_columns import CLIENT, MADE, exempt_codes

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "patients",
        "clients",
        (
            words("title"),
            words("first_name"),
            words("last_name"),
            words("preferred_name", "preferred_first_name"),
            day("date_of_birth"),
            words("sex"),
            email("email"),
            words("profession", "occupation"),
            words("emergency_contact_name", "emergency_contact"),
            words("notes"),
            words("address", "address_1"),
            words("address", "city"),
            words("address", "post_code"),
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            *("bad_date_of_birth", "patient_name_partial", "legacy_gender_used", "referrer_not_found"),
            *("referrer_ambiguous", "possible_duplicate_patient", "test_record_suspected"),
        ),
        reported_problems=(
            ReportedProblem("patient_name_missing", words("first_name")),
            ReportedProblem("patient_name_missing", words("last_name")),
        ),
        required=("first_name", "last_name", "date_of_birth|preferred_first_name"),
        excluded_headers=("Start Time",),
    ),
    VerifiedKind(
        "contacts",
        "contacts",
        (
            same("type", pick=rules.contact_type),
            words("title"),
            words("first_name"),
            words("last_name"),
            words("company", "company_name"),
            email("email"),
            words("notes"),
            words("notes", "provider_number"),
            words("address", "city"),
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes("contact_name_defaulted", contact_type_conflict="type"),
        required=("first_name|company_name",),
        excluded_headers=("Start Time",),
    ),
    VerifiedKind(
        "patient_cases",
        "cases",
        (
            words("name"),
            words("notes"),
            day("issue_date"),
            day("expiry_date"),
            CLIENT,
            MADE,
        ),
        has_own_record=True,
        exempts=exempt_codes(
            *("case_dates_reversed", "case_two_limits", "case_limit_unclear", "case_contact_unknown"),
            "appointment_case_unknown",
        ),
        reported_problems=(ReportedProblem("case_without_patient", CLIENT),),
        required=("patient_id", "max_sessions|expiry_date|issue_date"),
    ),
)
