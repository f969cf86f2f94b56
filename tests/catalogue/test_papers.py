"""Lines 47 to 53 of the catalogue: notes, forms and messages, tried together in one export."""

import json
from typing import Any

import pytest

from tests.register.story import DIARY, Desk, Tried, export


def content(*questions: dict[str, Any], **section: Any) -> str:
    return json.dumps({"sections": [{"name": "S", "questions": list(questions), **section}]})


PARAGRAPH = {"name": "Progress", "type": "paragraph"}
NOTES: list[dict[str, str | None]] = [
    {"id": "47", "draft": "true"},
    {"id": "48", "content": content(PARAGRAPH | {"answer": "<p>Better</p><script>alert(1)</script>"})},
    {"id": "49", "content": "{'sections': []}"},
    {"id": "50", "content": content(description="<div>Read this first</div>")},
    {"id": "51", "content": content({
        "name": "Pick one", "type": "radiobuttons",
        "answers": [{"value": "A", "selected": True}, {"value": "B", "selected": True}, {"value": "C"}],
    })},
    {"id": "61", "content": content(PARAGRAPH | {"answer": '=HYPERLINK("http://x.example","pay")'})},
]  # fmt: skip


@pytest.fixture(scope="module")
def tried(desk: Desk) -> Tried:
    return desk.tried(
        export(
            *DIARY,
            patients=[{"notes": '=HYPERLINK("http://x.example","pay")'}],
            treatment_notes=[{**row, "booking_id": None} for row in NOTES],
            patient_forms=[{"id": "52", "completed_at": ""}],
            communications=[{"id": "53", "type_code": "2", "category_code": "11"}, {"id": "54"}],
        )
    )


def reported(tried: Tried, code: str) -> dict[str, str]:
    return {str(p.source_id): p.level for p in tried.clinic.problems("trial:1") if p.code == code}


def test_47_a_draft_stays_a_draft_and_is_reported(tried: Tried) -> None:
    assert tried.record("progress_notes", "47")["state"] == "draft"
    assert reported(tried, "note_draft_imported") == {"47": "warning"}


def test_48_a_script_in_a_note_is_taken_out(tried: Tried) -> None:
    body = tried.record("progress_notes", "48")["body"]
    assert "<p>Better</p>" in body
    assert "script" not in body
    assert "alert" not in body
    assert reported(tried, "html_sanitised") == {"48": "warning"}


def test_49_a_note_whose_content_cannot_be_read_is_held(tried: Tried) -> None:
    assert reported(tried, "bad_json") == {"49": "held"}
    assert tried.kind("treatment_notes")["held"] == 1


def test_50_a_section_that_only_explains_is_kept(tried: Tried) -> None:
    assert "Read this first" in tried.record("progress_notes", "50")["body"]


def test_51_two_answers_where_one_was_asked_for_are_both_kept(tried: Tried) -> None:
    body = tried.record("progress_notes", "51")["body"]
    assert [option for option in "ABC" if f"☑ {option}" in body] == ["A", "B"]
    assert "☐ C" in body
    assert reported(tried, "radio_multiple_selected") == {"51": "warning"}


def test_52_a_form_that_was_never_filled_in_stays_so_and_is_not_sent(tried: Tried) -> None:
    form = tried.record("forms", "52")
    assert (form["status"], form["completed_at"]) == ("incomplete", None)
    assert reported(tried, "form_incomplete") == {"52": "warning"}


def test_53_a_message_with_a_sign_in_code_is_not_imported(tried: Tried) -> None:
    assert reported(tried, "system_communication_skipped") == {"53": "skipped"}
    assert [c["source_id"] for c in tried.records("communications")] == ["54"]


def test_61_a_formula_is_words(tried: Tried) -> None:
    formula = '=HYPERLINK("http://x.example","pay")'
    assert tried.record("clients", "11")["notes"] == formula
    assert formula in tried.record("progress_notes", "61")["body"]
