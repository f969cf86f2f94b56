"""Which kinds of thing move to the new workspace today, and which are only counted."""

NOT_YET: tuple[str, ...] = (
    "practitioner_reference_numbers",
    "practitioner_availability",
    "custom_fields",
    "custom_field_values",
    "contacts",
    "patient_cases",
    "attendees",
    "unavailable_blocks",
    "treatment_note_templates",
    "patient_form_templates",
    "patient_forms",
    "communications",
    "patient_files",
)
"""Kinds that are recognised and counted, and not imported so far. A kind that arrives leaves this list."""

NEVER: tuple[str, ...] = ("invoices",)
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
