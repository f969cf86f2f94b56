"""Words that a spreadsheet strikes out stay struck out in prose; exact values are unchanged."""

import io
import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.figures.command import trial_here
from tests.reading.story import Desk, ReadResult
from tests.reading.test_workbook_limits import MAIN, sheet, with_parts
from tests.reading.workbooks import letters

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
HEAD = [
    "Patient ID",
    "First Name",
    "Last Name",
    "Date of Birth",
    "Email",
    "Medical Alerts",
    "Extra Information",
    "Mine",
]
ANN = ["7", "Ann", "Lee", "1980-02-11", "ann@x.example", "Allergic to latex", "Likes mornings", "own words"]
PROSE = ("Medical Alerts", "Extra Information", "Mine")
PLAIN, STRUCK = 0, 1
OFF_AND_ON = {"plain": "<strike/>", "true": '<strike val="true"/>', "one": '<strike val="1"/>'}
OFF = {"zero": '<strike val="0"/>', "false": "<strike val='false'/>", "none": "<b/>"}


def styles(strike: str) -> str:
    return (
        f'<?xml version="1.0"?><styleSheet xmlns="{MAIN}"><fonts count="2"><font/><font>{strike}</font></fonts>'
        '<cellStyleXfs><xf fontId="1"/></cellStyleXfs><cellXfs count="2"><xf fontId="0"/><xf fontId="1"/></cellXfs>'
        "<dxfs><dxf><font><strike/></font></dxf></dxfs></styleSheet>"
    )


def book(rows: list[list[str]], kind: str, strike: str = "<strike/>", struck: tuple[str, ...] = tuple(HEAD)) -> bytes:
    """Returns a workbook of text cells of a kind; in every second row the columns `struck` have the second style."""
    strings: list[str] = []
    body = ""
    for number, row in enumerate([HEAD, *rows], start=1):
        body += f'<row r="{number}">'
        for at, cell in enumerate(row):
            style = STRUCK if number % 2 == 0 and HEAD[at] in struck else PLAIN
            place = f'r="{letters(at)}{number}" s="{style}"'
            text = cell if cell.startswith("<") else f"<t>{escape(cell)}</t>"
            if kind == "shared":
                strings += [] if text in strings else [text]
                body += f'<c {place} t="s"><v>{strings.index(text)}</v></c>'
            elif kind == "inline":
                body += f'<c {place} t="inlineStr"><is>{text}</is></c>'
            else:
                body += f'<c {place} t="str"><f>A1</f><v>{escape(cell)}</v></c>'
        body += "</row>"
    result = "".join(f"<si>{text}</si>" for text in strings)
    parts = {
        "xl/worksheets/sheet1.xml": sheet(body),
        "xl/styles.xml": styles(strike),
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/sharedStrings.xml": f'<?xml version="1.0"?><sst xmlns="{MAIN}" count="{len(strings)}" '
        f'uniqueCount="{len(strings)}">{result}</sst>',
    }
    return with_parts(parts)


def cells(result: ReadResult, at: int = 0) -> dict[str, str]:
    """Returns the cells of a row by the headers of its file."""
    names = {"id": "Patient ID", "medical_alerts": "Medical Alerts", "notes": "Extra Information", "?Mine": "Mine"}
    return {names.get(name, name): cell for name, cell in result.rows()[at].cells.items()}


@pytest.mark.parametrize("strike", OFF_AND_ON.values(), ids=OFF_AND_ON)
@pytest.mark.parametrize("kind", ["shared", "inline", "formula"])
def test_a_struck_cell_keeps_its_strike_in_prose_and_its_value_elsewhere(desk: Desk, kind: str, strike: str) -> None:
    result = desk.csv(book([ANN, ["8", *ANN[1:]]], kind, strike), "patients.xlsx")
    first, second = cells(result), cells(result, 1)
    assert {name: first[name] for name in PROSE} == {name: f"[struck out: {ANN[HEAD.index(name)]}]" for name in PROSE}
    assert [first[n] for n in ("Patient ID", "first_name", "last_name", "date_of_birth", "email")] == ANN[:5]
    assert [second[name] for name in PROSE] == ANN[5:]


@pytest.mark.parametrize("name", PROSE)
@pytest.mark.parametrize("kind", ["shared", "inline"])
def test_only_the_struck_cell_of_cells_that_share_a_text_is_struck(desk: Desk, kind: str, name: str) -> None:
    same = [*ANN[:5], "same", "same", "same"]
    result = desk.csv(book([same, ["8", *same[1:]]], kind, struck=(name,)), "patients.xlsx")
    assert {n: cells(result)[n] for n in PROSE} == {n: "[struck out: same]" if n == name else "same" for n in PROSE}
    assert {cells(result, 1)[n] for n in PROSE} == {"same"}


RUNS = {
    "the first": (
        '<r><rPr><strike/></rPr><t xml:space="preserve">No </t></r><r><t>latex</t></r>',
        "[struck out: No] latex",
    ),
    "the last": (
        "<r><t>Latex </t></r><r><rPr><b/><strike val='1'/></rPr><t>and nuts</t></r>",
        "Latex [struck out: and nuts]",
    ),
    "two beside each other": (
        "<r><rPr><strike/></rPr><t>la</t></r><r><rPr><i/><strike/></rPr><t>tex</t></r>",
        "[struck out: latex]",
    ),
    "all but one": (
        "<r><rPr><strike/></rPr><t>a</t></r><r><rPr><b/></rPr><t> b </t></r><r><rPr><strike/></rPr><t>c</t></r>",
        "[struck out: a] b [struck out: c]",
    ),
    "none": ("<r><rPr><strike val='0'/></rPr><t>a</t></r><r><t>b</t></r>", "ab"),
    "beside how it is pronounced": (
        "<r><rPr><strike/></rPr><t>a</t></r><rPh sb='0' eb='1'><t>x</t></rPh>",
        "[struck out: a]",
    ),
}


@pytest.mark.parametrize("kind", ["shared", "inline"])
@pytest.mark.parametrize("what", RUNS)
def test_a_struck_run_of_a_text_is_struck_alone(desk: Desk, what: str, kind: str) -> None:
    runs, shown = RUNS[what][0].replace("<t>", '<t xml:space="preserve">'), RUNS[what][1]
    result = desk.csv(book([[*ANN[:5], runs, ANN[6], ANN[7]]], kind, OFF["none"]), "patients.xlsx")
    assert (cells(result)["Medical Alerts"], cells(result)["Extra Information"]) == (shown, ANN[6])


def test_a_run_with_its_own_font_is_not_struck_by_its_cell(desk: Desk) -> None:
    runs = "<r><t xml:space='preserve'>no </t></r><r><rPr><b/></rPr><t>latex</t></r>"
    result = desk.csv(book([[*ANN[:5], runs, ANN[6], ANN[7]]], "shared"), "patients.xlsx")
    assert cells(result)["Medical Alerts"] == "[struck out: no] latex"


@pytest.mark.parametrize("strike", OFF.values(), ids=OFF)
@pytest.mark.parametrize("kind", ["shared", "inline", "formula"])
def test_a_workbook_without_struck_out_text_is_not_rewritten(
    desk: Desk, kind: str, strike: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("app.reading.workbook._written", never)
    for data in (book([ANN], kind, strike), book([ANN], kind, struck=())):
        result = desk.csv(data, "patients.xlsx")
        assert [cells(result)[name] for name in PROSE] == ANN[5:]


NOTE = '{"sections":[{"name":"S","questions":[{"name":"Q","type":"paragraph","answer":"<p>fine</p>"}]}]}'
CONTENTS = {
    "No allergies, BP <120": "<s>No allergies, BP &lt;120</s>",
    "one\ntwo": "<s>one<br>two</s>",
    "<p>No allergies</p>": "<s><p>No allergies</p></s>",
    NOTE: f"<s>{NOTE}</s>",
}


@pytest.mark.parametrize("content", CONTENTS)
def test_the_content_of_a_struck_note_is_struck_as_html(desk: Desk, content: str) -> None:
    head, row = ["Treatment Note ID", "Patient ID", "Content", "Draft"], ["1", "7", content, "false"]
    lines = "".join(
        f'<row r="{n}">'
        + "".join(f'<c s="{n - 1}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in line)
        + "</row>"
        for n, line in enumerate((head, row), start=1)
    )
    parts = {
        "xl/worksheets/sheet1.xml": sheet(lines),
        "xl/styles.xml": styles("<strike/>"),
        "xl/_rels/workbook.xml.rels": RELATIONS,
    }
    result = desk.csv(with_parts(parts), "treatment_notes.xlsx")
    assert result.rows()[0].cells["content"] == CONTENTS[content]


HOSTILE = {
    "fonts without end": styles("<strike/>").replace("</font></fonts>", "<font>" * 50_000),
    "a style that is no number": styles("<strike/>").replace('fontId="1"', 'fontId="99999999999999999999"'),
    "no XML": "<strike",
    "nested deep": "<fonts><font>" * 20_000 + "<strike/>",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_styles_that_cannot_be_read_are_refused_or_cost_no_row(desk: Desk, what: str) -> None:
    data = _replaced(book([ANN], "shared"), "xl/styles.xml", HOSTILE[what])
    result = desk.csv(data, "patients.xlsx")
    assert result.only_file.refused in ("file_type_unsupported", "zip_damaged") or len(result.rows()) == 1


@pytest.mark.parametrize("piece", ["<si>", "<x:si>", "<si><r>", "<si><t>", "</x", "<si a='", "<strike "])
def test_strings_made_for_endless_searches_are_refused_or_read_soon(desk: Desk, piece: str) -> None:
    begins = f'<?xml version="1.0"?><sst xmlns="{MAIN}"><si><r><rPr><strike/></rPr><t>a</t></r></si>'
    strings = f"{begins}{piece * 200_000}</si></sst>"
    data = _replaced(book([ANN], "inline"), "xl/sharedStrings.xml", strings)
    assert desk.csv(data, "patients.xlsx").only_file.refused in (
        None,
        "zip_damaged",
        "file_type_unsupported",
        "workbook_too_large",
        "zip_bomb_suspected",
    )


def _replaced(data: bytes, part: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as after:
        for name in before.namelist():
            after.writestr(name, text if name == part else before.read(name))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["shared", "inline"])
def test_a_trial_imports_a_negated_allergy_struck_out(tmp_path: Path, kind: str) -> None:
    export, records = tmp_path / "export", tmp_path / "records"
    export.mkdir()
    export.joinpath("patients.xlsx").write_bytes(book([ANN, ["8", "Bo", *ANN[2:]]], kind))
    tried = trial_here(export, "--records", str(records))
    assert tried.balances
    lines = map(json.loads, (records / "clients.jsonl").read_text().splitlines())
    ann, bo = sorted(lines, key=lambda line: str(line["source_id"]))
    assert (ann["alert"], bo["alert"]) == ("[struck out: Allergic to latex]", "Allergic to latex")
    assert (ann["first_name"], ann["email"], ann["date_of_birth"]) == ("Ann", "ann@x.example", "1980-02-11")
    codes = {problem["code"] for problem in tried.answer["problems"]}
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified", "rows_miscounted", "bad_json"}
