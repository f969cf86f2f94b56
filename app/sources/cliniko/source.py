"""Cliniko as a source: its kinds in the order of loading, the features that a clinic ticks, and comparable numbers."""

from app.mapping.export_guide import ExportGuide
from app.mapping.kind import ComputedColumns, CountableKind, Source, UsedFeature
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
from app.sources.cliniko.layout import LAYOUT
from app.sources.cliniko.questions import questions_of
from app.sources.cliniko.verification import RAW_FORMAT, UNVERIFIED, VERIFIED_KINDS

USES = (
    UsedFeature(
        "appointments",
        "Appointments",
        ("appointments", "attendees", "unavailable_blocks"),
        "The diary: visits, classes and time off.",
        usual=True,
    ),
    UsedFeature("notes", "Treatment notes", ("treatment_notes",), usual=True),
    UsedFeature("note_templates", "Treatment note templates", ("treatment_note_templates",)),
    UsedFeature(
        "contacts",
        "Contacts",
        ("contacts",),
        "Referring doctors, and people or companies who pay for a patient.",
        usual=True,
    ),
    UsedFeature("cases", "Patient cases", ("patient_cases",), "Plans with a number of sessions or an amount."),
    UsedFeature("files", "Patient files", ("patient_files",), "Scans, photos and documents kept with a patient."),
    UsedFeature("forms", "Patient forms", ("patient_forms",), "Intake and consent forms that patients filled in."),
    UsedFeature("form_templates", "Patient form templates", ("patient_form_templates",)),
    UsedFeature("communications", "Communications", ("communications",), "SMS, e-mails and memos kept with a patient."),
    UsedFeature(
        "custom_fields",
        "Custom fields",
        ("custom_fields", "custom_field_values"),
        "Questions of your own in the patient details.",
        columns=(("patients", "custom"),),
    ),
    UsedFeature("availability", "Practitioner availability", ("practitioner_availability",), "Weekly working hours."),
    UsedFeature(
        "reference_numbers",
        "Practitioner reference numbers",
        ("practitioner_reference_numbers",),
        "Provider numbers, by practitioner and business.",
    ),
)
"""What a clinic ticks before the export. Every clinic has businesses, users, practitioners and appointment types."""

COUNTS = (
    CountableKind(
        "patients",
        "Patients",
        "Open Patients. The total is at the end of the list, with or without archived patients.",
        may_lack=("clients_archived",),
    ),
    CountableKind(
        "appointments",
        "Appointments",
        "Open Reports, then Appointments, from your first to your last day. Count cancelled appointments, too.",
        may_lack=("busy_times",),
        places="appointments",
    ),
    CountableKind(
        "treatment_notes",
        "Treatment notes",
        "Open Reports, then the report of treatment notes, drafts and final notes together.",
    ),
)
"""The numbers that a clinic can read in Cliniko itself, to compare them with the import."""

CARRIED = ComputedColumns(
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

EXPORT_GUIDE = ExportGuide(
    before_dates=(
        "Sign in as an administrator. Open |Settings|, then |Data exports|.",
        "Choose one type of data, for example |Patients|. Each type is an export of its own.",
    ),
    all_dates="Any time",
    after_dates=(
        "Cliniko makes the file in the background. When it is there, press |Download|, and do the same for the next "
        "type.",
    ),
    known_place="Settings",
    support="inside Cliniko, under Help",
    help_article="https://help.cliniko.com",
    help_title="Export your data",
    not_moved="Invoices, payments, body charts, letters and the waitlist do not move.",
)

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
    layout=LAYOUT,
    uses=USES,
    counts=COUNTS,
    computed=CARRIED,
    verified_kinds=VERIFIED_KINDS,
    unverified=UNVERIFIED,
    raw_format=RAW_FORMAT,
    fields_of=questions_of,
    export_guide=EXPORT_GUIDE,
)

SOURCE = CLINIKO
