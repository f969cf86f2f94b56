"""What a browser shows struck out is struck out in Caspen, by whatever element and style; nothing else is."""

import re
import time

import pytest

from app.mapping.content import read_content_or_text
from app.mapping.html import clean_html, plain_text
from app.mapping.markup import UNSURE
from app.mapping.rich import note_html
from tests.mapping.struck_pages import LINE, WORDS, not_struck, struck

_OUT = re.compile(r"\[struck out: ([^]]*)\]")


def told(pages: dict[str, str], *, out: bool) -> list[str]:
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


def test_each_element_that_is_struck_out_in_any_way_stays_struck_out() -> None:
    pages = struck()
    assert len(pages) > 1500
    assert not (wrong := told(pages, out=True)), "\n".join(wrong)


def test_no_element_is_struck_out_by_what_strikes_nothing_out() -> None:
    assert told(not_struck(), out=False) == []


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
def test_a_style_that_strikes_out_who_knows_what_is_told_in_the_note(sheet: str) -> None:
    cleaned = clean_html(f"<style>{sheet}</style><p class=x>{WORDS}</p>")
    assert cleaned.lost
    assert UNSURE in plain_text(cleaned.html)


@pytest.mark.parametrize("tag", ["s", "strike", f'b style="{LINE}"', f"font style={LINE}"])
def test_formatting_that_is_open_at_the_end_of_a_paragraph_goes_on_as_in_browsers(tag: str) -> None:
    page = f"<div><p>sore<{tag}>hip</p><p>knee</{tag.split()[0]}>foot</p></div>"
    assert plain_text(clean_html(page).html) == "sore[struck out: hip]\n[struck out: knee]foot"


@pytest.mark.parametrize("name", ["style", "script", "iframe", "object", "svg"])
@pytest.mark.parametrize("page", ["sore<{0}>hip<p>knee", "sore<{0} a='b'><p>hip</p>knee", "sore<{0}>hip</p>knee<{0}>x"])
def test_an_element_of_unseen_words_that_never_ends_takes_no_words_with_it(name: str, page: str) -> None:
    cleaned = clean_html(page.format(name))
    assert cleaned.lost
    assert {"sore", "hip", "knee"} <= set(re.findall("sore|hip|knee", plain_text(cleaned.html)))


def test_the_words_of_a_section_of_data_stay() -> None:
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
def test_a_hostile_style_costs_time_with_its_length(kind: str) -> None:
    around, piece = HOSTILE[kind]

    def cost(length: int) -> float:
        page = around.replace("{}", piece * (length // len(piece)))
        start = time.process_time()
        clean_html(page)
        return time.process_time() - start

    short = cost(50_000)
    assert cost(200_000) < 8 * short + 1, "four times the text, and a square would be sixteen times the time"


@pytest.mark.parametrize("tag", ["my-x", "ins", "section", "o:p", "center"])
def test_prose_in_the_cell_of_a_content_is_a_page_too_where_an_element_carries_a_style(tag: str) -> None:
    cell = f'before <{tag} id=k style="{LINE}">{WORDS}</{tag}>'
    shown = plain_text(note_html(read_content_or_text(cell)).html)
    assert _OUT.findall(shown) == [WORDS]
    assert "<" not in shown


def test_words_of_pictures_and_fields_in_a_struck_out_row_are_struck_out() -> None:
    page = f'<table><tr style="{LINE}"><td><img alt="latex"></td><td><input value="nuts"></td></tr></table>'
    assert plain_text(clean_html(page).html) == "[struck out: latex] | [struck out: nuts]"
