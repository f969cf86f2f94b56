"""Verification compares raw files with stored records, without code of reading and mapping, and names what differs."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.mapping.note_content import read_content
from app.mapping.parse import Parsed, RowParser
from app.mapping.rich import note_html, template_html
from app.mapping.verified_kinds import Comparison
from app.migration.advance import GuardRefused
from app.problems import Problem
from app.trial.verification import column_verdicts
from app.trial.verification.cell_comparison import compare_cell, form_words, is_in_doubt, is_readable, words
from app.trial.verification.json_objects import LONGEST_NUMBER
from app.trial.verification.plain import SIGNS, Headers, plain_rows
from app.trial.verification.table_lines import NotPlain
from tests.harness.clinic import Clinic, clinic_files
from tests.kinds.story import mapped
from tests.world.spoiled import column, last_rows_unread, source


@pytest.fixture(autouse=True)
def honest_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test spoils is mended after it."""
    from app.reading import grid
    from app.sources import SOURCES

    monkeypatch.setattr(grid, "rows_below", grid.rows_below)
    monkeypatch.setitem(SOURCES, source().name, source())


def test_a_correct_trial_is_verified_without_a_fault(clinic: Clinic) -> None:
    clinic.tried()
    (proof,) = clinic.work(phase="reconcile")
    assert proof.result["looked_at"]["files"] == 5
    assert proof.result["looked_at"]["rows"] == 43
    assert proof.result["looked_at"]["cells"] > 150
    assert clinic.trial.balanced
    assert not clinic.codes("trial:1") & {"cells_not_found", "cells_in_doubt", "rows_miscounted"}


def test_a_column_that_is_mapped_wrongly_is_named_and_nobody_can_approve(clinic: Clinic) -> None:
    column("patients", "clients", "last_name", "another's")()
    clinic.tried()
    (line,) = [line for line in clinic.problems("trial:1") if line.code == "cells_not_found"]
    assert (line.kind, line.file, line.column, line.count) == ("patients", "Patients.csv", "Last Name", 19)
    assert not clinic.trial.balanced
    with pytest.raises(GuardRefused, match="trial_unbalanced"):
        clinic.approve()


def test_a_row_that_nobody_read_is_missed(clinic: Clinic) -> None:
    last_rows_unread()
    clinic.tried()
    lines = {(line.kind, line.count) for line in clinic.problems("trial:1") if line.code == "rows_miscounted"}
    assert {("patients", 1), ("appointments", 1)} <= lines
    assert not clinic.trial.balanced


def test_one_odd_cell_among_many_is_a_doubt_and_no_wall(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = iter([False])
    monkeypatch.setattr(column_verdicts, "compare_cell", lambda how, cell, stored: next(odd, True))
    clinic.tried(clinic_files(200, 20))
    (line,) = [line for line in clinic.problems("trial:1") if line.code == "cells_in_doubt"]
    assert (line.kind, line.count) == ("appointments", 1)
    assert clinic.trial.balanced


@pytest.mark.parametrize(
    ("how", "cell", "stored", "verdict"),
    [
        (Comparison.WORDS, "O'Brien  Zoë", "zoe\u0308 O'Brien", True),
        (Comparison.WORDS, "Anna", "Ann", False),
        (Comparison.WORDS, "<p>Better &amp; stronger</p>", "Better <b>&amp;</b> stronger", True),
        (Comparison.WORDS, "Anna", None, False),
        (Comparison.MOMENT, "2024-01-02 10:00:00 +1100", "2024-01-01T23:00:00.000000Z", True),
        (Comparison.MOMENT, "2024-01-02T10:00:00Z", "2024-01-02T11:00:00.000000Z", False),
        (Comparison.MOMENT, "2024-01-02 10:00:00", "2024-01-02T11:00:00.000000Z", None),
        (Comparison.DAY, "1980-02-13", "1980-02-13", True),
        (Comparison.DAY, "1980-02-13", "1980-02-14", False),
        (Comparison.DAY, "13/02/1980", "1980-02-13", None),
        (Comparison.DAY, "2091-01-01", None, None),
        (Comparison.EMAIL, "Ann@mail.example", "ann@mail.example", True),
        (Comparison.EMAIL, "ann@mail.example", None, False),
        (Comparison.EMAIL, "ask ann", None, None),
        (Comparison.SAME, "Scan: knee.pdf", "Scan_ knee.pdf", True),
        (Comparison.SAME, "1", True, True),
        (Comparison.SAME, "true", None, False),
        (Comparison.CONTENT, "not a form", "anything", False),
        (Comparison.CONTENT, '{"no": "form"}', "anything", None),
        (Comparison.WORDS, "a\0b", "ab", True),
    ],
)
def test_cells_are_compared_plainly_or_not_at_all(
    how: Comparison, cell: str, stored: str | None, verdict: bool | None
) -> None:
    assert compare_cell(how, cell, stored) is verdict


def test_every_name_and_answer_of_a_form_is_looked_for() -> None:
    form = {"sections": [{"name": "Felt", "questions": [{"name": "How?", "type": "text", "answer": "<p>Better</p>"}]}]}
    assert form_words(json.dumps(form)) == frozenset({"felt", "how", "better"})
    assert words("a\u200bb &amp; C") == frozenset({"ab", "c"})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n\n3,4\n", 2),
        ('a;b\n="007";x\n', 1),
        ("sep=|\na|b\n007|x,y\n", 1),
        ('[{"a": "007", "patient": {"links": {"self": "https://x/patients/7"}}}]', 1),
        ('{"patients": [{"a": null}, {"a": "007"}], "total_entries": 2}', 2),
        ('[{"patients": [{"a": "007"}]}, {"patients": [{"a": "1"}]}]', 2),
        ('{"a": "007"}\n{"a": "1"}\n', 2),
        ('{"a": "007"}', 1),
        ('[{"a": "007", "phones": [{"number": "1"}]}]', 1),
        ("a,b\n007,2,3\n4\n", 2),
        ("a,a\n,007\n", 1),
        ('a,b\n"1" x,2\n007,4\n', 2),
        ('a,b\n007,2\n3,"4', 2),
        ('[{"a": 1}', None),
        ('[1, {"a": "007"}]', 2),
    ],
)
def test_every_accepted_shape_of_text_is_read_a_second_time(text: str, rows: int | None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("\ufeff" + text, encoding="utf-8")
    if rows is None:
        with pytest.raises(NotPlain):
            list(plain_rows(lambda: path.open("rb"), "utf-8", lists=("patients",)))
        return
    found = list(plain_rows(lambda: path.open("rb"), "utf-8", lists=("patients",)))
    assert len(found) == rows
    assert "007" in {cell for _, row in found for cell in row.values()} or "3,4" in text


def test_of_a_form_only_what_must_be_found_as_written_is_looked_for() -> None:
    other = {"enabled": True, "selected": False, "value": "leftover"}
    questions = [
        {"name": "When", "type": "date", "answer": "2026-04-07"},
        {"name": "Pick", "type": "radiobuttons", "answers": [{"value": "Left"}], "other": other},
        {"name": "Now", "type": "text", "answer": "better"},
        {"name": "Then", "type": "paragraph", "answer": "<b>worse</b>"},
    ]
    cell = json.dumps({"sections": [{"name": "S", "questions": questions}]})
    assert form_words(cell) == frozenset({"s", "when", "pick", "left", "leftover", "now", "better", "then", "worse"})
    assert form_words(cell, template=True) == frozenset({"s", "when", "pick", "left", "now", "then", "worse"})


@pytest.mark.parametrize("kind", ["signature", "bodycharts"])
def test_checkbox_answers_are_not_searched_in_the_text(kind: str) -> None:
    asked = {"name": "Sign here", "type": kind, "answer": "Squiggle"}
    cell = json.dumps({"sections": [{"name": "End", "questions": [asked]}]})
    assert form_words(cell) == frozenset({"sign", "here", "end"})


CELLS = {
    "commas": "a, b, c, d, e, f",
    "semicolons": "a; b; c; d; e; f",
    "tabs": "a\tb\tc\td\te\tf",
    "bars": "a | b | c | d | e | f",
    "a form": '{"sections": [{"name": "A", "questions": [{"name": "P", "type": "text", "answer": "x, y; z"}]}]}',
    "lines": "a,\nb;\n\nc,,,,,,\nd",
    "words": "rest",
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("content", CELLS)
@pytest.mark.parametrize("above", ["", "Report of a clinic\n", "a, b; c | d\te, f, g, h, i\n\n", "sep={sign}\n"])
def test_every_sign_parts_cells_whatever_the_cells_hold(tmp_path: Path, sign: str, content: str, above: str) -> None:
    path = tmp_path / "notes.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(above.format(sign=sign))
        writer = csv.writer(file, delimiter=sign, quoting=csv.QUOTE_MINIMAL)
        writer.writerow(("id", "patient_id", "content"))
        writer.writerows((number, 1, CELLS[content]) for number in range(3))
    headers = Headers(frozenset({"id"}), frozenset({"patientid", "content"}))
    rows = [row for _, row in plain_rows(lambda: path.open("rb"), "utf-8", headers=headers)]
    wanted = [{"id": str(number), "patientid": "1", "content": CELLS[content]} for number in range(3)]
    assert rows == wanted


FIELDS = [
    {"token": "f1", "name": "Hobby", "type": "text"},
    {"token": "f2", "name": "Team", "type": "radiobuttons", "options": [{"token": "a", "name": "Red"}, {"name": "B"}]},
]
SECTIONS = [{"token": "s1", "name": "Social", "fields": FIELDS}]
DEFINITION = "patient_custom_fields_definition"


@pytest.mark.parametrize(
    ("definitions", "rows"),
    [
        ({DEFINITION: {"sections": SECTIONS}}, 3),
        ([{DEFINITION: {"sections": SECTIONS}}], 3),
        ({DEFINITION: SECTIONS}, 3),
        ({"sections": SECTIONS}, 3),
        ({DEFINITION: {"sections": [{"name": "Empty", "fields": []}, *SECTIONS]}}, 3),
        ([{"field_token": "f1", "field_name": "Hobby", "field_type": "text"}], 1),
    ],
)
def test_each_field_and_option_of_a_definition_is_a_row(clinic: Clinic, definitions: object, rows: int) -> None:
    clinic.tried({**clinic_files(), "custom_fields.json": json.dumps(definitions)})
    assert {kind["kind"]: kind["read"] for kind in clinic.trial.kinds}["custom_fields"] == rows
    assert not clinic.codes("trial:1") & {"rows_miscounted", "not_verified"}
    assert clinic.trial.balanced


@pytest.mark.parametrize("behind", ["", "/", "#a", "?page=1", "?page=1#a", "#a/b?c", "/#7"])
def test_an_address_refers_to_its_record_whatever_follows_its_path(clinic: Clinic, behind: str) -> None:
    relation = {"links": {"self": f"https://api.au1.cliniko.com/v1/patients/1001{behind}"}}
    form_words = {"id": "1", "patient": relation, "type_code": 1, "direction_code": 1, "content": "x"}
    page = {"communications": [{**form_words, "created_at": "2026-03-01T00:00:00Z"}], "total_entries": 1}
    clinic.tried({**clinic_files(), "communications.json": json.dumps(page)})
    assert {kind["kind"]: kind["created"] for kind in clinic.trial.kinds}["communications"] == 1
    assert clinic.trial.balanced


@pytest.mark.parametrize("code", ["missing_id", "bad_id"])
def test_a_row_with_a_plain_id_is_not_accepted_as_a_row_without_one(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    inner = RowParser.parse

    def lied(self: Any, cells: Any, columns: Any = None) -> Any:
        parsed = inner(self, cells, columns)
        if parsed.source_id not in ("1003", "1004"):
            return parsed
        return Parsed(None, None, (Problem(code, self.kind.name),))

    monkeypatch.setattr(RowParser, "parse", lied)
    clinic.tried()
    lines = [line for line in clinic.problems("trial:1") if line.code == "cells_not_found"]
    assert ("patients", "Patient ID", 2) in {(line.kind, line.column, line.count) for line in lines}
    assert not clinic.trial.balanced


@pytest.mark.parametrize(
    ("cell", "stored", "verdict", "doubt"),
    [
        ("a</div>b", "ab", True, False),
        ("a<b>b</b>c d", "abc d", True, False),
        ("<p>sore</p><p>knee</p>", "<p>sore</p>", False, False),
        ("<p>sore knee and hip<p>swollen", "<p>sore knee and hip</p>", False, True),
        ("<p>sore<p>swollen knee and hip", "<p>sore</p>", False, False),
        ("sore knee hip &copy 2024", "sore knee hip", False, True),
        ("sore knee", "sore", False, False),
    ],
)
def test_a_text_whose_marks_can_be_read_in_two_ways_is_a_doubt_where_most_of_it_is_there(
    cell: str, stored: str, verdict: bool, doubt: bool
) -> None:
    assert compare_cell(Comparison.WORDS, cell, stored) is verdict
    assert (verdict is False and is_in_doubt(Comparison.WORDS, cell, stored)) is doubt


@pytest.mark.parametrize("number", ["1.50", "1e-5", "0.10", "12345678901234567890", "-0.0", "1E3", "1" * 5000])
def test_a_number_of_an_answer_is_found_however_a_file_of_json_spells_it(tmp_path: Path, number: str) -> None:
    question = f'{{"name": "Q", "type": "text", "answer": {number}}}'
    path = tmp_path / "notes.json"
    path.write_text(f'[{{"id": 1, "content": {{"sections": [{{"name": "S", "questions": [{question}]}}]}}}}]')
    [(_, row)] = plain_rows(lambda: path.open("rb"), "utf-8", lists=("treatment_notes",))
    if len(number) < LONGEST_NUMBER:
        body = note_html(read_content(f'{{"sections": [{{"name": "S", "questions": [{question}]}}]}}')).html
        assert compare_cell(Comparison.CONTENT, row["content"], body)
    assert row["id"] == "1"


@pytest.mark.parametrize(
    ("cell", "is_form"),
    [
        ('{"sections": []}', True),
        ('{"sections": [{"name": "S", "questions": null}]}', True),
        ('{"sections": [{"name": "S", "questions": [{"name": "Q"}]}]}', True),
        ('{"sections": ["words"]}', False),
        ('{"sections": [{"name": "S", "questions": ["words"]}]}', False),
        ('{"sections": [{"name": "S", "questions": {"0": {"name": "Q"}}}]}', False),
        ('{"sections": {"0": {"name": "S"}}}', False),
        ('{"sections": [' * 3000, False),
    ],
)
def test_only_a_form_of_objects_refutes_that_a_content_cannot_be_read(cell: str, is_form: bool) -> None:
    assert is_readable(Comparison.CONTENT, cell) is is_form
    found = mapped("treatment_notes", content=cell)
    assert (found.codes == ["bad_json"]) is not is_form


@pytest.mark.parametrize("kind", [["text"], {"a": "b"}, 5, None, True, [["date"]]])
def test_a_type_of_any_shape_is_no_known_type(kind: Any) -> None:
    question = {"name": "Q", "type": kind, "answer": "Better", "answers": [{"value": "A", "selected": True}]}
    cell = json.dumps({"sections": [{"name": "S", "questions": [question]}]})
    body = note_html(read_content(cell)).html
    assert compare_cell(Comparison.CONTENT, cell, body) is True
    assert compare_cell(Comparison.TEMPLATE, cell, template_html(read_content(cell)).html) is not None
    assert compare_cell(Comparison.CONTENT, cell, body.replace("Better", "Worse")) is False
