"""Rich text of a note: only formatting stays, every word stays, and what went is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.html import _CLEANER, _PLAIN, ALLOWED, Cleaned, clean_html, escaped, plain_text


@pytest.mark.parametrize("tag", sorted(ALLOWED - {"br", "a"}))
def test_allowed_tags_stay(tag: str) -> None:
    assert clean_html(f"<{tag}>word</{tag}>") == Cleaned(f"<{tag}>word</{tag}>")


def test_strong_and_em_become_b_and_i() -> None:
    assert clean_html("<strong>a</strong> <EM class='x'>b</EM>") == Cleaned("<b>a</b> <i>b</i>")


def test_attributes_go_without_a_word() -> None:
    assert clean_html('<p style="x" onclick="y()" hx-get="/z" id="q" title="t" lang="en">word</p>') == Cleaned(
        "<p>word</p>"
    )


@pytest.mark.parametrize("href", ["http://a.example", "https://a.example", "mailto:jo@a.example"])
def test_links_that_are_safe_keep_their_address(href: str) -> None:
    assert clean_html(f'<a href="{href}" target="_blank">x</a>').html == f'<a href="{href}" rel="noopener">x</a>'


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "/relative", "file:///etc/passwd"])
def test_links_that_are_not_lose_it(href: str) -> None:
    assert "href" not in clean_html(f'<a href="{href}">x</a>').html


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "object", "svg"])
def test_48_what_can_do_more_than_format_goes_with_its_words(tag: str) -> None:
    found = clean_html(f"before <{tag}>alert(1)</{tag}> after")
    assert found.lost
    assert "alert" not in found.html
    assert plain_text(found.html) == "before after"


def test_an_image_goes_and_is_told() -> None:
    assert clean_html("<img src=x onerror=alert(1)>word") == Cleaned("word", lost=True)


def test_tags_that_are_not_allowed_are_unwrapped_and_their_words_stay_apart() -> None:
    found = clean_html("<table><tr><td>one</td><td>two</td></tr><tr><td>three</td></tr></table><h3>four</h3>five")
    assert found.lost
    assert plain_text(found.html).split() == ["one", "two", "three", "four", "five"]


def test_escaped_signs_stay_literal() -> None:
    assert clean_html("a &lt;b&gt; c").html == "a &lt;b&gt; c"


@pytest.mark.parametrize("words", ["pain <5 of 10", "if x<y then", "Sam Lee <sam@mail.example>", "5 < 6 & 7 > 2", "<3"])
def test_signs_that_open_no_tag_are_words(words: str) -> None:
    found = clean_html(words)
    assert plain_text(found.html) == words
    assert not found.lost


@given(st.text())
def test_plain_words_come_back_from_their_rich_form(words: str) -> None:
    shown = words.replace("\r", " ").replace("\x00", " ")
    assert plain_text(escaped(shown)).split() == shown.split()


@given(
    st.lists(
        st.sampled_from(
            (
                *(
                    "<div>",
                    "</div>",
                    "<p>",
                    "</p>",
                    "<ul>",
                    "</ul>",
                    "<li>",
                    "</li>",
                    "<b>",
                    "</b>",
                    "<i>",
                    "</i>",
                    "<br>",
                ),
                *(
                    "<blockquote>",
                    "</blockquote>",
                    "<h1>",
                    "</h1>",
                    "a word ",
                    "&amp;",
                    "&nbsp;",
                    "é",
                    "\n",
                    "\xa0",
                    "&",
                ),
            )
        ),
        max_size=8,
    )
)
def test_what_is_told_clean_at_a_glance_is_what_cleaning_would_leave(pieces: list[str]) -> None:
    text = "".join(pieces)
    if _PLAIN.fullmatch(text):
        assert _CLEANER.clean(text) == text


@given(st.text(alphabet="<>/&;\"' =abdhimopqrstuvw!-?:", max_size=60))
def test_nothing_dangerous_ever_stays(text: str) -> None:
    html = clean_html(text).html.lower()
    for tag in ("<script", "<style", "<iframe", "<object", "<svg", "<img", "<form", "<meta"):
        assert tag not in html
    assert clean_html(clean_html(text).html).html == clean_html(text).html


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("knee<h3>Plan</h3>rest", "knee\nPlan\nrest"),
        ("<p>knee</p><h3>Plan</h3>", "knee\nPlan"),
        ("<li>knee<section>rest</section></li>", "knee\nrest"),
        ("<table><tr><td>x<cm</td><td>y</td></tr></table>", "x<cm y"),
    ],
)
def test_words_of_a_block_that_is_unwrapped_stay_apart_from_those_before_it(html: str, words: str) -> None:
    assert plain_text(clean_html(html).html) == words
