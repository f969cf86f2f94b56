"""Note pages keep every word behind a `<` that opens no tag, and report losses as cells do."""

import json
import re

import pytest

from app.mapping.html import clean_html, plain_text
from app.mapping.html_tags import ELEMENTS
from tests.mapping.test_html_tags import AFTER, AROUND, STARTS, words_of
from tests.reading.story import Desk


def page_words(desk: Desk, body: str) -> tuple[list[str], bool]:
    """Returns the words of a stored note page, and whether a loss is reported."""
    result = desk.read(
        {"Treatment notes/1 - Lee, Ann/2026-01-01 Review [9].html": f"<html><body><h1>R</h1>{body}</body></html>"}
    )
    (row,) = result.rows()
    answers = [q["answer"] for s in json.loads(row.cells["content"])["sections"] for q in s["questions"]]
    cleaned = [clean_html(answer) for answer in answers]
    return re.findall(r"\w+", " ".join(plain_text(one.html) for one in cleaned)), any(one.lost for one in cleaned)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("start", STARTS)
def test_every_word_behind_a_less_than_sign_is_kept_in_a_page(desk: Desk, start: str, around: str) -> None:
    for after in AFTER:
        text = around.format(f"<{start}{after}")
        assert page_words(desk, text)[0] == words_of(text), text


@pytest.mark.parametrize(
    "markup", ['<img src="data:image/png;base64,iVBORw0KGgo=">', '<img src="chart.png">', "<input>", "<video>"]
)
def test_losses_of_a_page_are_reported_as_for_a_cell(desk: Desk, markup: str) -> None:
    for body in (f"<p>Chart: {markup} left knee</p>", f"<h2>Chart {markup}</h2><p>left knee</p>", markup):
        assert clean_html(body).lost
        if not (body.startswith("<h2>") and "img" not in body) and (body != markup or "img" in body):
            assert page_words(desk, body)[1], body


@pytest.mark.parametrize("name", ["textarea", "noframes", "noscript", "noembed", "xmp"])
def test_an_element_with_raw_text_shows_its_words_alone(desk: Desk, name: str) -> None:
    assert page_words(desk, f"<p>A</p><{name}>felt dizzy</{name}><p>B</p>")[0] == ["A", "felt", "dizzy", "B"]


GONE = frozenset({"svg", "iframe", "object"})  # with what is inside, which is told
NO_WORDS = frozenset({"script", "style"})  # what is inside is nothing that anybody reads
PAGES = (
    "<p>A</p><{0}>felt dizzy</{0}><p>B</p>",
    "<p>A <{0}>felt dizzy</{0}> B</p>",
    "<p>A</p><{0} hidden>felt dizzy</{0}><p>B</p>",
    "<p>A</p><{0}><p>felt dizzy</p></{0}><p>B</p>",
    "<p>A</p><{0}><h3>felt</h3><p>dizzy</p></{0}><p>B</p>",
    "<h2>A <{0}>felt dizzy</{0}></h2><p>B</p>",
    "A <{0}>felt dizzy B",
)


def all_words(desk: Desk, pages: dict[str, str]) -> dict[str, tuple[set[str], bool]]:
    """Returns, by number, the words of pages and their headings, and whether a loss is reported."""
    result = desk.read(
        {f"Treatment notes/1 - Lee, Ann/2026-01-01 Review [{n}].html": each for n, each in pages.items()}
    )
    found = {}
    for row in result.rows():
        content = json.loads(row.cells["content"])
        parts = [row.cells.get("title") or "", *(each["name"] for each in content["sections"])]
        cleaned = []
        for question in (question for section in content["sections"] for question in section["questions"]):
            parts.append(question["name"])
            cleaned.append(clean_html(question["answer"]))
        parts += [plain_text(one.html) for one in cleaned]
        found[row.cells["id"]] = set(re.findall(r"\w+", " ".join(parts))), any(one.lost for one in cleaned)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_words_in_every_element_are_kept_or_reported_as_lost(desk: Desk, page: str) -> None:
    pages = {f"{n}": page.format(name) for n, name in enumerate(sorted(ELEMENTS), start=1)}
    found = all_words(desk, pages)
    for n, name in enumerate(sorted(ELEMENTS), start=1):
        words, is_told = found[str(n)]
        assert words >= {"felt", "dizzy", "B"} or name in NO_WORDS or (name in GONE and is_told), name


HEADS = (
    "<html><head><meta charset=utf-8><title>Saved</title><body>{}</body></html>",
    "<html><head><title>Saved</title>{}</html>",
    "<head><style>p {{}}</style><script>x</script>{}",
    "<html><head><title>Saved</title></head><body>{}<head><p>B</p></body></html>",
    "<html><head><link rel=x><base href=x></head>{}",
    "{} <head><title>B</title></head>",
)


@pytest.mark.parametrize("around", HEADS)
def test_an_unclosed_head_hides_no_words(desk: Desk, around: str) -> None:
    for at, body in enumerate(("<p>felt dizzy</p>", "felt dizzy", "<template>felt dizzy</template>"), start=1):
        words, _ = all_words(desk, {f"{at}": around.format(body)})[f"{at}"]
        assert words - {"Review"} == {"felt", "dizzy"} | ({"B"} if "B" in around else set()), body
