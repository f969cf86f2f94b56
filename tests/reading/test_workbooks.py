"""A spreadsheet is read like a table of text, and what the office program did to ids is found out."""

from tests.reading.story import HEADER, Desk, zipped
from tests.reading.workbooks import workbook

HEAD = HEADER.split(",")


def test_the_first_sheet_with_a_known_header_is_read(desk: Desk) -> None:
    book = workbook({"About": [["My clinic"]], "Data": [HEAD, ["7", "Ann", "Lee", "1980-02-11"], [], ["8", "Bo"]]})
    told = desk.csv(book, "patients.xlsx")
    assert (told.one.kind, told.one.encoding, told.one.rows) == ("patients", "xlsx", 2)
    assert [(r.line, r.cells["id"]) for r in told.rows()] == [(2, "7"), (4, "8")]
    assert "file_name_mismatch" not in told.codes


def test_numbers_are_read_as_they_would_be_typed(desk: Desk) -> None:
    told = desk.csv(workbook({"S": [HEAD, [1234567.0, "Ann", "Lee", 29265.0]]}), "patients.xlsx")
    assert dict(told.rows()[0].cells) == {
        "id": "1234567",
        "first_name": "Ann",
        "last_name": "Lee",
        "date_of_birth": "29265",
    }
    assert "excel_serial_date" in told.codes


def test_a_long_id_kept_as_a_number_is_damage(desk: Desk) -> None:
    told = desk.csv(workbook({"S": [HEAD, [1.55835446401066e18, "Ann", "Lee", ""]]}), "patients.xlsx")
    assert (told.one.refused, told.one.rows) == ("ids_scientific", 1)


def test_a_spreadsheet_under_another_name_is_read_and_said(desk: Desk) -> None:
    told = desk.csv(workbook({"S": [HEAD, ["7", "Ann", "Lee", ""]]}), "patients.csv")
    assert (told.one.kind, told.one.rows, "file_name_mismatch" in told.codes) == ("patients", 1, True)


def test_a_spreadsheet_in_a_zip_is_no_zip_in_a_zip(desk: Desk) -> None:
    told = desk.zip({"patients.xlsx": workbook({"S": [HEAD, ["7", "Ann", "Lee", ""]]})})
    assert (told.one.path, told.one.rows) == ("patients.xlsx", 1)


def test_another_office_document_is_no_table(desk: Desk) -> None:
    letter = zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"})
    told = desk.read({"patients.csv": letter, "letter.docx": letter + b"\0"})
    assert {f.path: (f.refused, f.kind) for f in told.files} == {
        "patients.csv": ("file_type_unsupported", "patients"),
        "letter.docx": (None, None),
    }


def test_a_broken_spreadsheet_is_refused(desk: Desk) -> None:
    broken = zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "no xml"})
    assert desk.csv(broken, "patients.xlsx").one.refused == "file_type_unsupported"
