"""A note is empty only if it has no words at all: words outside its sections are kept as text."""

import json
from html import unescape
from typing import Any

import pytest

from app.mapping.form_content import form_content
from app.mapping.html import escaped, plain_text
from app.mapping.json_cells import NotJsonError
from app.mapping.note_content import read_content_or_text
from app.mapping.rich import note_html, template_html
from app.mapping.rows import Outcome
from tests.kinds.story import mapped

WORDS = "Allergy: penicillin & latex"
QUESTION = {"name": "Q", "type": "text", "answer": WORDS}
SECTIONS = [{"name": "S", "questions": [QUESTION]}]
EMPTY: list[dict[str, Any]] = [
    {},
    {"sections": []},
    {"sections": [{"name": "Section 1", "questions": []}]},
    {"sections": [{"name": "Section 1", "questions": None, "description": None}]},
]


def capitals(value: Any) -> Any:
    """The same content as a program writes it that begins every name with a capital letter."""
    if isinstance(value, dict):
        return {name.title(): capitals(each) for name, each in value.items()}
    return [capitals(each) for each in value] if isinstance(value, list) else value


def shapes() -> list[dict[str, Any]]:
    """Contents that have their words at every place where no content has any."""
    values: list[Any] = [WORDS, f"<p>{WORDS}</p>", [WORDS], {"note": WORDS}, [{"value": WORDS}], [[{"a": [WORDS]}]]]
    values += [[QUESTION], SECTIONS, {"sections": SECTIONS}]
    contents = [each | {name: value} for each in EMPTY for name in ("text", "Summary", "content") for value in values]
    for name in ("answer", "notes", "Questions", "order", "type"):
        for value in values:
            contents.append({"sections": [{"name": "S", name: value}]})
            contents.append({"sections": [{"name": "", "questions": [], name: value}, {"name": "T", "questions": []}]})
    contents += [{"questions": [QUESTION]}, {"data": {"sections": SECTIONS}}, {"form": {"content": {"a": WORDS}}}]
    return [*contents, capitals({"sections": SECTIONS}), {"SECTIONS": SECTIONS}, {"Sections": SECTIONS}]


def test_words_in_any_member_of_a_content_are_kept() -> None:
    for shape in shapes():
        content = read_content_or_text(json.dumps(shape))
        assert not content.is_empty, shape
        assert {"content_is_text", "content_place_unknown"} & set(content.codes), shape
        assert WORDS in unescape(note_html(content).html), shape
        assert WORDS in unescape(json.dumps(form_content(content).sections)), shape
        if "content_is_text" in content.codes:  # a template keeps no answers but those of paragraphs
            assert WORDS in unescape(template_html(content).html), shape


@pytest.mark.parametrize("member", [{"pain": 7}, {"Penicillin": True}, {"allergic": False}, {"bp": 120.5}])
def test_numbers_and_flags_of_a_client_are_words(member: dict[str, Any]) -> None:
    [(name, value)] = member.items()
    content = read_content_or_text(json.dumps({"sections": [{"name": "S", **member}]}))
    shown = {True: "Yes", False: "No"}[value] if isinstance(value, bool) else value
    assert f"{name}: {shown}" in plain_text(note_html(content).html)


def test_each_member_with_words_has_a_line() -> None:
    content = read_content_or_text(json.dumps({"sections": [{"heading": "S", "asked": [QUESTION, QUESTION]}]}))
    line = f"name: Q, type: text, answer: {WORDS}"
    assert plain_text(note_html(content).html) == f"heading: S\n{line}\n{line}"


@pytest.mark.parametrize(
    "shape",
    [
        capitals({"sections": SECTIONS}),
        {"SECTIONS": SECTIONS},
        {"content": {"sections": SECTIONS}},
        {"form": {"id": 5, "Content": capitals({"sections": SECTIONS})}},
        {"name": "S", "questions": [QUESTION]},
        {"note": {"Name": "S", "Questions": [capitals(QUESTION)]}},
    ],
)
def test_questions_in_another_shape_are_read(shape: dict[str, Any]) -> None:
    content = read_content_or_text(json.dumps(shape))
    assert (note_html(content).html, content.codes) == (
        f"<h1>S</h1><h2>Q</h2><p>{escaped(WORDS)}</p>",
        ("content_place_unknown",),
    )


def test_members_around_sections_in_another_shape_are_kept() -> None:
    shape = {"Summary": "Fell", "note": {"Sections": capitals(SECTIONS), "Alert": "Latex"}, "id": 7}
    content = read_content_or_text(json.dumps(shape))
    assert plain_text(note_html(content).html).split("\n") == ["S", "Q", WORDS, "Summary: Fell", "Alert: Latex"]


@pytest.mark.parametrize(
    "shape",
    [
        {"one": {"sections": SECTIONS}, "other": {"sections": SECTIONS}},
        {"name": "A", "inner": {"name": "B", "questions": [QUESTION]}, "sections": None},
        {"Sections": [7], "text": WORDS},
    ],
)
def test_content_without_a_usual_form_is_kept_as_text_or_held(shape: dict[str, Any]) -> None:
    try:
        assert WORDS in plain_text(note_html(read_content_or_text(json.dumps(shape))).html)
    except NotJsonError:
        assert shape.get("sections", []) is None or shape.get("Sections") == [7]


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"id": 5, "patient_id": "17", "templateId": 4, "position": 1, "version": 2},
        {"created_at": "2026-03-02T00:00:00Z", "updatedAt": "2026-03-02", "type": "note", "draft": True},
        {"text": "", "summary": " ", "notes": None, "comments": [], "more": {}, "html": "<p><br>&nbsp;</p>"},
        {"links": {"self": "https://api.au1.cliniko.com/v1/treatment_notes/5"}},
    ],
)
def test_a_content_without_words_is_empty(empty: dict[str, Any], more: dict[str, Any]) -> None:
    for shape in (empty | more, {"sections": [{"name": "S", "questions": [], **more}]}):
        assert read_content_or_text(json.dumps(shape)).is_empty, shape
        outcome = mapped("treatment_notes", content=json.dumps(shape))
        assert (outcome.outcome, outcome.codes) == (Outcome.SKIPPED, ["note_empty"])


def test_a_note_with_words_in_another_member_is_imported_and_reported() -> None:
    outcome = mapped("treatment_notes", content=json.dumps({"text": WORDS}))
    assert (outcome.outcome, outcome.codes) == (Outcome.CREATED, ["content_is_text"])
    assert outcome["body"] == "<div>text: Allergy: penicillin &amp; latex</div>"


@pytest.mark.parametrize("depth", [50, 400, 700, 900, 5000])
def test_content_nested_too_deeply_is_held(depth: int) -> None:
    deep = '{"text":' + '{"a":' * depth + f'"{WORDS}"' + "}" * (depth + 1)
    try:
        assert plain_text(note_html(read_content_or_text(deep)).html) == f"a: {WORDS}"
    except NotJsonError:
        assert depth > 50
