"""Rows of a refused file are counted: as refused, and as left out if the clinic leaves the file out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.reading.story import Desk
from tests.reading.workbooks import workbook

HEADER = "Patient ID,First Name,Last Name,Date of Birth"


def lines(header: str, *rows: str) -> str:
    return "\n".join([*([header] if header else []), *rows]) + "\n"


def people(*ids: str) -> list[str]:
    return [f"{id_},Ann,Lee,1980-01-02" for id_ in ids]


@dataclass(frozen=True)
class Refusal:
    """A refused table: its rows up to the damage, and its rows to leave out."""

    code: str
    name: str
    content: str | bytes
    rows: int
    whole: int


def sheet(header: str, rows: Sequence[str]) -> bytes:
    return workbook({"S": [header.split(","), *(row.split(",") for row in rows)]})


NO_KEY = "Patient ID,Name,Created"
ALERTS = [f"{n},Nuts,2026-01-02" for n in range(1, 11)]
OBJECTS = [{"patient_id": f"{n}", "name": "Nuts"} for n in range(1, 11)]
ROUNDED = [f"15583544640{n:04}000" for n in range(1, 41)]
VISIT = "1234567,2026-01-02 09:00:00 +1100,true"
WIDE = ",".join(f"Column{n}" for n in range(1, 2_100))

REFUSALS = (
    Refusal("missing_key_column", "Attendees.csv", lines("Patient ID,Booking ID,Arrived", "1,2,true", "3,4,x"), 2, 2),
    Refusal("missing_key_column", "Medical alerts.csv", lines(NO_KEY, *ALERTS), 10, 10),
    Refusal("missing_key_column", "Medical alerts.csv", lines("Harbour Street", "All alerts", NO_KEY, *ALERTS), 10, 10),
    Refusal("missing_key_column", "Medical alerts.csv", lines(NO_KEY, *ALERTS[:5], "", ",,", *ALERTS[5:]), 10, 10),
    Refusal("missing_key_column", "Medical alerts.csv", lines(NO_KEY, *ALERTS).replace(",", ";"), 10, 10),
    Refusal("missing_key_column", "Medical alerts.csv", lines(NO_KEY, *ALERTS[:9], '10,"Nuts,2026'), 10, 10),
    Refusal("missing_key_column", "Medical alerts.xlsx", sheet(NO_KEY, ALERTS), 10, 10),
    Refusal("missing_key_column", "medical_alerts.json", json.dumps(OBJECTS), 10, 10),
    Refusal("missing_key_column", "people.csv", lines(HEADER.partition(",")[2], "Ann,Lee,1980-01-02"), 1, 1),
    Refusal("header_missing", "Appointments.csv", lines("", VISIT, VISIT.replace("67", "68")), 2, 2),
    Refusal("header_missing", "Appointments.xlsx", sheet(VISIT, [VISIT.replace("67", "68")]), 2, 2),
    Refusal("csv_misaligned", "contacts.csv", lines("id,first_name,company_name", *["1,A,b,c"] * 25), 25, 25),
    Refusal("csv_misaligned", "patients.csv", lines(WIDE, "1,2", "3,4", "5,6"), 3, 3),
    Refusal("csv_misaligned", "patients.json", json.dumps([{f"c{n}": "1" for n in range(2_100)}]), 1, 1),
    Refusal(
        "csv_unclosed_quote",
        "patients.csv",
        lines(HEADER, *people("1", "2"), '3,"Ann,Lee,1', "4,A,B,2", "5,A,B,3"),
        3,
        3,
    ),
    Refusal("ids_scientific", "patients.csv", lines(HEADER, *people("1", "1.5E+11", "3")), 2, 3),
    Refusal("ids_rounded", "patients.csv", lines(HEADER, *people(*ROUNDED)), 40, 40),
    Refusal("bad_json", "patients.json", '[{"id": "1", "first_name": "Ann"}, {"id": "2", "first', 2, 2),
)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: f"{one.code}-{one.name}")
def test_the_readable_rows_of_a_refused_file_are_counted(desk: Desk, refusal: Refusal) -> None:
    result = desk.csv(refusal.content, refusal.name)

    assert (result.only_file.refused, result.only_file.rows) == (refusal.code, refusal.rows)
    assert result.indexed() == 0


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: f"{one.code}-{one.name}")
def test_the_rows_of_a_refused_file_are_counted_when_the_clinic_leaves_the_file_out(
    desk: Desk, refusal: Refusal
) -> None:
    desk.file_kinds = {refusal.name: "leave_out"}
    result = desk.csv(refusal.content, refusal.name)

    assert (result.only_file.refused, result.only_file.facts.get("rows_seen")) == (None, refusal.whole)
