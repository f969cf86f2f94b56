"""Every kind of thing in a sample, in the order an export is loaded in. A further kind is one file and one line."""

from . import (
    appointment_types,
    appointments,
    businesses,
    communications,
    contacts,
    invoices,
    patient_cases,
    patients,
    practitioners,
    treatment_notes,
    users,
)
from .kind import SampleKind

KINDS: tuple[SampleKind, ...] = (
    businesses.KIND,
    users.KIND,
    practitioners.KIND,
    appointment_types.KIND,
    contacts.KIND,
    patients.KIND,
    patient_cases.KIND,
    appointments.KIND,
    treatment_notes.KIND,
    communications.KIND,
    invoices.KIND,
)

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

__all__ = ["ALL", "KINDS", "NEVER", "NOT_YET", "SampleKind"]
