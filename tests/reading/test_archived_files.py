"""A file that is called archived brings archived clients; a list that may be of medical alerts is asked about."""

import pytest

from tests.reading.story import HEADER, Desk, native, patients
from tests.reading.workbooks import workbook


@pytest.mark.parametrize(
    "name",
    [native("Archived patients"), "Patients (archived).csv", "patients_archived.csv", "Archived clients - Copy.csv"],
)
def test_clients_of_an_archived_file_come_archived_and_that_is_told_once(desk: Desk, name: str) -> None:
    told = desk.read({name: patients(3), native(): patients(2, first=10)})
    old, new = told.by_path[name], told.by_path[native()]
    assert {row.cells.get("archived_at") for row in told.rows(old)} == {"true"}
    assert {row.cells.get("archived_at") for row in told.rows(new)} == {None}
    codes = [problem.code for problem in old.problems]
    assert codes.count("archived_by_file_name") == 1
    assert "archived_state_unknown" not in codes
    assert "archived_by_file_name" not in [problem.code for problem in new.problems]


def test_an_archived_sheet_brings_archived_clients(desk: Desk) -> None:
    rows = [line.split(",") for line in patients(1).splitlines()]
    told = desk.csv(workbook({"Active": rows, "Archived": [rows[0], ["9", "Bo", "Lee", ""]]}), "Patients.xlsx")
    archived = told.by_path["Patients.xlsx#Archived"]
    assert told.rows(archived)[0].cells["archived_at"] == "true"


def test_a_column_says_more_than_the_name(desk: Desk) -> None:
    told = desk.csv(f"{HEADER},Archived At\n1,A,B,,\n", "Archived patients.csv")
    assert "archived_at" not in told.rows()[0].cells
    assert "archived_by_file_name" not in told.codes


@pytest.mark.parametrize("name", ["Unarchived patients.csv", "not archived patients.csv", "patients.csv"])
def test_a_file_of_another_name_says_nothing(desk: Desk, name: str) -> None:
    assert "archived_by_file_name" not in desk.csv(patients(1), name).codes


@pytest.mark.parametrize("name", ["alerts.csv", "export.csv", "Warnings.csv"])
@pytest.mark.parametrize(
    "header", ["id,patient_id,name", "ID,Patient ID,Name,Archived At", "id,patient.id,name,created_at"]
)
def test_a_list_that_may_be_of_alerts_is_asked_about(desk: Desk, name: str, header: str) -> None:
    rows = "".join(f"{n},7,Latex{',' * (header.count(',') - 2)}\n" for n in range(1, 4))
    told = desk.csv(f"{header}\n{rows}", name)
    assert told.problem("kind_ambiguous").file == name
    assert told.one.facts["candidates"] == ["medical_alerts"]
    assert told.one.facts["rows_seen"] == 3


@pytest.mark.parametrize("header", ["id,patient_id,name,colour", "id,name", "patient_id,name"])
def test_another_list_is_not(desk: Desk, header: str) -> None:
    cells = ",".join("x" for _ in header.split(","))
    told = desk.csv(f"{header}\n{cells}\n", "things.csv")
    assert "kind_ambiguous" not in told.codes
