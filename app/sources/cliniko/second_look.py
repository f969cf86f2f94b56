"""Where the cells of an export must be found again in Caspen: written apart from the mapping, to be held against it.

Only what is taken over as it is stands here: names, words, times, links. What is rewritten (phones, addresses, prices)
or decided (states, roles) cannot be compared so plainly.
"""

from app.mapping.second_look import Look, content, day, leads, moment, template, words

_MADE = moment("source_created_at", "Created At", "created_at")
_CLIENT = leads("client_id", "clients", "patients", "Patient ID", "PatientID(s)", "patient_id")
_PRACTITIONER = leads("practitioner_id", "practitioners", "practitioners", "Practitioner ID", "practitioner_id")
_LOCATION = leads("location_id", "locations", "businesses", "Business ID", "business_id")
_VISIT = leads("appointment_id", "appointments", "appointments", "Appointment ID", "booking_id")

LOOKS: tuple[Look, ...] = (
    Look(
        "patients",
        "clients",
        ("Patient ID", "id"),
        (
            words("title", "Title", "title"),
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            words("preferred_name", "Preferred First Name", "preferred_first_name"),
            day("date_of_birth", "Date of Birth", "date_of_birth"),
            words("sex", "Sex", "sex"),
            words("email", "Email", "email"),
            words("profession", "Occupation", "occupation"),
            words("emergency_contact_name", "Emergency Contact", "emergency_contact"),
            words("notes", "Extra Information", "notes"),
            words("address", "Address1", "address_1"),
            words("address", "City", "city"),
            words("address", "Post code", "post_code"),
            _MADE,
        ),
        own=True,
    ),
    Look(
        "contacts",
        "contacts",
        ("Contact ID", "id"),
        (
            words("title", "Title", "title"),
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            words("company", "Company Name", "company_name"),
            words("email", "Email", "email"),
            words("notes", "Notes", "notes"),
            words("notes", "Provider Number", "provider_number"),
            words("address", "City", "city"),
            _MADE,
        ),
        own=True,
    ),
    Look(
        "patient_cases",
        "cases",
        ("Case ID", "id"),
        (
            words("name", "Name", "name"),
            words("notes", "Notes", "notes"),
            day("issue_date", "Issue Date", "issue_date"),
            day("expiry_date", "Expiry Date", "expiry_date"),
            _CLIENT,
            _MADE,
        ),
        own=True,
    ),
    Look(
        "appointments",
        "appointments",
        ("Appointment ID", "id"),
        (
            moment("starts_at", "Start Time", "starts_at"),
            moment("ends_at", "End Time", "ends_at"),
            moment("cancelled_at", "Cancellation Time", "cancelled_at"),
            words("note", "Appointment Notes", "notes"),
            words("cancellation_note", "Cancellation Note", "cancellation_note"),
            _CLIENT,
            _PRACTITIONER,
            _LOCATION,
            leads("service_id", "services", "appointment_types", "Appointment Type ID", "appointment_type_id"),
            leads("case_id", "cases", "patient_cases", "Patient Case ID", "patient_case_id"),
            _MADE,
        ),
    ),
    Look(
        "unavailable_blocks",
        "busy_times",
        ("Unavailable Block ID", "id"),
        (
            moment("starts_at", "Start Time", "starts_at"),
            moment("ends_at", "End Time", "ends_at"),
            words("note", "Notes", "notes"),
            _PRACTITIONER,
        ),
    ),
    Look(
        "treatment_notes",
        "progress_notes",
        ("Treatment Note ID", "id"),
        (
            words("title", "Title", "title"),
            words("author_name", "Author Name", "author_name"),
            content("body", "Content", "content"),
            moment("finalised_at", "Finalized At", "finalized_at"),
            _CLIENT,
            _PRACTITIONER,
            _VISIT,
            _MADE,
        ),
        own=True,
    ),
    Look(
        "treatment_note_templates",
        "progress_note_templates",
        ("Template ID", "id"),
        (words("name", "Name", "name"), template("body", "Content", "content")),
        own=True,
    ),
    Look(
        "patient_forms",
        "forms",
        ("Patient Form ID", "id"),
        (
            words("name", "Name", "name"),
            content("content", "Content", "content"),
            moment("completed_at", "Completed At", "completed_at"),
            _CLIENT,
            _MADE,
        ),
        own=True,
    ),
    Look(
        "patient_form_templates",
        "form_templates",
        ("Form Template ID", "id"),
        (words("name", "Name", "name"), template("content", "Content", "content")),
        own=True,
    ),
    Look(
        "communications",
        "communications",
        ("Communication ID", "id"),
        (
            words("subject", "Subject", "content_subject"),
            words("from", "From", "from"),
            words("to", "To", "to"),
            words("body", "Content", "content"),
            _CLIENT,
            _VISIT,
            moment("occurred_at", "Created At", "created_at"),
        ),
        own=True,
    ),
    Look(
        "practitioner_reference_numbers",
        "provider_numbers",
        ("Reference Number ID", "id"),
        (words("label", "Name", "name"), words("number", "Reference Number", "reference_number"), _PRACTITIONER),
    ),
    Look("businesses", "locations", ("Business ID", "id"), (words("timezone", "Time Zone", "time_zone"), _MADE)),
    Look(
        "users",
        "users",
        ("User ID", "id"),
        (
            words("first_name", "First Name", "first_name"),
            words("last_name", "Last Name", "last_name"),
            words("email", "Email", "email"),
        ),
    ),
    Look(
        "appointment_types",
        "services",
        ("Appointment Type ID", "id"),
        (words("name", "Name", "name"), words("description", "Description", "description")),
    ),
)
