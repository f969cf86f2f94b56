"""Text that a browser shows struck out is struck out in Caspen, by every element and style, and no other text."""

import re
import time

import pytest

from app.mapping.html import clean_html, plain_text
from app.mapping.html_meaning import UNSURE
from app.mapping.note_content import read_content_or_text
from app.mapping.rich import note_html
from tests.mapping.struck_pages import LINE, WORDS, not_struck, struck

_OUT = re.compile(r"\[struck out: ([^]]*)\]")


def wrong_pages(pages: dict[str, str], *, out: bool) -> list[str]:
    """The pages that show something else than their words struck out, or not struck out."""
    wrong = []
    for name, page in pages.items():
        cleaned = clean_html(page).html
        shown = plain_text(cleaned)
        if _OUT.findall(shown) != [WORDS] * out or not all(w in shown for w in ("before", WORDS, "No nuts")):
            wrong.append(f"{name}: {shown!r}")
        if UNSURE in shown or clean_html(cleaned).html != cleaned or "style" in shown:
            wrong.append(f"{name}: {cleaned}")
    return wrong


def test_every_way_to_strike_out_an_element_is_kept() -> None:
    pages = struck()
    assert len(pages) > 1500
    assert not (wrong := wrong_pages(pages, out=True)), "\n".join(wrong)


def test_other_styles_strike_nothing_out() -> None:
    assert wrong_pages(not_struck(), out=False) == []


@pytest.mark.parametrize(
    "sheet",
    [
        f".x:unheard-of(p){{{LINE}}}",
        f".x::first-line{{{LINE}}}",
        f"@media (min-width: 600px){{.x{{{LINE}}}}}",
        f"@supports (display: grid){{.x{{{LINE}}}}}",
        ".x{}" * 100_000 + f".x{{{LINE}}}",
    ],
)
def test_a_rule_with_undecidable_elements_is_reported_in_the_note(sheet: str) -> None:
    cleaned = clean_html(f"<style>{sheet}</style><p class=x>{WORDS}</p>")
    assert cleaned.lost
    assert UNSURE in plain_text(cleaned.html)


@pytest.mark.parametrize("tag", ["s", "strike", f'b style="{LINE}"', f"font style={LINE}"])
def test_open_formatting_continues_in_the_next_paragraph(tag: str) -> None:
    page = f"<div><p>sore<{tag}>hip</p><p>knee</{tag.split()[0]}>foot</p></div>"
    assert plain_text(clean_html(page).html) == "sore[struck out: hip]\n[struck out: knee]foot"


@pytest.mark.parametrize("name", ["style", "script", "iframe", "object", "svg"])
@pytest.mark.parametrize("page", ["sore<{0}>hip<p>knee", "sore<{0} a='b'><p>hip</p>knee", "sore<{0}>hip</p>knee<{0}>x"])
def test_an_unclosed_element_of_hidden_words_hides_no_other_words(name: str, page: str) -> None:
    cleaned = clean_html(page.format(name))
    assert cleaned.lost
    assert {"sore", "hip", "knee"} <= set(re.findall("sore|hip|knee", plain_text(cleaned.html)))


def test_the_text_of_a_data_section_is_kept() -> None:
    cleaned = clean_html("<p>sore</p><![CDATA[knee <b>x</b> 5 < 6]]><p>hip</p>")
    assert plain_text(cleaned.html) == "sore\nknee x 5 < 6\nhip"


HOSTILE = {
    "rules": ("<style>{}</style><p class=x>a</p>", f".x{{{LINE}}}"),
    "open blocks": ("<style>{}</style><p>a</p>", f"a{{{LINE};"),
    "choices": ("<style>{}" + f"{{{LINE}}}</style><p>a</p>", ":is(a,b)"),
    "nested rules": ("<style>{}</style><p>a</p>", f"a,b,c{{{LINE};"),
    "comments": ("<style>" + LINE + "{}</style><p>a</p>", "/*"),
    "quotes": ("<style>" + LINE + "{}</style><p>a</p>", "\"'"),
    "escapes": ("<style>p{" + LINE + "{}</style><p>a</p>", "\\"),
    "styles": ("{}<p>a</p>", f"<style>p{{{LINE}}}</style>"),
    "open styles": ("{}<p>a</p>", "<style "),
    "open styles with one end": ("{}</style><p>a</p>", "<style>"),
    "open drawings": ("{}<p>a</p>", "<svg>"),
    "elements": ("<style>p p p p{" + LINE + "}</style>{}<p>a", "<p>a<b>"),
    "deep elements": ("<style>* * * * p{" + LINE + "}</style>{}<p>a", "<div>"),
    "struck-out elements": ("{}<p>a", f'<div style="{LINE}">x'),
    "struck-out tags": ("{}<p>a", "<s><p>x"),
    "sections of data": ("{}<p>a", "<![CDATA[x]]>"),
    "elements of our own": ("{}<p>a", "<my-x>"),
    "styled words": (f'<p style="{LINE}">x</p>&' + "{}<p>a", "style="),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_style_takes_linear_time(kind: str) -> None:
    around, piece = HOSTILE[kind]

    def cost(length: int) -> float:
        page = around.replace("{}", piece * (length // len(piece)))
        start = time.process_time()
        clean_html(page)
        return time.process_time() - start

    short = cost(50_000)
    assert cost(200_000) < 8 * short + 1, "four times the text, and a square would be sixteen times the time"


@pytest.mark.parametrize("tag", ["my-x", "ins", "section", "o:p", "center"])
def test_plain_text_with_a_styled_element_is_a_page(tag: str) -> None:
    cell = f'before <{tag} id=k style="{LINE}">{WORDS}</{tag}>'
    shown = plain_text(note_html(read_content_or_text(cell)).html)
    assert _OUT.findall(shown) == [WORDS]
    assert "<" not in shown


def test_words_of_pictures_and_fields_in_a_struck_out_row_are_struck_out() -> None:
    page = f'<table><tr style="{LINE}"><td><img alt="latex"></td><td><input value="nuts"></td></tr></table>'
    assert plain_text(clean_html(page).html) == "[struck out: latex] | [struck out: nuts]"
