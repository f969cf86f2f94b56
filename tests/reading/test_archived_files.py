"""A file named archived holds archived clients; a list of possible medical alerts gets a question."""

import pytest

from tests.reading.story import HEADER, Desk, native, patients
from tests.reading.workbooks import workbook


@pytest.mark.parametrize(
    "name",
    [native("Archived patients"), "Patients (archived).csv", "patients_archived.csv", "Archived clients - Copy.csv"],
)
def test_clients_of_an_archived_file_are_archived_with_a_single_problem(desk: Desk, name: str) -> None:
    result = desk.read({name: patients(3), native(): patients(2, first=10)})
    old, new = result.by_path[name], result.by_path[native()]
    assert {row.cells.get("archived_at") for row in result.rows(old)} == {"true"}
    assert {row.cells.get("archived_at") for row in result.rows(new)} == {None}
    codes = [problem.code for problem in old.problems]
    assert codes.count("archived_by_file_name") == 1
    assert "archived_state_unknown" not in codes
    assert "archived_by_file_name" not in [problem.code for problem in new.problems]


def test_clients_of_an_archived_sheet_are_archived(desk: Desk) -> None:
    rows = [line.split(",") for line in patients(1).splitlines()]
    result = desk.csv(workbook({"Active": rows, "Archived": [rows[0], ["9", "Bo", "Lee", ""]]}), "Patients.xlsx")
    archived = result.by_path["Patients.xlsx#Archived"]
    assert result.rows(archived)[0].cells["archived_at"] == "true"


def test_an_archived_column_overrules_the_file_name(desk: Desk) -> None:
    result = desk.csv(f"{HEADER},Archived At\n1,A,B,,\n", "Archived patients.csv")
    assert "archived_at" not in result.rows()[0].cells
    assert "archived_by_file_name" not in result.codes


@pytest.mark.parametrize("name", ["Unarchived patients.csv", "not archived patients.csv", "patients.csv"])
def test_a_file_with_another_name_archives_no_client(desk: Desk, name: str) -> None:
    assert "archived_by_file_name" not in desk.csv(patients(1), name).codes


@pytest.mark.parametrize("name", ["alerts.csv", "export.csv", "Warnings.csv"])
@pytest.mark.parametrize(
    "header", ["id,patient_id,name", "ID,Patient ID,Name,Archived At", "id,patient.id,name,created_at"]
)
def test_a_list_of_possible_alerts_gets_a_question(desk: Desk, name: str, header: str) -> None:
    rows = "".join(f"{n},7,Latex{',' * (header.count(',') - 2)}\n" for n in range(1, 4))
    result = desk.csv(f"{header}\n{rows}", name)
    assert result.problem("kind_ambiguous").file == name
    assert result.only_file.facts["candidates"] == ["medical_alerts"]
    assert result.only_file.facts["rows_seen"] == 3


@pytest.mark.parametrize("header", ["id,patient_id,name,colour", "id,name", "patient_id,name"])
def test_another_list_gets_no_question(desk: Desk, header: str) -> None:
    cells = ",".join("x" for _ in header.split(","))
    result = desk.csv(f"{header}\n{cells}\n", "things.csv")
    assert "kind_ambiguous" not in result.codes
