"""A workbook is measured before the spreadsheet library opens it: no workbook exhausts the reader's memory."""

import io
import resource
import zipfile
from dataclasses import replace

import pytest

from app.reading.limits import Limits
from app.reading.refusal import Refused
from app.reading.sparse_sheet import column_letters
from app.reading.workbook import Workbook
from tests.reading.story import HEADER, Desk
from tests.reading.workbooks import workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = HEADER.split(",")
TABLE = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Patient ID</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>First Name</t></is></c><c r="C1" t="inlineStr"><is><t>Last Name</t></is></c>'
    '<c r="D1" t="inlineStr"><is><t>Date of Birth</t></is></c></row>'
    '<row r="3"><c r="A3"><v>7</v></c><c r="B3" t="inlineStr"><is><t>Ann &amp; Bo</t></is></c></row>'
)
FAR = '<row r="1048576"><c r="XFD1048576"{}>{}</c></row>'


def sheet(body: str, begins: str = '<?xml version="1.0"?>') -> str:
    return f'{begins}<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def with_parts(given: dict[str, str]) -> bytes:
    """Returns a workbook of a single sheet with parts replaced or added."""
    parts = dict(given)
    out = io.BytesIO()
    plain = zipfile.ZipFile(io.BytesIO(workbook({"S": [["a"]]})))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in plain.infolist():
            archive.writestr(info.filename, parts.pop(info.filename) if info.filename in parts else plain.read(info))
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def with_sheet(xml: str) -> bytes:
    return with_parts({"xl/worksheets/sheet1.xml": xml})


FAR_AND_HONEST = {
    "a value in the last cell": FAR.format("", "<v>1</v>"),
    "a format in the last cell": FAR.format(' s="0"', ""),
    "an empty last row": '<row r="1048576"/>',
    "a reference in other quotes": FAR.format("", "<v>1</v>").replace('"', "'").replace("r=", "r = "),
}


@pytest.mark.parametrize("what", FAR_AND_HONEST)
def test_cells_far_apart_are_read_like_any_others(what: str) -> None:
    book = with_sheet(sheet(TABLE + FAR_AND_HONEST[what]))
    rows = list(Workbook(lambda: io.BytesIO(book), Limits()).rows("S"))
    assert [(line, cells[:3]) for line, cells, _ in rows[:2]] == [
        (1, ["Patient ID", "First Name", "Last Name"]),
        (3, ["7", "Ann & Bo", ""]),
    ]
    assert [row[0] for row in rows[2:]] == ([1_048_576] if "<v>" in FAR_AND_HONEST[what] else [])


def test_a_formatted_cell_below_a_table_changes_no_row(desk: Desk) -> None:
    book = with_sheet(sheet(TABLE + FAR.format(' s="0"', "")))
    result = desk.csv(book, "patients.xlsx")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == ("patients", 1, None)
    assert [(r.line, r.cells["id"]) for r in result.rows()] == [(3, "7")]


DIAGONAL = "".join(
    f'<row r="{n * 300}"><c r="{column_letters(n * 4)}{n * 300}"><v>1</v></c></row>' for n in range(1, 3400)
)
REFUSED = {
    "cells on a diagonal": (with_sheet(sheet(DIAGONAL)), "workbook_too_large"),
    "entities": (
        with_sheet(sheet(TABLE, '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>')),
        "file_type_unsupported",
    ),
    "far cells in broken XML": (with_sheet(sheet(FAR.format("", "<v>1</x>"))), "zip_damaged"),
    "far cells very deep": (with_sheet(sheet("<a>" * 40 + FAR.format("", "<v>1</v>"))), "file_type_unsupported"),
    "two parts of one name": (with_parts({"xl/WORKSHEETS/sheet1.xml": sheet(TABLE)}), "file_type_unsupported"),
    "another workbook inside": (with_parts({"xl/workbook.bin": "x"}), "file_type_unsupported"),
    "a large part that is no sheet": (
        with_parts({"docProps/app.xml": "".join(f"<a{n}/>" for n in range(1 << 21))}),
        "workbook_too_large",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_unsafe_workbooks_are_refused_with_their_reason(desk: Desk, what: str) -> None:
    book, code = REFUSED[what]
    assert desk.csv(book, "patients.xlsx").only_file.refused == code


@pytest.mark.parametrize(
    ("limit", "parts"),
    [
        ("workbook_elements", {"xl/styles.xml": "<a/>" * 3000}),
        ("workbook_strings", {"xl/sharedStrings.xml": "<si/>" * 3000}),
        ("workbook_bytes", {"xl/worksheets/sheet2.xml": "x" * 3000}),
    ],
)
def test_elements_strings_and_bytes_have_limits(limit: str, parts: dict[str, str]) -> None:
    book = with_parts(parts)
    few = replace(Limits(), **{limit: 2500})
    with pytest.raises(Refused, match="workbook_too_large"):
        Workbook(lambda: io.BytesIO(book), few)


def test_sheets_have_a_limit() -> None:
    book = workbook({f"S{n}": [["a"]] for n in range(5)})
    with pytest.raises(Refused, match="workbook_too_large"):
        Workbook(lambda: io.BytesIO(book), replace(Limits(), workbook_sheets=4))


def test_a_far_cell_costs_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    book = with_sheet(sheet(TABLE + FAR.format("", "<v>1</v>")))
    assert len(list(Workbook(lambda: io.BytesIO(book), Limits()).rows("S"))) == 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10
