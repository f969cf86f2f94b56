"""A spreadsheet is read like a table of text, and damage to ids by the office program is found."""

import pytest

from tests.reading.story import HEADER, Desk, zipped
from tests.reading.workbooks import Cells, dated_workbook, workbook

HEAD = HEADER.split(",")


def test_each_sheet_is_a_file(desk: Desk) -> None:
    book = workbook({"About": [["My clinic"]], "Data": [HEAD, ["7", "Ann", "Lee", "1980-02-11"], [], ["8", "Bo"]]})
    result = desk.csv(book, "patients.xlsx")
    assert [file.path for file in result.files] == ["patients.xlsx#About", "patients.xlsx#Data"]
    about, data = result.files
    assert (about.kind, [p.code for p in about.problems]) == (None, ["unrecognised_file"])
    assert (data.kind, data.encoding, data.rows) == ("patients", "xlsx", 2)
    assert [(r.line, r.cells["id"]) for r in result.rows(data)] == [(2, "7"), (4, "8")]
    assert "file_name_mismatch" not in result.codes


def test_no_sheet_is_lost(desk: Desk) -> None:
    people = [HEAD, ["7", "Ann", "Lee", "1980-02-11"]]
    more = [HEAD, ["8", "Bo", "Lee", "1980-02-11"]]
    contacts = [["Contact ID", "First Name", "Company Name"], ["1", "Ann", "X"]]
    result = desk.csv(workbook({"A": people, "B": more, "Contacts": contacts}), "Book.xlsx")
    assert {file.path: (file.kind, file.rows) for file in result.files} == {
        "Book.xlsx#A": ("patients", 1),
        "Book.xlsx#B": ("patients", 1),
        "Book.xlsx#Contacts": ("contacts", 1),
    }
    assert not {"duplicate_file_in_bundle", "file_name_mismatch", "unrecognised_file"} & result.codes


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_listed_behind_the_visible_ones_and_not_read(desk: Desk, state: str) -> None:
    old = [HEAD, ["7", "Old", "Lee", "1980-02-11"]]
    new = [HEAD, ["7", "New", "Lee", "1980-02-11"]]
    book = workbook({"Before": old, "Now": new}, hidden={"Before": state})
    result = desk.csv(book, "Book.xlsx")
    assert [(file.path, file.kind, file.rows) for file in result.files] == [
        ("Book.xlsx#Now", "patients", 1),
        ("Book.xlsx#Before", None, 0),
    ]
    problem = result.problem("hidden_sheet_ignored")
    assert (problem.file, problem.severity) == ("Book.xlsx#Before", "warning")
    assert [row.cells["first_name"] for row in result.rows(result.files[0])] == ["New"]


def test_a_hidden_sheet_is_read_if_the_clinic_wants_it(desk: Desk) -> None:
    rows = [HEAD, ["7", "Old", "Lee", "1980-02-11"]]
    book = workbook({"Before": rows, "Now": [HEAD]}, hidden={"Before": "hidden"})
    desk.file_kinds = {"Book.xlsx#Before": "patients"}
    result = desk.csv(book, "Book.xlsx")
    assert result.by_path["Book.xlsx#Before"].rows == 1
    assert "hidden_sheet_ignored" not in result.codes


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("beside", [0, 1, 2], ids=["alone", "with an empty sheet", "with two empty sheets"])
def test_a_workbook_with_only_hidden_rows_is_reported_and_not_read(desk: Desk, beside: int, state: str) -> None:
    empty: dict[str, Cells] = {f"Empty {n}": [] for n in range(beside)}
    book = workbook({"H": [HEAD, ["7", "Old", "Lee", "1980-02-11"]], **empty}, hidden={"H": state})
    result = desk.csv(book, "Patients.xlsx")
    path = "Patients.xlsx#H" if beside else "Patients.xlsx"
    assert [p.file for f in result.files for p in f.problems if p.code == "hidden_sheet_ignored"] == [path]
    assert (result.by_path[path].rows, result.by_path[path].parts) == (0, ())


def test_a_hidden_only_sheet_is_read_if_the_clinic_wants_it(desk: Desk) -> None:
    desk.file_kinds = {"Patients.xlsx": "patients"}
    book = workbook({"H": [HEAD, ["7", "Old", "Lee", "1980-02-11"]]}, hidden={"H": "hidden"})
    result = desk.csv(book, "Patients.xlsx")
    assert (result.only_file.rows, "hidden_sheet_ignored" in result.codes) == (1, False)


def test_an_empty_sheet_is_an_empty_table(desk: Desk) -> None:
    book = workbook({"Patients": [HEAD, ["7", "Ann", "Lee", ""]], "Contacts": [], "Sheet3": []})
    result = desk.csv(book, "Book.xlsx")
    codes = {file.path: [p.code for p in file.problems if p.code == "file_empty_table"] for file in result.files}
    assert codes == {
        "Book.xlsx#Patients": [],
        "Book.xlsx#Contacts": ["file_empty_table"],
        "Book.xlsx#Sheet3": ["file_empty_table"],
    }
    assert not any(file.refused for file in result.files)


def test_the_same_workbook_twice_is_a_copy_sheet_by_sheet(desk: Desk) -> None:
    book = workbook({"A": [HEAD, ["7", "Ann", "Lee", ""]], "B": [HEAD, ["8", "Bo", "Lee", ""]]})
    result = desk.read({"Book.xlsx": book, "Book copy.xlsx": book})
    copies = [file.path for file in result.files if any(p.code == "duplicate_file_in_bundle" for p in file.problems)]
    assert (len(result.files), len(copies)) == (4, 2)


def test_a_sheet_may_have_any_name(desk: Desk) -> None:
    names = ["A & B", "<x>", "a#b", "Ümläut", "it's"]
    book = workbook({name: [HEAD, [str(n), "Ann", "Lee", ""]] for n, name in enumerate(names, start=1)})
    result = desk.csv(book, "Book.xlsx")
    assert sum(file.rows for file in result.files) == len(names)
    assert [file.path for file in result.files][:3] == ["Book.xlsx#A & B", "Book.xlsx#<x>", "Book.xlsx#a_b"]


@pytest.mark.parametrize("is_1904", [False, True])
def test_dates_count_from_the_workbooks_first_day(desk: Desk, is_1904: bool) -> None:
    book = dated_workbook(HEAD, ["7", "Ann", "Lee"], serial=29264 - (1462 if is_1904 else 0), is_1904=is_1904)
    result = desk.csv(book, "patients.xlsx")
    assert result.rows()[0].cells["date_of_birth"] == "1980-02-13"


def test_numbers_are_read_as_they_would_be_typed(desk: Desk) -> None:
    result = desk.csv(workbook({"S": [HEAD, [1234567.0, "Ann", "Lee", 29265.0]]}), "patients.xlsx")
    assert dict(result.rows()[0].cells) == {
        "id": "1234567",
        "first_name": "Ann",
        "last_name": "Lee",
        "date_of_birth": "29265",
    }
    assert "excel_serial_date" in result.codes


def test_a_long_id_kept_as_a_number_is_damage(desk: Desk) -> None:
    result = desk.csv(workbook({"S": [HEAD, [1.55835446401066e18, "Ann", "Lee", ""]]}), "patients.xlsx")
    assert (result.only_file.refused, result.only_file.rows) == ("ids_scientific", 1)


def test_a_spreadsheet_with_another_extension_is_read_and_reported(desk: Desk) -> None:
    result = desk.csv(workbook({"S": [HEAD, ["7", "Ann", "Lee", ""]]}), "patients.csv")
    assert (result.only_file.kind, result.only_file.rows, "file_name_mismatch" in result.codes) == ("patients", 1, True)


def test_a_spreadsheet_in_a_zip_is_not_a_nested_zip(desk: Desk) -> None:
    result = desk.zip({"patients.xlsx": workbook({"S": [HEAD, ["7", "Ann", "Lee", ""]]})})
    assert (result.only_file.path, result.only_file.rows) == ("patients.xlsx", 1)


def test_another_office_document_is_not_a_table(desk: Desk) -> None:
    letter = zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
    result = desk.read({"patients.csv": letter, "letter.docx": letter + b"\0"})
    assert {f.path: (f.refused, f.kind) for f in result.files} == {
        "patients.csv": ("file_is_document", "patients"),
        "letter.docx": (None, None),
    }


def test_a_broken_spreadsheet_is_refused(desk: Desk) -> None:
    broken = zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "no xml"})
    assert desk.csv(broken, "patients.xlsx").only_file.refused == "file_type_unsupported"


@pytest.mark.parametrize(
    ("cell", "text", "is_removed"),
    [
        ("hap_xD83D_py", "happy", True),
        ("hap_xde00_py", "happy", True),
        ("hap_xD83D__xDE00_py", "hap\U0001f600py", False),
        ("hap_xD83D__xD83D__xDE00_py", "hap\U0001f600py", True),
        ("_xD83", "_xD83", False),
    ],
)
def test_half_a_sign_is_removed_and_two_halves_are_one_sign(desk: Desk, cell: str, text: str, is_removed: bool) -> None:
    result = desk.csv(workbook({"Data": [HEAD, ["7", cell, "Lee", "1980-02-11"]]}), "patients.xlsx")
    [row] = result.rows(result.only_file)
    assert row.cells["first_name"] == text
    assert ("control_chars_removed" in result.codes) == is_removed
