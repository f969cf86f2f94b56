"""Markup of any depth is sanitised in linear time and keeps its words."""

import time

import pytest

from app.mapping.html import clean_html
from app.mapping.html_limits import MOST_DEPTH, shallow

DEEP = {
    "unclosed blocks": "<div>word " * 60_000,
    "closed blocks": "<blockquote>" * 60_000 + "word" + "</blockquote>" * 60_000,
    "end tags of nothing between them": "<div></x>word " * 60_000,
    "lists in lists": "<ul><li>word " * 60_000,
    "unknown elements": "<center>word " * 60_000,
    "fonts of all sizes": "".join(f"<font size={n}>word " for n in range(60_000)),
}


@pytest.mark.parametrize("what", DEEP)
def test_deep_markup_takes_linear_time(what: str) -> None:
    began = time.process_time()
    cleaned = clean_html(DEEP[what])
    assert time.process_time() - began < 10
    assert cleaned.html.count("word") == DEEP[what].count("word")


def test_shallow_markup_is_unchanged() -> None:
    flat = "<div>" * MOST_DEPTH + "</div>" * MOST_DEPTH + "<p>word" * 5000 + "<ul>" + "<li>word" * 5000 + "</ul>"
    assert shallow(flat) == (flat, False)


def test_a_second_cleaning_changes_nothing() -> None:
    once = clean_html(DEEP["lists in lists"][:40_000]).html
    assert clean_html(once).html == once
