"""Note pages keep every word behind a `<` that opens no tag, and tell what goes, as cells do."""

import json
import re

import pytest

from app.mapping.html import clean_html, plain_text
from tests.mapping.test_html_tags import AFTER, AROUND, STARTS, words_of
from tests.reading.story import Desk


def page_words(desk: Desk, body: str) -> tuple[list[str], bool]:
    """The words of a note page as it is stored, and whether something is said to be lost."""
    told = desk.read(
        {"Treatment notes/1 - Lee, Ann/2026-01-01 Review [9].html": f"<html><body><h1>R</h1>{body}</body></html>"}
    )
    (row,) = told.rows()
    answers = [q["answer"] for s in json.loads(row.cells["content"])["sections"] for q in s["questions"]]
    cleaned = [clean_html(answer) for answer in answers]
    return re.findall(r"\w+", " ".join(plain_text(one.html) for one in cleaned)), any(one.lost for one in cleaned)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("start", STARTS)
def test_every_word_behind_a_sign_is_kept_in_a_page(desk: Desk, start: str, around: str) -> None:
    for after in AFTER:
        text = around.format(f"<{start}{after}")
        assert page_words(desk, text)[0] == words_of(text), text


@pytest.mark.parametrize(
    "markup", ['<img src="data:image/png;base64,iVBORw0KGgo=">', '<img src="chart.png">', "<input>", "<video>"]
)
def test_what_goes_from_a_page_is_told_as_it_is_of_a_cell(desk: Desk, markup: str) -> None:
    for body in (f"<p>Chart: {markup} left knee</p>", f"<h2>Chart {markup}</h2><p>left knee</p>", markup):
        assert clean_html(body).lost
        if not (body.startswith("<h2>") and "img" not in body) and (body != markup or "img" in body):
            assert page_words(desk, body)[1], body


@pytest.mark.parametrize("name", ["textarea", "noframes", "noscript", "noembed", "xmp"])
def test_an_element_whose_words_are_no_markup_shows_its_words_alone(desk: Desk, name: str) -> None:
    assert page_words(desk, f"<p>A</p><{name}>felt dizzy</{name}><p>B</p>")[0] == ["A", "felt", "dizzy", "B"]
