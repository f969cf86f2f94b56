"""Rows of one id that say the same in another format, or less, are one row. Contradictions wait for the clinic."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from app.problems import Level
from tests.harness.clinic import Clinic, clinic_files
from tests.shapes.export import BESIDE, KINDS

NATIVE: Mapping[str, str] = {
    "Appointment ID": "",
    "Start Time": "2026-03-02 09:00:00 +1000",
    "End Time": "2026-03-02 09:30:00 +1000",
    "Practitioner": "Dr Sam Lee",
    "Practitioner ID": "7",
    "Business": "Main Street",
    "Business ID": "5",
    "PatientID(s)": "1001",
    "Patient": "Ann Lee1",
    "Appointment Type": "Initial",
    "Number of Patients": "1",
    "Maximum Number of Patients": "1",
    "Number of Cancellations": "0",
    "Patient Arrived": "true",
    "Did Not Arrive": "false",
    "Cancellation Time": "",
    "Appointment Notes": "hello",
    "Treatment Notes Status": "Final",
    "Invoice Status": "Paid",
}
API: Mapping[str, Any] = {
    "starts_at": "2026-03-01T23:00:00Z",
    "ends_at": "2026-03-01T23:30:00Z",
    "patient": {"links": {"self": "https://api.au1.cliniko.com/v1/patients/1001"}},
    "practitioner": {"links": {"self": "https://api.au1.cliniko.com/v1/practitioners/7"}},
    "business": {"links": {"self": "https://api.au1.cliniko.com/v1/businesses/5"}},
    "appointment_type": {"links": {"self": "https://api.au1.cliniko.com/v1/appointment_types/9"}},
    "patient_arrived": True,
    "did_not_arrive": False,
    "cancelled_at": None,
    "notes": "hello",
}
SAME_API: Sequence[Mapping[str, Any]] = (
    {},
    {"max_attendees": 1, "patient_name": "Ann Lee1"},
    {"did_not_arrive": None},
    {"appointment_type": None, "appointment_type_name": "Initial"},
    {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-03-03T00:00:00Z"},
)
OTHER_API: Sequence[Mapping[str, Any]] = (
    {"notes": "goodbye"},
    {"notes": None},
    {"patient_arrived": False, "did_not_arrive": True},
    {"patient_arrived": False},
    {"patient_arrived": None},
    {"did_not_arrive": True},
    {"starts_at": "2026-03-01T23:15:00Z"},
    {"cancelled_at": "2026-03-01T00:00:00Z"},
    {"patient": {"links": {"self": "https://api.au1.cliniko.com/v1/patients/1002"}}},
    {"appointment_type": {"links": {"self": "https://api.au1.cliniko.com/v1/appointment_types/10"}}},
    {"practitioner": {"links": {"self": "https://api.au1.cliniko.com/v1/practitioners/8"}}},
)
NEEDED = ("Appointment ID", "Start Time", "End Time", "PatientID(s)")
LEFT_OUT: Sequence[Sequence[str]] = (
    *((header,) for header in NATIVE if header not in (*NEEDED, "Practitioner ID", "Practitioner")),
    ("Practitioner ID", "Business ID"),
    ("Practitioner", "Business", "Patient"),
    ("Patient Arrived", "Did Not Arrive"),
    ("Number of Patients", "Number of Cancellations", "Treatment Notes Status", "Invoice Status"),
)
SAME_CELLS: Sequence[Mapping[str, str]] = (
    {"Did Not Arrive": ""},
    {"Patient Arrived": "1", "Did Not Arrive": "No"},
    {"Number of Patients": ""},
    {"Start Time": "2026-03-01T23:00:00Z"},
    {"Practitioner": "Sam Lee", "Practitioner ID": ""},
    {"Invoice Status": "Open"},
)
OTHER_CELLS: Sequence[Mapping[str, str]] = (
    {"Appointment Notes": ""},
    {"Appointment Notes": "goodbye"},
    {"Practitioner": "Dr Kim Roe", "Practitioner ID": ""},
    {"Appointment Type": "Standard"},
    {"Patient Arrived": "no"},
    {"Patient Arrived": ""},
    {"Did Not Arrive": "yes"},
    {"PatientID(s)": "1002"},
)


def table(rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def outcomes(clinic: Clinic, code: str) -> set[str]:
    """The ids of the rows for which a code is reported."""
    lines = clinic.problems("export:1") + clinic.problems("trial:1")
    return {str(line.source_id) for line in lines if line.code == code and line.kind == "appointments"}


def test_a_visit_row_with_the_same_or_fewer_values_is_a_duplicate_and_a_contradiction_waits(clinic: Clinic) -> None:
    files: dict[str, str | bytes] = {**clinic_files()}
    files["practitioners.csv"] = str(files["practitioners.csv"]) + "8,2,Dr Kim Roe,Kim,Roe,Physio,true\n"
    files["appointment_types.csv"] = str(files["appointment_types.csv"]) + "10,Standard,30\n"
    del files["Appointments.csv"]
    same: list[str] = []
    other: list[str] = []

    def row(into: list[str]) -> dict[str, str]:
        into.append(str(50 + len(same) + len(other)))
        return {**NATIVE, "Appointment ID": into[-1]}

    rows, dump = [], []
    for into, changes in ((same, SAME_API), (other, OTHER_API)):
        for change in changes:
            rows.append(row(into))
            dump.append({"id": into[-1], **API, **change})
    files["individual_appointments.json"] = json.dumps(dump)
    for number, left_out in enumerate(LEFT_OUT):
        rows.append(row(same))
        files[f"Appointments less {number}.csv"] = table([{k: v for k, v in rows[-1].items() if k not in left_out}])
    for into, cells in ((same, SAME_CELLS), (other, OTHER_CELLS)):
        for number, change in enumerate(cells):
            rows.append(row(into))
            files[f"Appointments {len(into)} {number}.csv"] = table([{**rows[-1], **change}])
    files["Appointments all.csv"] = table(rows)

    clinic.tried(files)

    assert outcomes(clinic, "id_conflict") == set(other)
    assert clinic.trial.balanced
    counted = next(kind for kind in clinic.trial.kinds if kind["kind"] == "appointments")
    assert (counted["created"], counted["skipped"], counted["held"]) == (len(same), len(same), 2 * len(other))


FEWER: Mapping[str, Sequence[str]] = {
    "contacts": ("Company Name", "Email"),
    "patients": ("Occupation", "Email", "City", "Updated At"),
    "patient_cases": ("Closed", "Issue Date"),
    "unavailable_blocks": ("Business ID", "Updated At"),
    "treatment_notes": ("Title", "Author Name", "Updated At"),
    "patient_forms": ("Completed At", "Updated At"),
    "communications": ("From", "To", "Subject"),
}


def test_in_every_kind_a_file_with_fewer_columns_has_duplicates(clinic: Clinic) -> None:
    files: dict[str, str | bytes] = {f"{kind}.csv": table(rows) for kind, rows in KINDS.items()}
    for kind, left_out in FEWER.items():
        less = [{header: cell for header, cell in row.items() if header not in left_out} for row in KINDS[kind]]
        files[f"less/{kind}.csv"] = table(less)
    clinic.tried({**files, **BESIDE})
    kinds = {kind["kind"]: kind for kind in clinic.trial.kinds}
    for kind in FEWER:
        counted = {name: kinds[kind][name] for name in ("created", "skipped", "held")}
        assert counted == {"created": len(KINDS[kind]), "skipped": len(KINDS[kind]), "held": 0}, kind
    assert clinic.trial.balanced
    assert Level.HELD.value not in {line.level for line in clinic.problems("trial:1")}


@pytest.mark.parametrize("cell", ["", "Baker"])
def test_a_cell_that_is_empty_or_differs_is_no_missing_column(clinic: Clinic, cell: str) -> None:
    row = {**KINDS["patients"][0], "Updated At": ""}
    clinic.tried({"patients.csv": table([row]), "patients 2.csv": table([{**row, "Occupation": cell}])})
    kinds = {kind["kind"]: kind for kind in clinic.trial.kinds}
    assert kinds["patients"]["held"] == 2


NUMBERS = {
    "contacts": "Provider Number",
    "patients": "DVA Card Number",
    "practitioner_reference_numbers": "Reference Number",
}


def stored_texts(clinic: Clinic) -> set[str]:
    """Every text of every table of the trial, and every value inside JSON."""
    texts: set[str] = set()
    with clinic.runtime.caspen.trial(clinic.id, 1).database.read() as session:
        for name in sa.inspect(session.connection()).get_table_names():
            for row in session.connection().execute(sa.text(f'SELECT * FROM "{name}"')):
                texts |= {text for value in row for text in re.split(r'[":{}\[\], \n]+', str(value))}
    return texts


@pytest.mark.parametrize("copy", ["123", "123.0", "+123"])
@pytest.mark.parametrize("name", ["a-first.csv", "z-last.csv"])
@pytest.mark.parametrize("kind", list(NUMBERS))
def test_of_an_original_and_its_copy_the_leading_zeros_move(clinic: Clinic, kind: str, name: str, copy: str) -> None:
    rows = [{**row, NUMBERS[kind]: "00123"} for row in KINDS[kind]]
    files: dict[str, str | bytes] = {f"{other}.csv": table(KINDS[other]) for other in KINDS if other != kind}
    files[f"m-{kind}.csv"] = table(rows)
    files[name] = table([{**row, NUMBERS[kind]: copy} for row in rows])
    clinic.tried({**files, **BESIDE})
    counted = next(each for each in clinic.trial.kinds if each["kind"] == kind)
    assert (counted["created"], counted["skipped"], counted["held"]) == (len(rows), len(rows), 0)
    assert "00123" in stored_texts(clinic)
