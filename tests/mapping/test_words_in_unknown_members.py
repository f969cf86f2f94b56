"""Words in unknown members of a note are kept as text and reported."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.mapping.form_content import form_content
from app.mapping.html import plain_text
from app.mapping.note_content import read_content
from app.mapping.rich import note_html, template_html
from app.mapping.verified_kinds import Comparison
from app.trial.verification.cell_comparison import compare_cell, is_in_doubt

WORDS = "Allergic to penicillin & latex"
TYPES = ("text", "paragraph", "date", "radiobuttons", "checkboxes", "signature", "bodycharts", "slider", "")
CHOSEN = {"value": WORDS, "selected": True}
VALUES: tuple[Any, ...] = (WORDS, f"<p>{WORDS}</p>", [WORDS], {"note": WORDS}, [CHOSEN, {"value": "None"}], [[[WORDS]]])
PLAIN = {"name": "Q", "type": "text", "answer": "fine"}


def note(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sections": [{"name": "S", "questions": [PLAIN, *questions], **more}]}


def odd_notes() -> Iterator[dict[str, Any]]:
    """Notes with one answer as it should be and words in one place where the format has none."""
    for value in VALUES:
        yield note() | {"summary": value}
        for name in ("notes", "answer", "Questions"):
            yield note(**{name: value})
        for kind in TYPES:
            for name in ("comment", "value", "response", "text", "answers", "options", "other", "Answer"):
                yield note({"name": "Asked", "type": kind, name: value})
                yield note({"name": "Asked", "type": kind, "answer": "typed", name: value})
            option = {"value": "A", "comment": value}
            yield note({"name": "Asked", "type": kind, "answers": [option, {"value": "B", "selected": True}]})
            other = {"enabled": True, "selected": True, "value": "swims", "more": value}
            yield note({"name": "Asked", "type": kind, "answers": [{"value": "A"}], "other": other})


def plain_form(content: Any) -> str:
    """All that a reader of a form sees."""
    return " ".join(plain_text(text) for text in _texts(form_content(content).sections))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


def test_words_in_any_member_are_written_and_verified() -> None:
    for shape in odd_notes():
        cell = json.dumps(shape)
        content = read_content(cell)
        body, form = note_html(content).html, json.dumps(form_content(content).sections, ensure_ascii=False)
        assert WORDS in plain_text(body), cell
        assert WORDS in plain_form(content), cell
        assert compare_cell(Comparison.CONTENT, cell, body), cell
        assert compare_cell(Comparison.CONTENT, cell, form), cell


def test_words_in_an_unknown_member_are_reported() -> None:
    for shape in odd_notes():
        content = read_content(json.dumps(shape))
        is_known = {"radiobuttons", "checkboxes"} >= {q.type for s in content.sections for q in s.questions[1:]}
        assert {"content_place_unknown", "question_type_unknown"} & set(content.codes) or is_known, shape


def test_verification_of_a_template_is_unsure_about_words_in_other_members() -> None:
    for shape in odd_notes():
        cell = json.dumps(shape)
        body = template_html(read_content(cell)).html
        assert compare_cell(Comparison.TEMPLATE, cell, body) or is_in_doubt(Comparison.TEMPLATE, cell, body), cell


def test_words_lost_from_another_member_are_a_doubt_and_lost_answers_are_certain() -> None:
    for value in VALUES:
        cell = json.dumps(note({"name": "Asked", "type": "text", "answer": "typed", "comment": value}))
        assert compare_cell(Comparison.CONTENT, cell, "S Q fine Asked typed") is False
        assert is_in_doubt(Comparison.CONTENT, cell, "S Q fine Asked typed")
        assert not is_in_doubt(Comparison.CONTENT, cell, f"S Q fine Asked {WORDS}")


@pytest.mark.parametrize("kind", ["text", "paragraph", "radiobuttons", "slider"])
@pytest.mark.parametrize(("answer", "shown"), [(False, "No"), (True, "Yes"), (0, "0"), (7.5, "7.5")])
def test_no_and_zero_are_answers(kind: str, answer: Any, shown: str) -> None:
    body = note_html(read_content(json.dumps(note({"name": "Allergy?", "type": kind, "answer": answer})))).html
    assert plain_text(body).endswith(f"Allergy?\n{shown}")


@pytest.mark.parametrize(
    ("question", "html"),
    [
        ({"question": "Why", "type": "text", "value": "rain"}, "<h2>Why</h2><p>rain</p>"),
        ({"title": "Why", "type": "paragraph", "response": "<b>rain</b>"}, "<h2>Why</h2><div><b>rain</b></div>"),
        (
            {"name": "Pick", "type": "radiobuttons", "options": [{"label": "A"}, {"label": "B", "checked": 1}]},
            "<h2>Pick</h2><ul><li>○ A</li><li>◉ B</li></ul>",
        ),
        (
            {"name": "Drug", "type": "paragraph", "answer": "typed", "answers": [CHOSEN, {"value": "None"}]},
            f"<h2>Drug</h2><div>typed</div><ul><li>☑ {WORDS.replace('&', '&amp;')}</li><li>☐ None</li></ul>",
        ),
        (
            {"name": "Drug", "type": "dropdown", "answers": [{"value": "A"}, {"value": "B"}]},
            "<h2>Drug</h2><ul><li>☐ A</li><li>☐ B</li></ul><p>—</p>",
        ),
        ({"name": "Q", "type": "text", "answer": "x", "id": 4, "required": False}, "<h2>Q</h2><p>x</p>"),
        (
            {"name": "Q", "type": "text", "answer": "x", "drawing": "data:image/png;base64,AAAA"},
            "<h2>Q</h2><p>x</p><div>drawing: [Picture not included]</div>",
        ),
    ],
)
def test_a_question_with_other_member_names_is_read(question: dict[str, Any], html: str) -> None:
    body = note_html(read_content(json.dumps(note(question)))).html
    assert body == f"<h1>S</h1><h2>Q</h2><p>fine</p>{html}"


@pytest.mark.parametrize(
    ("mark", "is_chosen"), [(True, True), ("true", True), (1, True), ("Yes", True), (False, False), ("no", False)]
)
def test_the_mark_of_an_option_is_yes_or_no(mark: Any, is_chosen: bool) -> None:
    question = {"name": "Pick", "type": "radiobuttons", "answers": [{"value": "A", "selected": mark}]}
    content = read_content(json.dumps(note(question)))
    assert [option.chosen for option in content.sections[0].questions[1].options] == [is_chosen]
    assert content.codes == ()


def test_a_mark_that_is_neither_is_kept_as_text() -> None:
    question = {"name": "Pick", "type": "radiobuttons", "answers": [{"value": "A", "selected": "perhaps"}]}
    content = read_content(json.dumps(note(question)))
    assert "A: selected: perhaps" in plain_text(note_html(content).html)
    assert content.codes == ("content_place_unknown",)
