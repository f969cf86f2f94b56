"""What a clinic may use in Cliniko, as it is ticked before the export, and the numbers that it can read there itself.

Businesses, users, practitioners and appointment types are not asked about: every clinic has them.
"""

from app.mapping.kind import Carried, Countable, Use

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
    Use("contacts", "Contacts", ("contacts",), "Referring doctors, and those who pay for a patient.", usual=True),
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

COUNTS = (
    Countable(
        "patients",
        "Patients",
        "Open Patients. The number of all of them stands at the end of the list, with or without archived ones.",
        may_lack=("clients_archived",),
    ),
    Countable(
        "appointments",
        "Appointments",
        "Open Reports, then Appointments, with the first and the last day that you have. Count cancelled ones, too.",
        may_lack=("busy_times",),
        places="appointments",
    ),
    Countable(
        "treatment_notes",
        "Treatment notes",
        "Open Reports, then the report of treatment notes, drafts and final ones together.",
    ),
)

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
