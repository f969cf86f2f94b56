"""Text keeps the shown form of a number, 25% or 0800; ids, dates, amounts and choices keep the number."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from app.mapping.cell_marks import displayed
from app.reading.limits import Limits
from app.reading.shown_numbers import format_of
from app.reading.workbook import Workbook
from app.trial.verification.number_spellings import Spelled
from app.trial.verification.sheets import sheet_rows
from tests.figures.command import trial_here
from tests.reading.story import Desk
from tests.reading.test_struck_out import RELATIONS
from tests.reading.test_workbook_limits import MAIN, sheet, with_parts
from tests.reading.workbooks import letters

HEAD = ["Patient ID", "First Name", "Last Name", "Date of Birth", "Email", "PhoneMobile", "Post code", "Country"]
HEAD += [
    "Medicare Number",
    "Extra Information",
    "Medical Alerts",
    "Occupation",
    "Custom: Weight",
    "Mine",
    "Account Balance",
]
ANN = ["7", "Ann", "Lee", "1980-02-11", "ann@x.example", "0491570006", "2000", "AU"]
ANN += ["m", "note", "latex", "occ", "w", "o", "5"]
TEXTS: tuple[str, ...] = (
    "First Name",
    "Last Name",
    "PhoneMobile",
    "Post code",
    "Country",
    "Medicare Number",
    "Extra Information",
)
TEXTS += ("Medical Alerts", "Occupation", "Custom: Weight", "Mine")
EXACT = ("Patient ID", "Date of Birth", "Account Balance")

SHOWN = [
    ("0%", "0.25", "25%"),
    ("0.00%", "0.25", "25.00%"),
    ("0%", "0.2512", "25.12%"),
    ("0%", "-0.5", "-50%"),
    ("0 %", "1", "100%"),
    ("0\\ %", "0.07", "7%"),
    ("#,##0%", "12.5", "1250%"),
    ("0%", "0.30000000000000004", "30%"),
    ("0%", "0", "0%"),
    ("0%;[Red]-0%", "2.5E-1", "25%"),
    ("0000", "800", "0800"),
    ("0000", "0", "0000"),
    ("0000000000", "412345678", "0412345678"),
    ("0000000000", "412345678.0", "0412345678"),
    ("0000000000", "4.12345678E8", "0412345678"),
    ("0000 000 000", "412345678", "0412 345 678"),
    ("\\(00\\)\\ 0000\\ 0000", "298765432", "(02) 9876 5432"),
    ('"+61 "000000000', "412345678", "+61 412345678"),
    ('"+60 "000000000', "412345678", "+60 412345678"),
    ("00-00", "12345", "123-45"),
    ("[Red]0000;-0000;@", "7", "0007"),
]
AS_STORED = [
    ("General", "5"),
    ("0", "800"),
    ("0.00", "5"),
    ("#,##0", "5"),
    ("00", "123"),
    ("0000", "-4"),
    ("0000", "1.5"),
    ('0" %"', "25"),
    ("[<=9999]0000;000000", "7"),
    ("00.00", "7"),
    ("000,000", "7"),
    ("00E+00", "7"),
    ("0000", "9999999999999999"),
    ("0%", "1E+300"),
    ("0" * 300, "7"),
    ("[" * 200, "7"),
]


def styles(codes: Mapping[int, str]) -> str:
    """Returns the styles of number formats; a style's number is its format's position in `codes`, from 1."""
    formats = "".join(f"<numFmt numFmtId='{at}' formatCode={quoteattr(code)}/>" for at, code in codes.items())
    used = "".join(f'<xf numFmtId="{at}"/>' for at in codes)
    return (
        f'<?xml version="1.0"?><styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="9"/>'
        f'</cellStyleXfs><cellXfs><xf numFmtId="0"/>{used}</cellXfs></styleSheet>'
    )


def book(rows: list[list[str]], code: str, formatted: Mapping[int, Mapping[str, str]], written: str = "") -> bytes:
    """Returns a workbook of texts, with formatted numbers in the given cells by row number and header."""
    body = ""
    for number, row in enumerate([HEAD, *rows], start=1):
        body += f'<row r="{number}">'
        for at, cell in enumerate(row):
            place = f'r="{letters(at)}{number}"'
            if (given := formatted.get(number, {}).get(HEAD[at])) is not None:
                body += f'<c {place} s="1"><v>{given}</v></c>'
            else:
                body += f'<c {place} t="inlineStr"><is><t>{cell}</t></is></c>'
        body += "</row>"
    parts = {
        "xl/worksheets/sheet1.xml": sheet(body),
        "xl/styles.xml": written or styles({170: code}),
        "xl/_rels/workbook.xml.rels": RELATIONS,
    }
    return with_parts(parts)


@pytest.mark.parametrize(("code", "number", "shown"), SHOWN)
def test_a_format_shows_a_number_as_a_spreadsheet_does(code: str, number: str, shown: str) -> None:
    found = format_of(code)
    assert found is not None
    assert displayed(found.faces(number) or "") == shown


@pytest.mark.parametrize(("code", "number"), AS_STORED)
def test_any_other_format_leaves_the_number_unchanged(code: str, number: str) -> None:
    found = format_of(code)
    assert found is None or found.faces(number) is None


@pytest.mark.parametrize(("code", "number", "shown"), SHOWN)
def test_verification_reads_the_same_independently(code: str, number: str, shown: str) -> None:
    data = book([ANN], code, {2: {"Extra Information": number}})
    _, row = list(sheet_rows(lambda: io.BytesIO(data), "S", lambda row: True))[1]
    cell = row[HEAD.index("Extra Information")]
    assert isinstance(cell, Spelled)
    stored = next(cells for line, cells, _ in Workbook(lambda: io.BytesIO(data), Limits()).rows("S") if line == 2)
    assert float(cell) == float(stored[HEAD.index("Extra Information")]) == float(number)
    exact = shown if shown != "25.00%" else "25%"
    assert exact in cell.others


@pytest.mark.parametrize("header", [*TEXTS, *EXACT])
@pytest.mark.parametrize(
    ("code", "number", "shown"), [("0%", "0.25", "25%"), ("0000000000", "491570156", "0491570156")]
)
def test_text_keeps_the_shown_form_and_exact_values_the_stored_form(
    desk: Desk, code: str, number: str, shown: str, header: str
) -> None:
    data = book([ANN, ["8", *ANN[1:]], ["9", *ANN[1:]]], code, {3: {header: number}})
    result = desk.csv(data, "patients.xlsx")
    assert (result.only_file.rows, result.only_file.refused) == (3, None)
    row = next((row for row in result.rows() if row.line == 3), None)
    wanted = shown if header in TEXTS else number
    if row is None:  # its id is none
        assert header == "Patient ID"
        return
    assert wanted in row.cells.values()


@pytest.mark.parametrize("code", ["General", "0.00", "dd/mm/yyyy", "#,##0"])
def test_a_workbook_without_such_a_format_costs_nothing(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("app.reading.workbook.compact", never)
    monkeypatch.setattr("app.reading.workbook.sheets_with", never)
    data = book([ANN], code, {2: {"Extra Information": "5"}})
    assert len(list(Workbook(lambda: io.BytesIO(data), Limits()).rows("S"))) == 2


def test_a_sheet_without_such_a_cell_is_not_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("app.reading.workbook.compact", never)
    data = book([ANN], "0%", {})
    assert len(list(Workbook(lambda: io.BytesIO(data), Limits()).rows("S"))) == 2


HOSTILE = {
    "formats without end": "<numFmts>" + "<numFmt numFmtId='170' formatCode='0%'>" * 50_000,
    "a number that is none": styles({170: "0%"}).replace('numFmtId="170"', 'numFmtId="9999999999999999999999"'),
    "no XML": "<styleSheet",
    "long codes": styles({170: '"' * 30_000}),
    "many brackets": styles({170: "[\\" * 100}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_styles_that_cannot_be_read_cost_no_row(desk: Desk, what: str) -> None:
    data = book([ANN], "", {2: {"Post code": "800"}}, HOSTILE[what])
    result = desk.csv(data, "patients.xlsx")
    assert result.only_file.refused in ("file_type_unsupported", "zip_damaged") or len(result.rows()) == 1


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("0%", {"Extra Information": "0.25", "Occupation": "0.5"}),
        (
            "0000000000",
            {"Patient ID": "8", "PhoneMobile": "491570156", "Post code": "800", "Medicare Number": "212345670"},
        ),
    ],
)
def test_a_trial_imports_the_shown_form_and_balances(tmp_path: Path, code: str, numbers: Mapping[str, str]) -> None:
    export, records = tmp_path / "export", tmp_path / "records"
    export.mkdir()
    rows = [[str(at), *ANN[1:]] for at in range(7, 11)]
    data = book(rows, code, {3: numbers})
    export.joinpath("patients.xlsx").write_bytes(data)
    tried = trial_here(export, "--records", str(records))
    assert tried.balances, tried.answer["problems"]
    lines = {line["source_id"]: line for line in map(json.loads, (records / "clients.jsonl").read_text().splitlines())}
    bo = lines["8"]
    if code == "0%":
        assert (bo["notes"], bo["profession"]) == ("25%", "50%")
    else:
        assert bo["phone_number"] == "+61491570156"
        assert bo["address"]["postal_code"] == "0000000800"
    codes = {problem["code"] for problem in tried.answer["problems"]}
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified", "rows_miscounted"}
