"""Signs like `<` and `>` in notes, forms and plain cells raise no false alarm: the check reads as the import does."""

import json
import random
from typing import Any

import pytest

from app.caspen.canonical_values import nested_text
from app.mapping.form_content import form_content
from app.mapping.note_content import read_content
from app.mapping.rich import note_html
from app.mapping.verified_kinds import Comparison
from app.trial.verification.cell_comparison import compare_cell
from tests.harness.clinic import Clinic, clinic_files
from tests.kinds.story import mapped

PIECES = (
    *("<", ">", "</", "</=", "<=", ">=", "<y", "<normal on", "> 10", "90", "knee", "left side", " ", " ", "\n", "\t"),
    *("&lt;", "&gt;", "&amp;", "&quot;", "&amp;lt;", "&lt;b&gt;", '"', "'", "\\", "=", "--"),
    *("<b>", "</b>", "<p>", "</p>", "<br>", "<div>", "</div>", "<a href='http://x.example/q'>", "</a>"),
)
WITNESSES = (
    ("text", ("<normal on the left", "flexion >90")),
    ("paragraph", ("<p>left &lt;normal</p>", "<p>flexion &gt;90</p>")),
    ("text", ("Flexion </= 90", "walk > 10 min")),
    ("text", ("usually <moderate", "at night >7")),
    ("text", ("x &lt;y", "tab\there", "a > b")),
)


def cell_of(*questions: tuple[str, str, str]) -> str:
    named = [{"name": name, "type": kind, "answer": answer} for name, kind, answer in questions]
    return json.dumps({"sections": [{"name": "S", "questions": named}]})


def stored(cell: str) -> list[str]:
    """The cell as a note and as a form, where the import says of nothing that it was left out."""
    content = read_content(cell)
    note, form = note_html(content), form_content(content)
    assert "html_sanitised" not in (*note.codes, *form.codes)
    return [note.html, nested_text(form.sections)]


@pytest.mark.parametrize(("kind", "answers"), WITNESSES)
def test_an_answer_with_a_sign_is_found_whatever_a_later_answer_holds(kind: str, answers: tuple[str, ...]) -> None:
    cell = cell_of(*((f"Q{number}", kind, answer) for number, answer in enumerate(answers)))
    assert [compare_cell(Comparison.CONTENT, cell, value) for value in stored(cell)] == [True, True]


def test_every_answer_of_any_signs_is_found() -> None:
    chosen = random.Random(14)
    for _ in range(600):
        texts = ["".join(chosen.choices(PIECES, k=chosen.randint(1, 8))) for _ in range(4)]
        kinds = chosen.choices(("text", "paragraph"), k=2)
        cell = cell_of((texts[0], kinds[0], texts[1]), (texts[2], kinds[1], texts[3]))
        for value in stored(cell):
            assert compare_cell(Comparison.CONTENT, cell, value), cell


def test_a_lost_answer_is_missed_whatever_characters_are_around_it() -> None:
    chosen = random.Random(15)
    for _ in range(200):
        text = "".join(chosen.choices(PIECES, k=4))
        given = cell_of(("Q", "text", text), ("Then", "text", "penicillin"))
        for value in stored(cell_of(("Q", "text", text), ("Then", "text", ""))):
            assert compare_cell(Comparison.CONTENT, given, value) is False, given


@pytest.mark.parametrize(
    ("kind", "cell", "column"),
    [
        ("patients", "notes", "notes"),
        ("patient_cases", "notes", "notes"),
        ("appointments", "notes", "note"),
        ("unavailable_blocks", "notes", "note"),
        ("communications", "content_subject", "subject"),
        ("communications", "content", "body"),
    ],
)
def test_a_plain_cell_of_any_signs_is_found(kind: str, cell: str, column: str) -> None:
    chosen = random.Random(16)
    for _ in range(60):
        text = "".join(chosen.choices(PIECES, k=chosen.randint(1, 8))) + "end"
        cells: dict[str, Any] = {cell: text}
        assert compare_cell(Comparison.WORDS, text, mapped(kind, **cells)[column]), text


def test_a_note_and_a_form_with_signs_in_several_answers_balance(clinic: Clinic) -> None:
    notes = [
        {
            "id": number,
            "patient_id": 1001,
            "content": json.loads(cell_of(("A", kind, answers[0]), ("B", kind, answers[1]))),
        }
        for number, (kind, answers) in enumerate(WITNESSES, start=1)
    ]
    at = "2026-03-01T00:00:00Z"
    files = {
        "treatment_notes.json": json.dumps([{**note, "draft": False, "created_at": at} for note in notes]),
        "patient_forms.json": json.dumps([{**note, "name": "F", "completed_at": at} for note in notes]),
    }
    clinic.tried({**clinic_files(), **files})
    assert not clinic.codes("trial:1") & {"cells_not_found", "cells_in_doubt", "not_verified"}
    assert clinic.trial.balanced
