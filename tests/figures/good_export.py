"""A good export, made here from its own rows without the product's sample generator: no row has a problem."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

DAY = "20261120"
WORDS = (
    "mobilité réduite",
    "Überweisung",
    "señal de dolor",
    "naïve",
    "Čapek",
    "fiancé",
    "crème",
    "Łódź",
    "Zoë",
    "façade",
)


@dataclass
class Table:
    """One file of the export: its name, the kind it holds, its header and its rows of cells."""

    name: str
    kind: str
    header: list[str]
    rows: list[list[str]]
    encoding: str = "utf-8"

    def at(self, header: str) -> int:
        return self.header.index(header)

    def text(self) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows([self.header, *self.rows])
        return out.getvalue()

    def data(self) -> bytes:
        return self.text().encode(self.encoding)


@dataclass
class Export:
    """The good export, made anew for every damage."""

    tables: dict[str, Table] = field(default_factory=dict)
    more: dict[str, bytes] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        return {table.name: table.data() for table in self.tables.values()} | self.more


def good() -> Export:
    """A clinic with 160 clients, their visits, notes, messages, cases and contacts; no row has a problem."""
    when = "2026-03-{:02} {:02}:{:02}:00 +1100"
    export = Export()

    def add(key: str, stem: str, header: str, rows: Sequence[Sequence[str]]) -> None:
        export.tables[key] = Table(f"{stem}-Cliniko-{DAY}.csv", key, header.split(","), [list(row) for row in rows])

    add(
        "businesses",
        "Businesses",
        "Business ID,Business Name,Time zone,Country",
        [["501", "Harbour Street", "Sydney", "AU"]],
    )
    add(
        "practitioners",
        "Practitioners",
        "Practitioner ID,User ID,First Name,Last Name,Display Name,Active",
        [["601", "701", "Orla", "Quist", "Orla Quist", "true"]],
    )
    add(
        "users",
        "Users",
        "User ID,First Name,Last Name,Email,Role",
        [["701", "Orla", "Quist", "orla@clinic.example", "practitioner"]],
    )
    add(
        "appointment_types",
        "Appointment types",
        "Appointment Type ID,Name,Duration,Price",
        [["801", "Standard", "30", "90.00"]],
    )
    add(
        "contacts",
        "Contacts",
        "Contact ID,First Name,Last Name,Company name,Email,Notes,Created At,Updated At",
        [
            [
                str(3000 + n),
                "Ada",
                f"Hall{n}",
                "",
                f"ada{n}@gp.example",
                WORDS[n % 10],
                when.format(2, 9, n),
                when.format(2, 9, n),
            ]
            for n in range(40)
        ],
    )
    add(
        "patients",
        "Patients",
        "Patient ID,First Name,Last Name,Date of Birth,Email,PhoneMobile,City,State,Country,Extra Information,"
        "Created At,Updated At",
        [
            [
                str(1000 + n),
                f"Zoë{n}",
                f"Brück{n}",
                f"19{60 + n % 40}-{1 + n % 12:02}-{1 + n % 27:02}",
                f"client{n}@mail.example",
                f"04915702{n:02}" if n < 100 else f"0491571{n:03}",
                "Sydney",
                "NSW",
                "Australia",
                f"{WORDS[n % 10]} {n}",
                when.format(2, 10, n % 60),
                when.format(2, 10, n % 60),
            ]
            for n in range(160)
        ],
    )
    add(
        "appointments",
        "Appointments",
        "Appointment ID,Start Time,End Time,Practitioner,Practitioner ID,Business,Business ID,PatientID(s),Patient,"
        "Appointment Type,Appointment Type ID,Patient Arrived,Did Not Arrive,Appointment Notes,Created At,Updated At",
        [
            [
                str(5000 + n),
                when.format(1 + n % 27, 8 + n // 27, 0),
                when.format(1 + n % 27, 8 + n // 27, 30),
                "Orla Quist",
                "601",
                "Harbour Street",
                "501",
                str(1000 + n),
                f"Zoë{n} Brück{n}",
                "Standard",
                "801",
                "true",
                "false",
                f"{WORDS[n % 10]} visit {n}",
                "2026-02-01 09:00:00 +1100",
                "2026-02-01 09:00:00 +1100",
            ]
            for n in range(120)
        ],
    )
    add(
        "treatment_notes",
        "Treatment notes",
        "Treatment Note ID,Patient ID,Practitioner ID,Title,Content,Draft,Finalized At,Created At,Updated At",
        [
            [
                str(6000 + n),
                str(1000 + n),
                "601",
                "Visit",
                '{"sections": [{"name": "S", "questions": [{"name": "Q", "type": "paragraph", "answer": "'
                + f"{WORDS[n % 10]} better {n}"
                + '"}]}]}',
                "false",
                when.format(1 + n % 27, 12, n % 60),
                when.format(1 + n % 27, 12, n % 60),
                when.format(1 + n % 27, 12, n % 60),
            ]
            for n in range(120)
        ],
    )
    add(
        "communications",
        "Communications",
        "Communication ID,Patient ID,Type,Category,Direction,From,To,Subject,Content,Created At",
        [
            [
                str(7000 + n),
                str(1000 + n),
                "Email",
                "Memo",
                "Sent",
                "clinic@clinic.example",
                f"client{n}@mail.example",
                f"About {n}",
                f"{WORDS[n % 10]} message {n}",
                when.format(1 + n % 27, 13, n % 60),
            ]
            for n in range(120)
        ],
    )
    return export


TEXTS = {
    "patients": "Extra Information",
    "appointments": "Appointment Notes",
    "treatment_notes": "Content",
    "communications": "Content",
    "contacts": "Notes",
}
"""A free text of each kind that is damaged; the texts hold accented words."""
KEYS = {
    "patients": "Patient ID",
    "appointments": "Appointment ID",
    "treatment_notes": "Treatment Note ID",
    "communications": "Communication ID",
    "contacts": "Contact ID",
}
