"""An export of every kind that moves, with every reference that a column can hold."""

from tests.shapes.export import KINDS, MADE, NINE, TEN, form


def linked_rows() -> dict[str, list[dict[str, str]]]:
    """The export with every reference that a column can hold, and a class of two clients."""
    rows = {kind: [dict(row) for row in several] for kind, several in KINDS.items()}
    visit, attendee = rows["appointments"][0], rows["attendees"][0]
    rows["appointments"].append(
        {
            **visit,
            "Appointment ID": "85",
            "PatientID(s)": "",
            "Maximum Number of Patients": "6",
            "Appointment Notes": "",
        }
    )
    rows["appointments"].append({**visit, "Appointment ID": "86", "PatientID(s)": "", "Appointment Notes": ""})
    rows["attendees"] += [
        {**attendee, "Attendee ID": "95", "Appointment ID": "85", "Notes": ""},
        {**attendee, "Attendee ID": "96", "Appointment ID": "85", "Patient ID": "1000002", "Notes": ""},
        {**attendee, "Attendee ID": "97", "Appointment ID": "86", "Patient ID": "1000002", "Notes": ""},
        {**attendee, "Attendee ID": "98", "Appointment ID": "86", "Patient ID": "1558354464010667075", "Notes": ""},
    ]
    for row in rows["attendees"]:
        row["Patient Case ID"] = "71" if row["Attendee ID"] in ("91", "95") else ""
    for row in rows["appointments"]:
        row["Patient Case ID"] = "71" if row["Appointment ID"] == "81" else ""
    for row in rows["patients"]:
        row["Referring Doctor ID"] = "61"
        row["Merged With Patient ID"] = row["Merged At"] = ""
    rows["patients"].append(
        {**rows["patients"][0], "Patient ID": "1000009", "Merged With Patient ID": "1000001", "Merged At": TEN}
    )
    rows["patient_cases"][0]["Contact ID"] = "61"
    rows["appointment_types"][0] |= {"Treatment Note Template ID": "111", "Practitioner IDs": "21"}
    rows["appointment_types"][1] |= {"Treatment Note Template ID": "", "Practitioner IDs": ""}
    note, paper, message = (rows[name][0] for name in ("treatment_notes", "patient_forms", "communications"))
    for row in rows["treatment_notes"]:
        row |= {"Attendee ID": "", "Template ID": "111"}
    rows["treatment_notes"] += [
        {**note, "Treatment Note ID": "135", "Appointment ID": "85", "Attendee ID": "95"},
        {**note, "Treatment Note ID": "136", "Patient ID": "1000002", "Appointment ID": "85", "Attendee ID": "96"},
        {**note, "Treatment Note ID": "137", "Patient ID": "1000002", "Appointment ID": "", "Attendee ID": "97"},
        {**note, "Treatment Note ID": "138", "Patient ID": "1000009", "Appointment ID": "", "Content": form("merged")},
    ]
    paper |= {"Appointment ID": "81", "Attendee ID": "91"}
    message |= {"Appointment ID": "81", "Attendee ID": "91"}
    rows["communications"].append({**message, "Communication ID": "152", "Patient ID": "1000002", "Appointment ID": ""})
    rows["communications"][1]["Attendee ID"] = "97"
    rows["patient_files"][0] |= {"User ID": "11", "Case ID": "71"}
    rows["practitioner_reference_numbers"][0]["Business ID"] = "1"
    rows["medical_alerts"] = [{"Medical Alert ID": "171", "Patient ID": "1000002", "Name": "Latex", **MADE}]
    rows["unavailable_blocks"].append(
        {**rows["unavailable_blocks"][0], "Unavailable Block ID": "102", "Start Time": NINE}
    )
    return rows
