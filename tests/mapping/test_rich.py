"""Notes have every question, every answer word for word, and every option with the chosen ones marked."""

import json
from random import Random
from typing import Any

import pytest

from app.mapping.form_content import FormContent, form_content
from app.mapping.html import plain_text
from app.mapping.json_cells import NotJsonError
from app.mapping.note_content import read_content, read_content_or_text
from app.mapping.rich import note_html, template_html


def fields_of(form: FormContent) -> list[dict[str, Any]]:
    """The fields of a form's first section."""
    section: Any = form.sections[0]
    fields: list[dict[str, Any]] = section["fields"]
    return fields


def content(*questions: dict[str, Any], name: str = "Section 1", description: str = "") -> str:
    return json.dumps({"sections": [{"name": name, "description": description, "questions": list(questions)}]})


def note(*questions: dict[str, Any], **section: str) -> tuple[str, tuple[str, ...]]:
    written = note_html(read_content(content(*questions, **section)))
    return written.html, written.codes


def radio(*answers: tuple[str, bool], **more: Any) -> dict[str, Any]:
    listed = [{"value": value, "selected": True} if on else {"value": value} for value, on in answers]
    return {"name": "Pick one", "type": "radiobuttons", "answers": listed, **more}


def test_sections_are_large_headings_and_questions_small_ones() -> None:
    html, codes = note({"name": "Progress", "type": "paragraph", "answer": "<div>basic <b>HTML</b></div>"})
    assert html == "<h1>Section 1</h1><h2>Progress</h2><div>basic <b>HTML</b></div>"
    assert codes == ()


def test_a_section_without_a_name_has_no_heading() -> None:
    html, _ = note({"name": "Q", "type": "text", "answer": "a"}, name="")
    assert html == "<h2>Q</h2><p>a</p>"


def test_50_a_section_with_a_description_alone_keeps_it() -> None:
    parsed = read_content(content(description="<div>How it went</div>"))
    assert not parsed.is_empty
    assert "How it went" in note_html(parsed).html


def test_answers_of_plain_fields_are_escaped() -> None:
    html, codes = note({"name": "Q", "type": "text", "answer": "<b>5</b> & <6"})
    assert "<p>&lt;b&gt;5&lt;/b&gt; &amp; &lt;6</p>" in html
    assert codes == ()


def test_a_date_is_written_for_readers() -> None:
    assert "<p>20 Nov 2026</p>" in note({"name": "When", "type": "date", "answer": "2026-11-20"})[0]
    assert "<p>next week</p>" in note({"name": "When", "type": "date", "answer": "next week"})[0]


def test_all_options_of_a_choice_are_shown_and_the_chosen_one_is_marked() -> None:
    html, codes = note(radio(("A", False), ("B", True)))
    assert "<ul><li>○ A</li><li>◉ B</li></ul>" in html
    assert codes == ()


def test_51_two_chosen_options_of_a_single_choice_are_both_kept_and_reported() -> None:
    html, codes = note(radio(("A", True), ("B", True)))
    assert "<li>☑ A</li><li>☑ B</li>" in html
    assert codes == ("radio_multiple_selected",)


def test_other_is_an_option_followed_by_its_text() -> None:
    html, _ = note(radio(("A", False), other={"enabled": True, "selected": True, "value": "a third way"}))
    assert "<li>◉ Other: a third way</li>" in html


def test_an_unanswered_question_keeps_its_label_with_a_dash() -> None:
    for question in (
        {"name": "Q", "type": "text"},
        {"name": "Q", "type": "paragraph", "answer": ""},
        radio(("A", False)),
    ):
        assert "<p>—</p>" in note(question)[0]


def test_a_body_chart_leaves_a_note_and_is_reported() -> None:
    html, codes = note({"name": "Chart", "type": "bodycharts", "body_chart_ids": ["101", "102"]})
    assert "[Body chart not imported: 2]" in html
    assert codes == ("body_chart_not_imported",)


def test_a_question_of_an_unknown_type_keeps_its_answer_as_text() -> None:
    html, codes = note(
        {"name": "Scale", "type": "slider", "answer": 7, "answers": [{"value": "mild", "selected": True}]}
    )
    assert "<p>7; mild</p>" in html
    assert codes == ("question_type_unknown",)


def test_text_beyond_the_usual_length_is_kept_and_reported() -> None:
    html, codes = note({"name": "Q", "type": "text", "answer": "a" * 10_001})
    assert "a" * 10_001 in html
    assert codes == ("content_over_limit",)


def test_48_a_note_with_a_script_is_sanitised_and_reported() -> None:
    html, codes = note({"name": "Q", "type": "paragraph", "answer": "<div>ok<script>alert(1)</script></div>"})
    assert html.endswith("<div>ok</div>")
    assert codes == ("html_sanitised",)


@pytest.mark.parametrize("text", ["{'sections': []}", "[1]", "words", '{"sections": 5}', '{"sections": [1]}'])
def test_49_json_without_sections_is_no_content(text: str) -> None:
    with pytest.raises(NotJsonError):
        read_content(text)


@pytest.mark.parametrize(
    "text", ["{}", '{"sections": []}', '{"sections": {}}', '{"sections": [{"name": "S", "questions": []}]}']
)
def test_content_without_question_or_description_is_empty(text: str) -> None:
    assert read_content(text).is_empty


def test_a_template_keeps_the_default_answer_of_a_paragraph_as_starting_text() -> None:
    written = template_html(read_content(content({"name": "Plan", "type": "paragraph", "answer": "<p>Rest</p>"})))
    assert written.html == "<h1>Section 1</h1><h2>Plan</h2><p>Rest</p>"


def test_a_template_has_questions_without_answers() -> None:
    asked = content(radio(("A", False), ("B", True)), {"name": "When", "type": "date", "answer": "2026-11-20"})
    html = template_html(read_content(asked)).html
    assert html == "<h1>Section 1</h1><h2>Pick one</h2><ul><li>○ A</li><li>○ B</li></ul><h2>When</h2><p></p>"


WORDS = (
    "pain",
    "<5",
    "naïve",
    "7/10",
    "&",
    "shoulder",
    "日本語",
    "🌻",
    "O'Brien",
    '"quoted"',
    "a<b",
    "well",
    "—",
    "x > y",
)


def _words(rng: Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 12)))


def _rich(rng: Random, words: str) -> str:
    return rng.choice(
        ("<div>{}</div>", "<p><b>{}</b></p>", "<ul><li>{}</li></ul>", "<h3>{}</h3>", "{}", "<span>{}</span>")
    ).format(words.replace("&", "&amp;").replace("<", "&lt;"))


def test_every_word_of_a_thousand_notes_is_in_their_bodies() -> None:
    rng = Random(20261122)
    for _ in range(1000):
        words_written: list[str] = []
        sections = []
        for _ in range(rng.randint(1, 3)):
            questions: list[dict[str, Any]] = []
            for _ in range(rng.randint(1, 5)):
                words = _words(rng)
                words_written.append(words)
                kind = rng.choice(("text", "paragraph", "radiobuttons", "checkboxes", "other", "mystery"))
                question: dict[str, Any] = {"name": _words(rng), "type": kind, "answer": words}
                if kind == "paragraph":
                    question["answer"] = _rich(rng, words)
                elif kind in ("radiobuttons", "checkboxes"):
                    question |= {"answer": None, "answers": [{"value": "no"}, {"value": words, "selected": True}]}
                elif kind == "other":
                    other = {"enabled": True, "selected": True, "value": words}
                    question |= {"type": "checkboxes", "answer": None, "answers": [{"value": "no"}], "other": other}
                words_written.append(question["name"])
                questions.append(question)
            name, words = _words(rng), _words(rng)
            sections.append({"name": name, "description": _rich(rng, words), "questions": questions})
            words_written += [words, name]
        body = note_html(read_content(json.dumps({"sections": sections}))).html
        shown = plain_text(body)
        for words in words_written:
            assert " ".join(words.split()) in shown


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("Knee better.\r\nRest.", "Knee better.\nRest."),
        ('5 < 6 & x<y, [12/3] "quoted"', '5 < 6 & x<y, [12/3] "quoted"'),
        ("[12/3] Patient says: better", "[12/3] Patient says: better"),
        ("[struck out: x] y", "[struck out: x] y"),
        ("<p>Knee &amp; hip</p><p><s>Allergic</s></p>", "Knee & hip\n[struck out: Allergic]"),
        ('"All good"', '"All good"'),
        ("12", "12"),
    ],
)
def test_plain_text_is_one_answer_word_for_word(cell: str, shown: str) -> None:
    content = read_content_or_text(cell)
    assert content.codes == ("content_is_text",)
    assert plain_text(note_html(content).html) == shown
    assert plain_text(template_html(content).html) == shown
    form = form_content(content)
    assert len(form.sections) == 1
    assert plain_text(fields_of(form)[0]["answer"]) == shown
    assert read_content_or_text(json.dumps({"sections": cell})) == content
    assert read_content_or_text(json.dumps({"sections": cell, "links": {"self": "x"}, "title": ""})) == content
    with_more = read_content_or_text(json.dumps({"sections": cell, "summary": "Rest for a week"}))
    assert plain_text(note_html(with_more).html) == f"{shown}\nsummary: Rest for a week"


@pytest.mark.parametrize("cell", ['{"sections": [', "{'sections': []}", "[1, 2]", '[{"a": 1}', '["x"]', "[true]"])
def test_damaged_json_is_not_read_as_plain_text(cell: str) -> None:
    with pytest.raises(NotJsonError):
        read_content_or_text(cell)


@pytest.mark.parametrize("cell", [None, "", "  ", "null"])
def test_an_empty_cell_has_no_content(cell: str | None) -> None:
    assert read_content_or_text(cell).is_empty
