"""Hostile markup takes linear time and keeps its words."""

import time

import pytest

from app.mapping.html import clean_html, plain_text
from app.mapping.html_limits import bounded

SIGNS = {
    "signs": "<",
    "signs with letters": "<a",
    "open tags": "<a ",
    "open quotes": '<a b="',
    "comments": "<!--",
    "declarations": "<!x",
    "instructions": "<?x",
    "literal sections": "<![CDATA[",
    "entities": "&#x",
    "ends": "</a",
    "quoted ends": '<a b=">',
}
LENGTH = 400_000  # signs


@pytest.mark.parametrize("sign", SIGNS)
def test_a_repeated_character_takes_linear_time(sign: str) -> None:
    def cost(length: int) -> float:
        text = f"<p>before</p>{SIGNS[sign] * (length // len(SIGNS[sign]))} after"
        start = time.process_time()
        words = plain_text(clean_html(text).html)
        assert words.startswith("before")
        return time.process_time() - start

    short = cost(LENGTH // 4)
    assert cost(LENGTH) < 8 * short + 1, "four times the text, and a square would be sixteen times the time"


def test_a_tag_of_very_many_attributes_loses_them_and_keeps_its_text() -> None:
    many = " ".join(f'a{n}="1"' for n in range(100_000))
    assert bounded(f"<p {many}>Knee <b>better</b></p>") == "<p>Knee <b>better</b></p>"


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p>5 < 6 and a <b>b</b></p>", "<p>5 &lt; 6 and a <b>b</b></p>"),
        ("a<!-- seen by nobody -->b", "ab"),
        ("a <!-- never closed", "a &lt;!-- never closed"),
        ("<!DOCTYPE html><p>x</p>", "<p>x</p>"),
        ("weight <3 kg", "weight &lt;3 kg"),
        ("pain <b", "pain &lt;b"),
        ("plain", "plain"),
    ],
)
def test_words_are_kept_among_all_characters(markup: str, kept: str) -> None:
    assert bounded(markup) == kept
