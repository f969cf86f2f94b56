"""Verified columns of locations, users, practitioners, their numbers, and services."""

from app.mapping.verified_kinds import ReportedProblem, VerifiedKind, email, link_to, same, words
from app.sources.cliniko.verification import rules
from app.sources.cliniko.verification.shared_columns import MADE, PRACTITIONER, exempt_codes

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "practitioner_reference_numbers",
        "provider_numbers",
        (words("label", "name"), words("number", "reference_number"), PRACTITIONER),
        exempts=exempt_codes("location_unknown"),
        reported_problems=(ReportedProblem("reference_number_without_practitioner", PRACTITIONER),),
        required=("practitioner_id", "reference_number"),
    ),
    VerifiedKind(
        "businesses",
        "locations",
        (
            words("name", "display_name", "business_name", "label", pick=rules.location_name),
            words("timezone", "time_zone"),
            email("email", "email_reply_to"),
            MADE,
        ),
        exempts=exempt_codes(timezone_unknown="timezone"),
        required=("business_name|display_name",),
        excluded_headers=("Start Time", "Patient ID"),
    ),
    VerifiedKind(
        "users",
        "users",
        (
            words("first_name"),
            words("last_name"),
            email("email"),
            same("role", pick=rules.role),
            same("active", pick=rules.active),
            MADE,
        ),
        exempts=exempt_codes("user_email_missing", user_email_duplicate="email", role_unknown="role"),
        required=("email", "role", "first_name"),
    ),
    VerifiedKind(
        "practitioners",
        "practitioners",
        (
            words("display_name"),
            words("professional_title", "designation"),
            words("description"),
            same("active", pick=rules.active),
            link_to("user_id", "users", "users"),
            link_to("user_id", "users", "practitioners", pick=rules.own_user),
            MADE,
        ),
        exempts=exempt_codes("practitioner_without_user"),
        required=("user_id|designation|active", "display_name|last_name"),
        excluded_headers=("Role",),
    ),
    VerifiedKind(
        "practitioners",
        "users",
        (
            words("first_name"),
            words("last_name"),
            same("role", "user_id", pick=rules.practitioner_role),
        ),
        exempts=exempt_codes("practitioner_without_user"),
        id_suffix=":user",
    ),
    VerifiedKind(
        "appointment_types",
        "services",
        (
            words("name"),
            words("description"),
            words("item_code"),
            same("duration", "duration_in_minutes", pick=rules.type_duration),
            MADE,
        ),
        exempts=exempt_codes("duration_defaulted", "price_unknown", "service_kind_undecided", "template_unknown"),
        required=("duration_in_minutes", "name"),
    ),
)
