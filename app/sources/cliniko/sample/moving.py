"""Which kinds of thing move to the new workspace, and which are only counted."""

NEVER: tuple[str, ...] = ("invoices", "payments", "body_charts", "letters", "waitlist", "products", "recalls")
"""Kinds that stay behind by rule."""

ALL: tuple[str, ...] = (
    "businesses",
    "users",
    "practitioners",
    "practitioner_reference_numbers",
    "practitioner_availability",
    "appointment_types",
    "custom_fields",
    "contacts",
    "patients",
    "custom_field_values",
    "patient_cases",
    "appointments",
    "attendees",
    "unavailable_blocks",
    "treatment_note_templates",
    "patient_form_templates",
    "treatment_notes",
    "patient_forms",
    "communications",
    "patient_files",
)
"""The kinds an export may hold, in load order."""
