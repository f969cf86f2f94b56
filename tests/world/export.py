"""A clinic's export of about three hundred rows, small enough to be moved a thousand times, and its expected result.

It is written here row by row, with the expectation of each row, and never asks the importer.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tests.world.manifest import Attachment, Manifest

CLIENTS, CONTACTS, CASES, VISITS, NOTES, MESSAGES, ATTACHED = 60, 10, 12, 120, 80, 15, 5
ATTACHMENTS = (("referral.pdf", b"%PDF-1.4\n"), ("knee.png", b"\x89PNG\r\n\x1a\n"), ("exercises.txt", b"Every day: "))
FIRST_DAY = datetime(2024, 3, 4, 9)  # noqa: DTZ001 - a wall clock; the cells add their offset
MADE = "2020-01-01 10:00:00 +1000"
NAME = "export.zip"


def secret(what: str, number: int) -> str:
    """A word that is in one cell of the export and nowhere else in the world."""
    return f"kanari{what}{number:04}q"


class Planter:
    """Writes files and notes the expected result of each row."""

    def __init__(self) -> None:
        self.manifest = Manifest()
        self.files: dict[str, str] = {}
        self.bodies: dict[str, bytes] = {}

    def file(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        self.files[f"{name}.csv"] = out.getvalue()

    def secret(self, what: str, number: int) -> str:
        word = secret(what, number)
        self.manifest.secrets.add(word)
        return word

    def moves(self, kind: str, table: str, key: object, *more: tuple[str, str]) -> None:
        self.manifest.row(kind, "created", (table, str(key)), *more)


def planted(clients: int = CLIENTS, visits: int = VISITS, notes: int = NOTES) -> tuple[bytes, Manifest]:
    """The export as one zip, and its manifest."""
    to = Planter()
    _clinic(to)
    _people(to, clients)
    _visits(to, visits, clients)
    _notes(to, notes, clients)
    _messages(to, clients)
    _attachments(to)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in to.files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 9, 0, 0)), text.encode())
        for name, body in to.bodies.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 9, 0, 0)), body)
    body = packed.getvalue()
    to.manifest.files[NAME] = Attachment(len(body), hashlib.sha256(body).hexdigest())
    return body, to.manifest


def _clinic(to: Planter) -> None:
    to.file("Businesses", ["Business ID", "Business Name", "Time Zone"], [[5, "Main Street", "Australia/Sydney"]])
    to.moves("businesses", "locations", 5)
    header = ["Practitioner ID", "User ID", "First Name", "Last Name", "Display Name", "Designation", "Active"]
    people = [[7, 1, "Sam", "Lee", "Dr Sam Lee", "Physio", "true"], [8, 2, "Kim", "Oda", "Kim Oda", "Physio", "true"]]
    to.file("Practitioners", header, people)
    for person in people:
        to.moves("practitioners", "practitioners", person[0])
    types = [[9, "Initial", 60], [10, "Review", 30]]
    to.file("Appointment types", ["Appointment Type ID", "Name", "Duration In Minutes"], types)
    for one in types:
        to.moves("appointment_types", "services", one[0])


def _people(to: Planter, clients: int) -> None:
    header = ["Contact ID", "Type", "First Name", "Last Name", "Email"]
    rows: list[list[object]] = []
    for n in range(CONTACTS):
        rows.append([300 + n, "Doctor", "Ada", to.secret("doc", n), f"doc{n}@rooms.example"])
        to.moves("contacts", "contacts", 300 + n)
    to.file("Contacts", header, rows)
    header = ["Patient ID", "First Name", "Last Name", "Date of Birth", "Email", "Occupation", "Extra Information"]
    rows = []
    for n in range(clients - 2):
        named = to.secret("name", n)
        remark = to.secret("told", n)
        rows.append(
            [
                1000 + n,
                "Zoë" if n % 7 == 3 else "Ann",
                named,
                f"19{40 + n % 50}-02-13",
                f"{named}@mail.example",
                "Baker",
                remark,
            ]
        )
        to.moves("patients", "clients", 1000 + n)
    rows.append(list(rows[3]))  # the same row twice
    to.manifest.row("patients", "skipped")
    rows.append([5000, "", "", "1980-01-01", "nobody@mail.example", "", to.secret("told", 9000)])
    to.manifest.row("patients", "held")
    to.file("Patients", [*header, "Created At"], ([*row, MADE] for row in rows))
    rows = []
    for n in range(CASES):
        lost = n == CASES - 1
        rows.append([400 + n, 9999 if lost else 1000 + n, f"Knee {n}", to.secret("case", n), "2024-01-10", MADE])
        to.manifest.row("patient_cases", "held") if lost else to.moves("patient_cases", "cases", 400 + n)
    to.file("Patient cases", ["Case ID", "Patient ID", "Name", "Notes", "Issue Date", "Created At"], rows)


def _visits(to: Planter, visits: int, clients: int) -> None:
    header = ["Appointment ID", "Start Time", "End Time", "Practitioner ID", "Business ID", "PatientID(s)"]
    header += ["Appointment Type ID", "Patient Arrived", "Cancellation Time", "Cancellation Reason"]
    header += ["Appointment Notes", "Patient Case ID", "Created At"]
    rows = []
    for n in range(visits):
        starts = FIRST_DAY + timedelta(days=n // 8, hours=n % 8)
        cancelled = n % 10 == 4
        client = 9999 if n == 50 else 1000 + n % (clients - 2)
        begun = "not a time" if n == 60 else f"{starts} +1100"
        reason = [f"{starts - timedelta(days=1)} +1100", "Sick leave"] if cancelled else ["", ""]
        times = [begun, f"{starts + timedelta(minutes=30)} +1100"]
        note = to.secret("visit", n)
        rows.append(
            [20000 + n, *times, 7 + n % 2, 5, client, 9 + n % 2, "" if cancelled else "true", *reason, note, "", MADE]
        )
        if n in (50, 60):
            to.manifest.row("appointments", "held" if n == 50 else "skipped")
        else:
            to.moves("appointments", "appointments", 20000 + n)
    to.file("Appointments", header, rows)


def _notes(to: Planter, notes: int, clients: int) -> None:
    header = ["Treatment Note ID", "Patient ID", "Practitioner ID", "Appointment ID", "Title", "Content", "Draft"]
    rows: list[list[object]] = []
    for n in range(notes):
        lost = n == 40
        words = (to.secret("felt", n), to.secret("seen", n))
        asked = [
            {"name": "Felt", "type": "paragraph", "answer": f"<p>Better {words[0]}</p>"},
            {"name": "Seen", "type": "text", "answer": f"Stiff {words[1]}"},
        ]
        content = json.dumps({"sections": [{"name": "Subjective", "questions": asked[:1]},
                                           {"name": "Objective", "questions": asked[1:]}]})  # fmt: skip
        client = 9999 if lost else 1000 + n % (clients - 2)
        rows.append([60000 + n, client, 7, 20000 + n % 40 if client == 1000 + n else "", "Visit", content, "false"])
        if lost:
            to.manifest.row("treatment_notes", "held")
        else:
            to.moves("treatment_notes", "progress_notes", 60000 + n)
    to.file("Treatment notes", [*header, "Created At"], ([*row, MADE] for row in rows))


def _messages(to: Planter, clients: int) -> None:
    header = ["Communication ID", "Patient ID", "Type", "Category", "Direction", "From", "To", "Subject", "Content"]
    rows: list[list[object]] = []
    for n in range(MESSAGES):
        said = f"<p>See you then {to.secret('said', n)}</p>"
        whom = ["desk@clinic.example", f"ann{n}@mail.example", "Your visit", said]
        rows.append([70000 + n, 1000 + n % (clients - 2), "Email", "Appointment Confirmation", "Sent", *whom])
        to.moves("communications", "communications", 70000 + n)
    to.file("Communications", [*header, "Created At"], ([*row, MADE] for row in rows))


def _attachments(to: Planter) -> None:
    """Files in folders of their clients: one without a row in the list, and a row whose file is not there."""
    header = ["Attachment ID", "Patient ID", "File Name", "Path", "Size", "SHA256", "Description", "Created At"]
    rows: list[list[object]] = []
    for n in range(ATTACHED + 1):
        name, begins = ATTACHMENTS[n % len(ATTACHMENTS)]
        body = begins + to.secret("bytes", n).encode() * (200 + 50 * n)
        attachment = Attachment(len(body), hashlib.sha256(body).hexdigest())
        path = f"Patient files/{1000 + n}/{n} {name}"
        is_listed, is_there = n != 1, n != ATTACHED
        key = str(80000 + n) if is_listed else hashlib.sha256(path.encode()).hexdigest()
        if is_listed:
            about = to.secret("about", n)
            rows.append([key, 1000 + n, f"{n} {name}", path, attachment.size, attachment.sha256, about, MADE])
        if is_there:
            to.bodies[path] = body
            to.manifest.attachments[key] = attachment
            to.moves("patient_files", "files", key)
        else:
            to.manifest.row("patient_files", "skipped")
    to.file("Patient files", header, rows)
