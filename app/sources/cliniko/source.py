"""Cliniko as a source: its kinds in the order of loading, the features that a clinic ticks, and comparable numbers."""

from app.mapping.kind import Carried, Countable, Source, Use
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
from app.sources.cliniko.questions import questions_of
from app.sources.cliniko.verification import VERIFIED_KINDS
from app.sources.cliniko.verification.rules import defined_fields

USES = (
    Use(
        "appointments",
        "Appointments",
        ("appointments", "attendees", "unavailable_blocks"),
        "The diary: visits, classes and time off.",
        usual=True,
    ),
    Use("notes", "Treatment notes", ("treatment_notes",), usual=True),
    Use("note_templates", "Treatment note templates", ("treatment_note_templates",)),
    Use(
        "contacts",
        "Contacts",
        ("contacts",),
        "Referring doctors, and people or companies who pay for a patient.",
        usual=True,
    ),
    Use("cases", "Patient cases", ("patient_cases",), "Plans with a number of sessions or an amount."),
    Use("files", "Patient files", ("patient_files",), "Scans, photos and documents kept with a patient."),
    Use("forms", "Patient forms", ("patient_forms",), "Intake and consent forms that patients filled in."),
    Use("form_templates", "Patient form templates", ("patient_form_templates",)),
    Use("communications", "Communications", ("communications",), "SMS, e-mails and memos kept with a patient."),
    Use(
        "custom_fields",
        "Custom fields",
        ("custom_fields", "custom_field_values"),
        "Questions of your own in the patient details.",
        columns=(("patients", "custom"),),
    ),
    Use("availability", "Practitioner availability", ("practitioner_availability",), "Weekly working hours."),
    Use(
        "reference_numbers",
        "Practitioner reference numbers",
        ("practitioner_reference_numbers",),
        "Provider numbers, by practitioner and business.",
    ),
)
"""What a clinic ticks before the export. Every clinic has businesses, users, practitioners and appointment types."""

COUNTS = (
    Countable(
        "patients",
        "Patients",
        "Open Patients. The total is at the end of the list, with or without archived patients.",
        may_lack=("clients_archived",),
    ),
    Countable(
        "appointments",
        "Appointments",
        "Open Reports, then Appointments, from your first to your last day. Count cancelled appointments, too.",
        may_lack=("busy_times",),
        places="appointments",
    ),
    Countable(
        "treatment_notes",
        "Treatment notes",
        "Open Reports, then the report of treatment notes, drafts and final notes together.",
    ),
)
"""The numbers that a clinic can read in Cliniko itself, to compare them with the import."""

CARRIED = Carried(
    kind="patients",
    visits="appointments",
    first="first_appointment",
    last="last_appointment",
    next="next_appointment",
    names=("first_name", "last_name"),
    amounts=(
        ("account_balance", "Account balance"),
        ("opening_balance", "Opening balance"),
        ("unapplied_account_credit", "Unapplied credit"),
    ),
)
"""What Cliniko's csv export of patients calculates for each patient."""

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
    verified_kinds=VERIFIED_KINDS,
    nested_rows=defined_fields,
    fields_of=questions_of,
    help_article="https://help.cliniko.com",
)

SOURCE = CLINIKO
