"""An empty item of a list in a note counts as nothing, and one object in place of a list as a list of one."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from app.mapping.form_content import form_content
from app.mapping.html import plain_text
from app.mapping.json_cells import NotJsonError
from app.mapping.note_content import read_content_or_text
from app.mapping.rich import note_html, template_html
from app.mapping.rows import Outcome
from app.mapping.verified_kinds import Comparison
from app.trial.verification.cell_comparison import compare_cell, form_words, is_readable, words
from tests.kinds.story import mapped

EMPTY: tuple[Any, ...] = (None, "", [], {})
TEXT = {"name": "Pain", "type": "text", "answer": "sore knee"}
CHOICE = {"name": "Side", "type": "checkboxes", "answers": [{"value": "left", "selected": True}]}
CONTENTS: tuple[dict[str, Any], ...] = tuple(
    {"sections": [{"name": "Visit", "questions": [question]} for _ in range(sections)]}
    for sections, question in product((1, 2), (TEXT, CHOICE, {**CHOICE, "type": "radiobuttons"}))
)
LISTS = ("sections", "questions", "answers")


def changed(value: Any, names: tuple[str, ...], change: Any) -> Any:
    """The value with `change` applied to each list under one of `names`, the innermost first."""
    if isinstance(value, list):
        return [changed(each, names, change) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: changed(each, names, change) for name, each in value.items()}
    return {name: change(each) if name in names else each for name, each in inner.items()}


def odd_forms() -> Iterator[tuple[dict[str, Any], Any]]:
    """Pairs of a usual content and the same content in another form."""
    for usual in CONTENTS:
        for name in LISTS:
            for empty in EMPTY:
                yield usual, changed(usual, (name,), lambda items, empty=empty: [empty, *items])
                yield usual, changed(usual, (name,), lambda items, empty=empty: [*items, empty, empty])
        yield usual, changed(usual, LISTS, lambda items: [None, *items, None])
        for names in (("sections",), ("questions",), ("answers",), LISTS):
            yield usual, changed(usual, names, lambda items: items[0] if len(items) == 1 else items)


@pytest.mark.parametrize("usual", CONTENTS)
def test_a_content_with_empty_items_or_single_objects_is_read_as_the_usual_one(usual: dict[str, Any]) -> None:
    wanted = read_content_or_text(json.dumps(usual))
    for form in (form for content, form in odd_forms() if content is usual):
        cell = json.dumps(form)
        assert read_content_or_text(cell) == wanted, cell
        assert is_readable(Comparison.CONTENT, cell), cell
        assert form_words(cell) == form_words(json.dumps(usual)), cell
        assert compare_cell(Comparison.CONTENT, cell, note_html(wanted).html) is True
        assert compare_cell(Comparison.CONTENT, cell, note_html(read_content_or_text("Other words")).html) is False
        assert compare_cell(Comparison.TEMPLATE, cell, template_html(wanted).html) is True


@pytest.mark.parametrize("usual", CONTENTS)
def test_a_list_of_sections_is_a_content_with_a_report(usual: dict[str, Any]) -> None:
    wanted = read_content_or_text(json.dumps(usual))
    for form in (usual["sections"], [usual], [None, usual], [*usual["sections"], {}]):
        content = read_content_or_text(json.dumps(form))
        assert (content.sections, content.codes) == (wanted.sections, ("content_place_unknown",))
        assert is_readable(Comparison.CONTENT, json.dumps(form))
        assert form_words(json.dumps(form)) == form_words(json.dumps(usual))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("is_listed", [True, False])
def test_a_list_with_nothing_in_it_prints_nothing(name: str, empty: Any, is_listed: bool) -> None:
    instead = [empty] if is_listed else empty
    cell = json.dumps(changed(CONTENTS[1], (name,), lambda items: instead))
    content = read_content_or_text(cell)
    assert (
        plain_text(note_html(content).html) == {"sections": "", "questions": "Visit", "answers": "Visit\nSide\n—"}[name]
    )
    assert not any(question.options for section in content.sections for question in section.questions)
    assert form_content(content).codes == ()
    assert form_words(cell) in (None, words(plain_text(note_html(content).html)))


@pytest.mark.parametrize("item", [{"value": None}, {"value": ""}, {"value": None, "selected": False}, {"selected": ""}])
def test_an_option_without_a_label_prints_nothing_unless_it_is_chosen(item: dict[str, Any]) -> None:
    for answers, shown in (
        ([item], "—"),
        ([item, {"value": "left"}], "☐ left\n—"),
        ([{**item, "selected": True}], "☑"),
    ):
        cell = json.dumps(changed(CONTENTS[1], ("answers",), lambda items, answers=answers: answers))
        assert plain_text(note_html(read_content_or_text(cell)).html) == f"Visit\nSide\n{shown}"


@pytest.mark.parametrize(
    "content",
    [
        {"sections": 5},
        {"sections": {"0": CONTENTS[0]["sections"][0]}},
        {"sections": [5]},
        {"sections": [{"questions": {"0": TEXT}}]},
        {"sections": [{"questions": [["sore knee"]]}]},
        [TEXT["answer"]],
        [{"a": 1}],
        [CONTENTS[0], CONTENTS[1]],
    ],
)
def test_a_list_or_an_object_of_anything_else_is_no_content(content: Any) -> None:
    with pytest.raises(NotJsonError):
        read_content_or_text(json.dumps(content))
    assert not is_readable(Comparison.CONTENT, json.dumps(content))


@pytest.mark.parametrize(("value", "shown"), [(True, "Yes"), (False, "No")])
def test_a_boolean_reads_yes_or_no_wherever_a_note_has_words(value: bool, shown: str) -> None:
    places: tuple[tuple[dict[str, Any], str], ...] = (
        ({"type": "text", "answer": value}, shown),
        ({"type": "paragraph", "answer": value}, shown),
        ({"type": "slider", "answer": value}, shown),
        ({"type": "date", "answer": value}, shown),
        ({"type": "text", "answer": [value, None, "sore"]}, f"{shown}, sore"),
        ({"type": "text", "answer": {"limp": value, "cough": None}}, f"limp: {shown}"),
        ({"type": "checkboxes", "answers": [value]}, f"☐ {shown}\n—"),
        ({"type": "checkboxes", "answers": [{"value": value, "selected": True}]}, f"☑ {shown}"),
        ({"type": "text", "answer": "sore", "comment": value}, f"sore\ncomment: {shown}"),
    )
    for members, text in places:
        cell = json.dumps({"sections": [{"name": "Visit", "questions": [{"name": "Q", **members}]}]})
        body = note_html(read_content_or_text(cell)).html
        assert plain_text(body) == f"Visit\nQ\n{text}", cell
        assert compare_cell(Comparison.CONTENT, cell, body) is True, cell
        if members["type"] != "date":  # compared as a day
            assert compare_cell(Comparison.CONTENT, cell, body.replace(shown, "Neither")) is False, cell
    mark = json.dumps({"sections": [{"name": value, "questions": [{"name": value, "answer": "sore"}]}]})
    headings = f"{shown}\n{shown}\n" if value else ""
    assert plain_text(note_html(read_content_or_text(mark)).html) == f"{headings}sore"


@pytest.mark.parametrize(
    "kind", ["treatment_notes", "patient_forms", "treatment_note_templates", "patient_form_templates"]
)
def test_every_kind_with_a_content_reads_its_odd_forms(kind: str) -> None:
    for usual, form in odd_forms():
        wanted, result = mapped(kind, content=json.dumps(usual)), mapped(kind, content=json.dumps(form))
        assert (result.outcome, result.records, result.codes) == (Outcome.CREATED, wanted.records, wanted.codes), form
