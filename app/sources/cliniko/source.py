"""Cliniko: every kind of thing that its exports hold, in the order of loading, then what does not move."""

from app.mapping.kind import Source
from app.sources.cliniko import (
    appointment_types,
    appointments,
    attendees,
    businesses,
    communications,
    contacts,
    custom_field_values,
    custom_fields,
    medical_alerts,
    not_moved,
    patient_cases,
    patient_files,
    patient_form_templates,
    patient_forms,
    patients,
    practitioner_availability,
    practitioner_reference_numbers,
    practitioners,
    price_list,
    treatment_note_templates,
    treatment_notes,
    unavailable_blocks,
    users,
)
from app.sources.cliniko.questions import learned
from app.sources.cliniko.second_look import LOOKS
from app.sources.cliniko.uses import CARRIED, COUNTS, USES
from app.sources.cliniko.verification_rules import defined_fields

CLINIKO = Source(
    name="cliniko",
    label="Cliniko",
    kinds=(
        businesses.KIND,
        users.KIND,
        practitioners.KIND,
        practitioner_reference_numbers.KIND,
        practitioner_availability.KIND,
        appointment_types.KIND,
        custom_fields.KIND,
        contacts.KIND,
        patients.KIND,
        medical_alerts.KIND,
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
        price_list.BILLABLE_ITEMS,
        price_list.CONCESSION_TYPES,
        *not_moved.KINDS,
    ),
    uses=USES,
    counts=COUNTS,
    carried=CARRIED,
    verified_kinds=LOOKS,
    nested_rows=defined_fields,
    fields_of=learned,
    help_article="https://help.cliniko.com",
)

SOURCE = CLINIKO
