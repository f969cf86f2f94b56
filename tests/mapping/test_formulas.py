"""A formula in MathML loses its tags and keeps its words; outside of a formula such names are the clinic's text."""

import json

import pytest

from app.mapping.html import clean_html, plain_text
from app.mapping.html_tags import ELEMENTS, FORMULA, only_tags
from tests.kinds.story import mapped

INSIDE = sorted(FORMULA - {"math"})
ATTRIBUTES = ("", " mathvariant='bold'", ' xmlns="http://www.w3.org/1998/Math/MathML"', " class=a", "\n")


@pytest.mark.parametrize("name", INSIDE)
def test_the_words_of_a_formula_stay_without_its_tags(name: str) -> None:
    for attributes in ATTRIBUTES:
        for math in ("math", "MATH", "math display='block'"):
            tags = (name, name.upper())
            for tag in tags:
                inner = f"<{tag}{attributes}>value</{tag}>"
                formula = f"<p>before <{math}>{inner}<{tag}/></{math.split()[0]}> after</p>"
                cleaned = clean_html(formula)
                assert plain_text(cleaned.html).split() == ["before", "value", "after"], formula
                assert "&lt;" not in cleaned.html
                assert cleaned.lost
                assert clean_html(cleaned.html).html == cleaned.html
                assert plain_text(formula).split() == ["before", "value", "after"], formula


@pytest.mark.parametrize("name", sorted(FORMULA - ELEMENTS))
def test_outside_of_a_formula_such_a_name_is_text(name: str) -> None:
    pair = f"a <{name}>b</{name}>"
    for text in (
        f"take <{name}> of it",
        *([pair] if "-" not in name else ()),
    ):  # a pair with a hyphen is a program's own
        assert only_tags(text) == text.replace("<", "&lt;")


def test_the_answer_of_a_note_shows_no_tag_of_its_formula() -> None:
    answer = "<div>BMI <math><mi>w</mi><mo>/</mo><msup><mi>h</mi><mn>2</mn></msup></math></div>"
    content = {"sections": [{"name": "S", "questions": [{"name": "Q", "type": "paragraph", "answer": answer}]}]}
    note = mapped("treatment_notes", content=json.dumps(content))
    assert "<mi>" not in note["body"]
    assert "&lt;" not in note["body"]
    assert "w/h2" in plain_text(note["body"])
    assert "html_sanitised" in note.codes
