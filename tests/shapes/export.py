"""A small export of every kind that moves: a few rows each, all of which are imported."""

import hashlib
import json
from collections.abc import Mapping, Sequence

Row = Mapping[str, str]

MADE = {"Created At": "2023-05-25 11:00:00 +1000", "Updated At": "2024-05-25 11:00:00 +1000"}
NINE, TEN = "2024-03-04 09:00:00 +1100", "2024-03-04 10:00:00 +1100"
SCAN = b"%PDF-1.4\n% an invented scan\n%%EOF\n"
FOLDER = "Patient files/1000001 - Müller, Zoë"


def form(answer: str) -> str:
    """The content of a note or form with one question."""
    question = {"name": "How has it been?", "type": "paragraph", "answer": f"<p>{answer}</p>"}
    return json.dumps({"sections": [{"name": "Subjective", "questions": [question]}]}, ensure_ascii=False)


KINDS: Mapping[str, Sequence[Row]] = {
    "businesses": [
        {"Business ID": "1", "Business Name": "Café Street Physiotherapy", "Time Zone": "Sydney", **MADE},
        {"Business ID": "2", "Business Name": "Harbour Rooms", "Time Zone": "Sydney", **MADE},
    ],
    "users": [
        {
            "User ID": "11",
            "First Name": "Siobhán",
            "Last Name": "Néill",
            "Email": "siobhan@clinic.example",
            "Role": "practitioner",
            "Active": "true",
            **MADE,
        }
    ],
    "practitioners": [
        {
            "Practitioner ID": "21",
            "User ID": "11",
            "First Name": "Siobhán",
            "Last Name": "Néill",
            "Display Name": "Siobhán Néill",
            "Designation": "Physiotherapist",
            "Active": "true",
            **MADE,
        }
    ],
    "practitioner_reference_numbers": [
        {"Reference Number ID": "31", "Practitioner ID": "21", "Name": "Número", "Reference Number": "900035K", **MADE}
    ],
    "practitioner_availability": [
        {
            "Availability ID": "41",
            "Practitioner ID": "21",
            "Business ID": "1",
            "Day Of Week": "3",
            "Starts At": "09:00",
            "Ends At": "17:00",
            **MADE,
        }
    ],
    "appointment_types": [
        {
            "Appointment Type ID": "51",
            "Name": "Première visite",
            "Duration In Minutes": "60",
            "Price": "115.00",
            **MADE,
        },
        {"Appointment Type ID": "52", "Name": "Review", "Duration In Minutes": "30", "Price": "80.00", **MADE},
    ],
    "custom_fields": [
        {
            "Section Token": "s1",
            "Section Name": "Sport",
            "Field Token": "f1",
            "Field Name": "Goals",
            "Field Type": "paragraph",
            "Archived": "false",
        }
    ],
    "contacts": [
        {
            "Contact ID": "61",
            "Type": "Doctor",
            "First Name": "René",
            "Last Name": "Norgate",
            "Company Name": "Norgate Médical Centre",
            "Email": "rooms@clinic.example",
            **MADE,
        }
    ],
    "patients": [
        {
            "Patient ID": "1000001",
            "First Name": "Zoë",
            "Last Name": "Müller",
            "Date of Birth": "1980-02-13",
            "Email": "zoe@mail.example",
            "Occupation": "Pâtissière",
            "City": "Sydney",
            **MADE,
        },
        {
            "Patient ID": "1000002",
            "First Name": "Ann",
            "Last Name": "Brontë",
            "Date of Birth": "1975-11-02",
            "Email": "ann@mail.example",
            "Occupation": "carpenter",
            "City": "Manly",
            **MADE,
        },
        {
            "Patient ID": "1558354464010667075",
            "First Name": "José",
            "Last Name": "Núñez",
            "Date of Birth": "1990-07-21",
            "Email": "jose@mail.example",
            "Occupation": "",
            "City": "Sydney",
            **MADE,
        },
    ],
    "custom_field_values": [
        {"Patient ID": "1000001", "Field Token": "f1", "Field Name": "Goals", "Value": "Walk à pied to the café."}
    ],
    "patient_cases": [
        {
            "Case ID": "71",
            "Patient ID": "1000001",
            "Name": "Épaule 2023",
            "Issue Date": "2023-06-30",
            "Expiry Date": "2024-06-30",
            "Closed": "false",
            **MADE,
        }
    ],
    "appointments": [
        {
            "Appointment ID": str(81 + n),
            "Start Time": NINE,
            "End Time": TEN,
            "Practitioner ID": "21",
            "Business ID": "1",
            "PatientID(s)": client,
            "Appointment Type ID": "51",
            "Maximum Number of Patients": "1",
            "Patient Arrived": "true",
            "Did Not Arrive": "false",
            "Appointment Notes": note,
            **MADE,
        }
        for n, (client, note) in enumerate((("1000001", "Déjà vu; bring | scan"), ("1000002", "first, visit")))
    ],
    "attendees": [
        {
            "Attendee ID": "91",
            "Appointment ID": "81",
            "Patient ID": "1000001",
            "Arrived": "true",
            "Notes": "à l’heure",
            **MADE,
        }
    ],
    "unavailable_blocks": [
        {
            "Unavailable Block ID": "101",
            "Practitioner ID": "21",
            "Business ID": "1",
            "Start Time": TEN,
            "End Time": "2024-03-04 11:00:00 +1100",
            "Notes": "Réunion",
            **MADE,
        }
    ],
    "treatment_note_templates": [
        {"Template ID": "111", "Name": "Modèle", "Content": form(""), "Print Settings": '{"title":"Record"}', **MADE}
    ],
    "patient_form_templates": [
        {
            "Form Template ID": "121",
            "Name": "Arrivée",
            "Content": form(""),
            "Restricted To Practitioner": "false",
            "Email To Patient On Completion": "false",
            **MADE,
        }
    ],
    "treatment_notes": [
        {
            "Treatment Note ID": str(131 + n),
            "Patient ID": client,
            "Practitioner ID": "21",
            "Author Name": "Siobhán Néill",
            "Appointment ID": visit,
            "Title": "Séance",
            "Content": form(words),
            "Draft": "false",
            "Finalized At": TEN,
            **MADE,
        }
        for n, (client, visit, words) in enumerate(
            (("1000001", "81", "Better; très bien"), ("1000002", "", "Knee, “stiff” | sore"))
        )
    ],
    "patient_forms": [
        {
            "Patient Form ID": "141",
            "Patient ID": "1000001",
            "Name": "Arrivée",
            "Content": form("Rien à déclarer"),
            "Completed At": TEN,
            "Restricted To Practitioner": "false",
            **MADE,
        }
    ],
    "communications": [
        {
            "Communication ID": "151",
            "Patient ID": "1000001",
            "Type": "Email",
            "Direction": "Sent",
            "Category": "Appointment Reminder",
            "From": "hello@clinic.example",
            "To": "zoe@mail.example",
            "Subject": "À bientôt",
            "Content": "See you, Zoë",
            **MADE,
        }
    ],
    "patient_files": [
        {
            "Attachment ID": "161",
            "Patient ID": "1000001",
            "File Name": "scan.pdf",
            "Path": f"{FOLDER}/scan.pdf",
            "Size": str(len(SCAN)),
            "Content Type": "application/pdf",
            "SHA256": hashlib.sha256(SCAN).hexdigest(),
            "Created At": NINE,
        }
    ],
}
BESIDE: Mapping[str, bytes] = {f"{FOLDER}/scan.pdf": SCAN}
