"""A cell that verification cannot read is in doubt; the other rows of its file are compared as ever."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.mapping.verified_kinds import Comparison
from app.trial.verification import column_verdicts, json_objects, plain, table_lines
from app.trial.verification.cell_comparison import compare_cell
from app.trial.verification.plain import plain_rows
from app.trial.verification.sheets import sheet_rows
from tests.harness.clinic import Clinic, clinic_files
from tests.reading.story import Desk
from tests.reading.test_faulty_workbooks import BLANK_WITH_PROBLEM, READ_AS_TEXT, clients
from tests.reading.test_workbook_limits import sheet, with_parts
from tests.trial.test_verified_cells import honest_code  # noqa: F401 - mends what a test spoils
from tests.world.spoiled import column

MOST = 1 << 15  # signs of a row and of an object, in the place of eight million
LARGE = MOST * 3 + 10
FORM = {"sections": [{"name": "S", "questions": [{"name": "Q", "type": "text", "answer": "words"}]}]}


@pytest.fixture
def small_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_lines, "ROW", MOST)
    monkeypatch.setattr(plain, "ROW", MOST)
    monkeypatch.setattr(json_objects, "LARGEST", MOST)
    monkeypatch.setattr(json_objects, "CHUNK", MOST // 4)


def nested(depth: int) -> str:
    return "[" * depth + "1" + "]" * depth


CELLS: dict[str, str] = {
    "nested 600 deep": nested(600),
    "nested 3000 deep": nested(3000),
    "a form nested deep": json.dumps(FORM).replace('"words"', nested(3000)),
    "objects nested deep": '{"a":' * 2000 + "1" + "}" * 2000,
    "a number of many digits": "1" * 6000,
    "a sign of many digits": f"&#{'9' * 6000};",
    "half of a sign": "a\ud800b",
    "a sign that no text holds": "a\0b",
    "a quotation mark": 'he said "no", twice',
    "a very large text": "x" * LARGE,
    "a very large text of many lines": "a line\n" * (LARGE // 7),
    "a very large text of quotation marks": 'x"' * (LARGE // 2),
}


def table(cell: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([["id", "content"], *([str(n), cell if n == 2 else f"note {n}"] for n in range(1, 5))])
    return out.getvalue().encode("utf-8", "surrogatepass")


def objects(cell: str) -> list[str]:
    try:
        value = json.dumps(json.loads(cell)) if cell[:1] in "[{1" else json.dumps(cell)
    except (ValueError, RecursionError):
        value = cell  # as a program writes it that nests without end
    return [f'{{"id": "{n}", "content": {value if n == 2 else json.dumps(f"note {n}")}}}' for n in range(1, 5)]


SHAPES: dict[str, Callable[[str], bytes]] = {
    "a table": table,
    "an array": lambda cell: f"[{','.join(objects(cell))}]".encode(),
    "a page": lambda cell: f'{{"treatment_notes": [{",".join(objects(cell))}], "total_entries": 4}}'.encode(),
    "a page of two kinds": lambda cell: f'{{"x": [1], "treatment_notes": [{",".join(objects(cell))}]}}'.encode(),
    "lines": lambda cell: "\n".join(objects(cell)).encode(),
}


@pytest.mark.usefixtures("small_rows")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("what", CELLS)
def test_the_rows_around_a_cell_that_cannot_be_read_are_read(shape: str, what: str) -> None:
    data = SHAPES[shape](CELLS[what])
    only = "treatment_notes" if shape == "a page of two kinds" else None
    lists = ("treatment_notes",)
    rows = list(plain_rows(lambda: io.BytesIO(data), "utf-8", lists=lists, in_lines=shape == "lines", only=only))
    assert len(rows) == 4
    others = [row for _, row in rows if row.get("content", "").startswith("note")]
    assert others == [{"id": str(n), "content": f"note {n}"} for n in (1, 3, 4)]
    if shape == "table":
        assert [line for line, _ in rows][:2] == [2, 3]


@pytest.mark.parametrize("what", [*BLANK_WITH_PROBLEM, *READ_AS_TEXT, "a day beyond all days", "one byte"])
def test_the_rows_of_a_sheet_around_a_cell_that_cannot_be_read_are_read(what: str) -> None:
    odd = {"a day beyond all days": '<c r="E4" s="1"><v>99999999999</v></c>', "one byte": '<c r="E4"><v>QQ</v></c>'}
    cell = {**BLANK_WITH_PROBLEM, **{name: given for name, (given, _) in READ_AS_TEXT.items()}, **odd}[what]
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    data = with_parts({"xl/worksheets/sheet1.xml": sheet(clients(cell)), "xl/styles.xml": styles})
    if what == "one byte":
        xml = sheet(clients(cell)).encode().replace(b"QQ", b"caf\xe9")
        data = with_parts({"xl/worksheets/sheet1.xml": xml})  # type: ignore[dict-item]  # bytes that are no text
    rows = [row for _, row in sheet_rows(lambda: io.BytesIO(data), None, lambda _: True)]
    assert [row[:4] for row in rows[1:]] == [[f"10{n}", "Ann", "Lee", "1980-02-11"] for n in range(2, 7)]


@pytest.mark.usefixtures("small_rows")
def test_one_large_file_of_json_on_one_line_is_read() -> None:
    note = {"id": "1", "content": "x" * (MOST // 8)}
    data = json.dumps([note] * 9).encode()
    assert len(data) > MOST
    assert sum(1 for _ in plain_rows(lambda: io.BytesIO(data), "utf-8")) == 9


def odd_files() -> dict[str, str | bytes]:
    """An export in which one cell of each sort cannot be read, in files of clients and of notes."""
    files: dict[str, str | bytes] = dict(clinic_files())
    rows = list(csv.reader(io.StringIO(str(files.pop("Patients.csv")))))
    rows[0] += ["Extra Information"]
    odd = ("&#" + "9" * 6000 + ";", "a\ud800b", nested(600), "a\0b")
    for number, row in enumerate(rows[1:]):
        row += [odd[number] if number < len(odd) else "words"]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    files["Patients.csv"] = out.getvalue().encode("utf-8", "surrogatepass")
    notes = [["Treatment Note ID", "Patient ID", "Title", "Content", "Draft", "Created At"]]
    contents = [nested(3000), json.dumps(FORM).replace('"words"', nested(600)), f"[{nested(400)}"]
    contents += [json.dumps(FORM)] * 17
    for number, content in enumerate(contents):
        notes.append([str(number + 1), "1000", "T", content, "false", "2026-03-01T00:00:00Z"])
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(notes)
    return files | {"Treatment notes.csv": out.getvalue()}


def test_a_real_loss_is_found_beside_cells_that_cannot_be_read(clinic: Clinic) -> None:
    column("patients", "clients", "last_name", "another's")()
    column("treatment_notes", "progress_notes", "body", "another's half")()
    clinic.tried(odd_files())
    lines = {(line.kind, line.column) for line in clinic.problems("trial:1") if line.code == "cells_not_found"}
    assert ("patients", "Last Name") in lines
    assert ("treatment_notes", "Content") in lines
    assert not {"not_verified"} & clinic.codes("trial:1")


def test_cells_that_cannot_be_read_alone_leave_the_trial_balanced(clinic: Clinic) -> None:
    clinic.tried(odd_files())
    assert not {"cells_not_found", "rows_miscounted", "not_verified"} & clinic.codes("trial:1")
    assert clinic.trial.balanced


def test_a_comparison_that_fails_for_one_cell_puts_that_cell_in_doubt(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    column("patients", "clients", "last_name", "another's")()

    def failing(how: Comparison, cell: str, stored: object) -> bool | None:
        if cell == "Lee3":
            raise ValueError
        return compare_cell(how, cell, stored)

    monkeypatch.setattr(column_verdicts, "compare_cell", failing)
    clinic.tried()
    lines = [line for line in clinic.problems("trial:1") if (line.kind, line.column) == ("patients", "Last Name")]
    assert {(line.code, line.count) for line in lines} == {("cells_in_doubt", 1), ("cells_not_found", 18)}
    assert "not_verified" not in clinic.codes("trial:1")


@pytest.mark.parametrize("shape", ["an array", "a page", "lines"])
def test_a_record_nested_without_end_is_held_and_costs_no_other_record(shape: str, tmp_path: Path) -> None:
    result = Desk(tmp_path).csv(SHAPES[shape](nested(3000)), "treatment_notes.json")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == ("treatment_notes", 4, None)
    assert [row.cells.get("content") for row in result.rows()] == ["note 1", None, "note 3", "note 4"]
    assert [(p.code, p.line, p.count) for p in result.only_file.problems if p.code == "cell_too_large"] == [
        ("cell_too_large", 2, 1)
    ]
