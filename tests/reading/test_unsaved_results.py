"""A formula without a stored result is reported with line and column; an empty text is a result."""

import io
import json
from itertools import product
from pathlib import Path

import pytest

from app.reading.limits import Limits
from app.reading.workbook import Workbook
from tests.figures.command import trial_here
from tests.reading.story import Desk
from tests.reading.test_workbook_limits import MAIN, sheet, with_sheet
from tests.reading.workbooks import letters

HEAD = ["Patient ID", "First Name", "Last Name", "Date of Birth", "Email", "PhoneMobile", "Post code", "Country"]
HEAD += ["Extra Information", "Medical Alerts", "Accepted Privacy Policy", "Mine"]
ANN = [
    "7",
    "Ann",
    "Lee",
    "1980-02-11",
    "ann@x.example",
    "0491570006",
    "2000",
    "AU",
    "note",
    "latex",
    "true",
    "own words",
]
FORMULAS = {
    "plain": '<f>CONCAT(A1,"x")</f>',
    "without words": "<f/>",
    "first of shared": '<f t="shared" ref="E2:E9" si="0">A1</f>',
    "further of shared": '<f t="shared" si="0"/>',
    "array": '<f t="array" ref="E2" aca="false">SUM(A1:A2)</f>',
    "long": f"<f>A1{'+A1' * 400}</f>",
}
NOTHING = {
    "none": "",
    "short": "<v/>",
    "open": "<v></v>",
    "blank": "<v> </v>",
    "on a line": "\n<v\n/>",
    "further": "<extLst/>",
}
TYPES = ("", "n", "b", "e", "s", "d")
UNSAVED = {
    f"{formula}, {nothing}, t={kind}": (kind, FORMULAS[formula] + NOTHING[nothing])
    for formula, nothing, kind in product(FORMULAS, NOTHING, TYPES)
} | {f"{formula}, none, t={kind}": (kind, FORMULAS[formula]) for formula in FORMULAS for kind in ("str", "inlineStr")}
SAVED = {
    "a number": ("", "<f>A1</f><v>5</v>", "5"),
    "nought": ("n", '<f t="shared" si="0"/><v>0</v>', "0"),
    "a text": ("str", "<f>A1</f><v>five</v>", "five"),
    "a truth": ("b", "<f>A1</f><v>1</v>", "true"),
    "an empty text": ("str", "<f>A1</f><v></v>", ""),
    "an empty text in short": ("str", "<f>A1</f><v/>", ""),
    "an empty text of a shared formula": ("str", '<f t="shared" si="0"/><v></v>', ""),
    "no formula": ("", "<v></v>", ""),
    "nothing": ("", "", ""),
}


def row(number: int, cells: list[str], at: int | None = None, kind: str = "", inside: str = "") -> str:
    """Returns a row of texts with a cell replaced."""
    body = ""
    for place, cell in enumerate(cells):
        name = f'r="{letters(place)}{number}"'
        if place == at:
            named = f' t="{kind}"' if kind else ""
            body += f"<c {name}{named}>{inside}</c>"
        else:
            body += f'<c {name} t="inlineStr"><is><t>{cell}</t></is></c>'
    return f'<row r="{number}">{body}</row>'


def rows_of(xml: str) -> list[tuple[int, list[str]]]:
    book = Workbook(lambda: io.BytesIO(with_sheet(xml)), Limits())
    return [(line, cells) for line, cells, _ in book.rows("S")]


@pytest.mark.parametrize("name", UNSAVED)
def test_a_formula_without_its_result_is_an_error_in_every_form(name: str) -> None:
    kind, inside = UNSAVED[name]
    xml = sheet(row(1, ["a", "b", "c"]) + row(2, ["1", "2", "3"], 1, kind, inside))
    assert rows_of(xml) == [(1, ["a", "b", "c"]), (2, ["1", "#ERROR!", "3"])]


def test_every_form_is_found_under_a_prefix_and_at_every_block_border(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [row(at, ["1", "2", "3"], 1, *what) for at, what in enumerate(UNSAVED.values(), start=1)]
    body = "".join(lines)
    for tag in ("row", "c", "f", "v", "is", "t", "extLst"):
        body = (
            body.replace(f"<{tag}>", f"<x:{tag}>").replace(f"<{tag} ", f"<x:{tag} ").replace(f"<{tag}/", f"<x:{tag}/")
        )
        body = body.replace(f"</{tag}>", f"</x:{tag}>").replace(f"<{tag}\n", f"<x:{tag}\n")
    xml = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{body}</x:sheetData></x:worksheet>'
    assert {cells[1] for _, cells in rows_of(xml)} == {"#ERROR!"}
    for size in range(300, 340):
        monkeypatch.setattr("app.reading.sheet_extent._BLOCK", size)
        assert rows_of(sheet(row(1, ["1", "2", "3"], 1, "", '<f t="shared" si="0"/><v></v>')))[0][1][1] == "#ERROR!"


@pytest.mark.parametrize("name", SAVED)
def test_a_stored_result_is_not_an_error_and_costs_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("app.reading.workbook.compact", never)
    kind, inside, shown = SAVED[name]
    assert rows_of(sheet(row(2, ["1", "2", "3"], 1, kind, inside))) == [(2, ["1", shown, "3"])]


@pytest.mark.parametrize("column", HEAD[1:])
def test_a_formula_without_its_result_is_reported_with_its_line_and_column(desk: Desk, column: str) -> None:
    at = HEAD.index(column)
    xml = sheet(row(1, HEAD) + row(2, ANN) + row(4, ["8", *ANN[1:]], at, "", "<f>A1</f>") + row(5, ["9", *ANN[1:]]))
    result = desk.csv(with_sheet(xml), "patients.xlsx")
    assert result.only_file.rows == 3
    found = [p for p in result.only_file.problems if p.code == "spreadsheet_error_value"]
    if column == "Mine":  # nobody reads it; the word stands where the clinic looks at the column
        assert "#ERROR!" in result.rows()[1].cells.values()
        return
    assert [(p.severity, p.file, p.line, p.count) for p in found] == [("warning", "patients.xlsx", 4, 1)]
    assert found[0].column


def test_a_trial_reports_each_lost_cell_and_balances(tmp_path: Path) -> None:
    export, records = tmp_path / "export", tmp_path / "records"
    export.mkdir()
    lost = ["Extra Information", "Date of Birth", "First Name", "PhoneMobile"]
    body = row(1, HEAD) + row(2, ANN)
    for number, name in enumerate(lost, start=3):
        body += row(number, [str(number + 10), *ANN[1:]], HEAD.index(name), "", "<f>A1</f><v></v>")
    body += row(9, ["30", *ANN[1:]], HEAD.index("Extra Information"), "str", '<f>""</f><v></v>')
    export.joinpath("patients.xlsx").write_bytes(with_sheet(sheet(body)))
    tried = trial_here(export, "--records", str(records))
    assert tried.balances
    reported = [p for p in tried.answer["problems"] if p["code"] == "spreadsheet_error_value"]
    assert {(p["file"], p["line"]) for p in reported} == {("patients.xlsx", line) for line in (3, 4, 5, 6)}
    lines = {line["source_id"]: line for line in map(json.loads, (records / "clients.jsonl").read_text().splitlines())}
    assert (lines["13"]["notes"], lines["14"]["date_of_birth"], lines["30"]["notes"]) == (None, None, None)
    codes = {problem["code"] for problem in tried.answer["problems"]}
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified", "rows_miscounted"}
