"""Verified columns of locations, users, practitioners, their numbers, and services."""

from app.mapping.verified_kinds import ReportedProblem, VerifiedKind, email, link_to, same, words
from app.sources.cliniko.verification import rules
from app.sources.cliniko.verification.shared_columns import MADE, PRACTITIONER, exempt_codes

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    VerifiedKind(
        "practitioner_reference_numbers",
        "provider_numbers",
        ("Reference Number ID", "id"),
        (words("label", "Name", "name"), words("number", "Reference Number", "reference_number"), PRACTITIONER),
        exempts=exempt_codes("location_unknown"),
        reported_problems=(ReportedProblem("reference_number_without_practitioner", PRACTITIONER),),
        required_headers=("Practitioner ID", "Reference Number"),
    ),
    VerifiedKind(
        "businesses",
        "locations",
        ("Business ID", "id"),
        (
            words("name", *rules.NAMES, pick=rules.location_name),
            words("timezone", "Time Zone", "time_zone"),
            email("email", "Email Reply To", "email_reply_to"),
            MADE,
        ),
        exempts=exempt_codes(timezone_unknown="timezone"),
        required_headers=("Business Name|Display Name",),
        excluded_headers=("Start Time", "Patient ID"),
    ),
    VerifiedKind(
        "users",
        "users",
        ("User ID", "id"),
        (
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            email("email", "Email", "email"),
            same("role", "Role", "role", pick=rules.role),
            same("active", "Active", "active", pick=rules.active),
            MADE,
        ),
        exempts=exempt_codes("user_email_missing", user_email_duplicate="email", role_unknown="role"),
        required_headers=("Email", "Role", "First Name"),
    ),
    VerifiedKind(
        "practitioners",
        "practitioners",
        ("Practitioner ID", "id"),
        (
            words("display_name", "Display Name", "label", "display_name"),
            words("professional_title", "Designation", "designation"),
            words("description", "Description", "description"),
            same("active", "Active", "active", pick=rules.active),
            link_to("user_id", "users", "users", "User ID", "user"),
            link_to("user_id", "users", "practitioners", "User ID", "user", pick=rules.own_user),
            MADE,
        ),
        exempts=exempt_codes("practitioner_without_user"),
        required_headers=("User ID|Designation|Active", "Label|Last Name"),
        excluded_headers=("Role",),
    ),
    VerifiedKind(
        "practitioners",
        "users",
        ("Practitioner ID", "id"),
        (
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            same("role", "User ID", "user", pick=rules.practitioner_role),
        ),
        exempts=exempt_codes("practitioner_without_user"),
        id_suffix=":user",
    ),
    VerifiedKind(
        "appointment_types",
        "services",
        ("Appointment Type ID", "id"),
        (
            words("name", "Name", "name"),
            words("description", "Description", "description"),
            words("item_code", "Item Code", "item_code"),
            same("duration", "Duration In Minutes", "duration_in_minutes", pick=rules.type_duration),
            MADE,
        ),
        exempts=exempt_codes("duration_defaulted", "price_unknown", "service_kind_undecided", "template_unknown"),
        required_headers=("Duration In Minutes|Duration", "Name"),
    ),
)
