"""The clinic itself, its people and what it offers, looked for a second time."""

from app.mapping.second_look import Claim, Look, email, leads, same, words
from app.sources.cliniko import verification_rules
from app.sources.cliniko.looks.shared import MADE, PRACTITIONER, touches

LOOKS: tuple[Look, ...] = (
    Look(
        "practitioner_reference_numbers",
        "provider_numbers",
        ("Reference Number ID", "id"),
        (words("label", "Name", "name"), words("number", "Reference Number", "reference_number"), PRACTITIONER),
        touches=touches("location_unknown"),
        claims=(Claim("reference_number_without_practitioner", PRACTITIONER),),
        marks=("Practitioner ID", "Reference Number"),
    ),
    Look(
        "businesses",
        "locations",
        ("Business ID", "id"),
        (
            words("name", *verification_rules.NAMES, pick=verification_rules.place),
            words("timezone", "Time Zone", "time_zone"),
            email("email", "Email Reply To", "email_reply_to"),
            MADE,
        ),
        touches=touches(timezone_unknown="timezone"),
        marks=("Business Name|Display Name",),
        never=("Start Time", "Patient ID"),
    ),
    Look(
        "users",
        "users",
        ("User ID", "id"),
        (
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            email("email", "Email", "email"),
            same("role", "Role", "role", pick=verification_rules.role),
            same("active", "Active", "active", pick=verification_rules.active),
            MADE,
        ),
        touches=touches("user_email_missing", user_email_duplicate="email", role_unknown="role"),
        marks=("Email", "Role", "First Name"),
    ),
    Look(
        "practitioners",
        "practitioners",
        ("Practitioner ID", "id"),
        (
            words("display_name", "Display Name", "label", "display_name"),
            words("professional_title", "Designation", "designation"),
            words("description", "Description", "description"),
            same("active", "Active", "active", pick=verification_rules.active),
            leads("user_id", "users", "users", "User ID", "user"),
            leads("user_id", "users", "practitioners", "User ID", "user", pick=verification_rules.own_user),
            MADE,
        ),
        touches=touches("practitioner_without_user"),
        marks=("User ID|Designation|Active", "Label|Last Name"),
        never=("Role",),
    ),
    Look(
        "practitioners",
        "users",
        ("Practitioner ID", "id"),
        (
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            same("role", "User ID", "user", pick=verification_rules.treats),
        ),
        touches=touches("practitioner_without_user"),
        behind=":user",
    ),
    Look(
        "appointment_types",
        "services",
        ("Appointment Type ID", "id"),
        (
            words("name", "Name", "name"),
            words("description", "Description", "description"),
            words("item_code", "Item Code", "item_code"),
            same("duration", "Duration In Minutes", "duration_in_minutes", pick=verification_rules.lasts),
            MADE,
        ),
        touches=touches("duration_defaulted", "price_unknown", "service_kind_undecided", "template_unknown"),
        marks=("Duration In Minutes|Duration", "Name"),
    ),
)
