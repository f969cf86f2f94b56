"""Every kind of a sample, in the order of loading. A further kind is one module and one line."""

from app.sources.cliniko.sample.kinds import (
    appointment_types,
    appointments,
    attendees,
    businesses,
    communications,
    contacts,
    custom_field_values,
    custom_fields,
    invoices,
    left_behind,
    patient_cases,
    patient_files,
    patient_form_templates,
    patient_forms,
    patients,
    practitioner_availability,
    practitioner_reference_numbers,
    practitioners,
    treatment_note_templates,
    treatment_notes,
    unavailable_blocks,
    users,
)
from app.sources.cliniko.sample.kinds.kind import SampleKind

KINDS: tuple[SampleKind, ...] = (
    businesses.KIND,
    users.KIND,
    practitioners.KIND,
    practitioner_reference_numbers.KIND,
    practitioner_availability.KIND,
    appointment_types.KIND,
    custom_fields.KIND,
    contacts.KIND,
    patients.KIND,
    custom_field_values.KIND,
    patient_cases.KIND,
    appointments.KIND,
    attendees.KIND,
    unavailable_blocks.KIND,
    treatment_note_templates.KIND,
    patient_form_templates.KIND,
    treatment_notes.KIND,
    patient_forms.KIND,
    communications.KIND,
    patient_files.KIND,
    invoices.KIND,
    *left_behind.KINDS,
)

__all__ = ["KINDS", "SampleKind"]
