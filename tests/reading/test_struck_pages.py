"""Pages of a note folder keep what a browser shows struck out, by any element and style, and no more."""

import re

import pytest

from app.mapping.html import plain_text
from app.mapping.note_content import read_content
from app.mapping.rich import Rich, note_html
from tests.mapping.struck_pages import WORDS, not_struck, struck
from tests.reading.story import Desk

FOLDER = "Export/Treatment notes/77 - Lee, Ann/"
_OUT = re.compile(r"\[struck out: ([^]]*)\]")


def notes_of(desk: Desk, pages: dict[str, str]) -> dict[str, Rich]:
    """Returns the notes of pages by the pages' names; all pages are read as a single export."""
    names = dict(enumerate(sorted(pages), start=1))
    result = desk.read({f"{FOLDER}2024-05-06 Visit [{n}].html": pages[names[n]] for n in names})
    return {
        names[int(row.cells["id"])]: note_html(read_content(row.cells["content"]))
        for row in result.rows(result.only_file)
    }


@pytest.mark.parametrize("is_struck", [True, False])
def test_each_page_strikes_out_what_a_browser_shows_struck_out(desk: Desk, is_struck: bool) -> None:
    made = struck() if is_struck else not_struck()
    pages = {name: f"<h1>Visit</h1>{page}" for name, page in made.items()}
    notes = notes_of(desk, pages)
    assert notes.keys() == pages.keys()
    shown = {name: plain_text(note.html) for name, note in notes.items()}
    wrong = [
        f"{name}: {words!r}"
        for name, words in shown.items()
        if _OUT.findall(words) != [WORDS] * is_struck or any(w not in words for w in ("before", WORDS, "No nuts"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "page",
    [
        "<head><style><!-- .x{text-decoration:line-through} --></style></head><p>before<p class=x>Allergic to latex",
        "<html><head><title>x</title><style>p + p{text-decoration:line-through}</style><body><p>before<p>" + WORDS,
    ],
)
def test_a_style_in_the_head_of_a_page_counts(desk: Desk, page: str) -> None:
    assert plain_text(notes_of(desk, {"": page})[""].html) == f"before\n[struck out: {WORDS}]"


@pytest.mark.parametrize("name", ["style", "script", "iframe", "object", "svg"])
def test_a_page_keeps_the_words_behind_an_unclosed_element_and_reports_it(desk: Desk, name: str) -> None:
    note = notes_of(desk, {"": f"<p>sore<{name}>hip<p>knee"})[""]
    assert plain_text(note.html).split() == ["sorehip", "knee"]
    assert "html_sanitised" in note.codes


def test_a_page_reports_a_style_with_an_unknown_effect(desk: Desk) -> None:
    page = "<head><style>p::first-line{text-decoration:line-through}</style></head><p>sore"
    note = notes_of(desk, {"": page})[""]
    assert "A style of this page strikes words out" in plain_text(note.html)
    assert "html_sanitised" in note.codes
