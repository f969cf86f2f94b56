"""Sanitised rich text has only formatting and all its words, and reports what was removed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.html import _CLEANER, _PLAIN, ALLOWED, Cleaned, clean_html, escaped, plain_text


@pytest.mark.parametrize("tag", sorted(ALLOWED - {"br", "a"}))
def test_allowed_tags_are_kept(tag: str) -> None:
    assert clean_html(f"<{tag}>word</{tag}>") == Cleaned(f"<{tag}>word</{tag}>")


def test_strong_and_em_become_b_and_i() -> None:
    assert clean_html("<strong>a</strong> <EM class='x'>b</EM>") == Cleaned("<b>a</b> <i>b</i>")


def test_attributes_are_removed_without_a_report() -> None:
    assert clean_html('<p style="x" onclick="y()" hx-get="/z" id="q" title="t" lang="en">word</p>') == Cleaned(
        "<p>word</p>"
    )


@pytest.mark.parametrize("href", ["http://a.example", "https://a.example", "mailto:jo@a.example"])
def test_safe_links_keep_their_address(href: str) -> None:
    assert clean_html(f'<a href="{href}" target="_blank">x</a>').html == f'<a href="{href}" rel="noopener">x</a>'


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "/relative", "file:///etc/passwd"])
def test_unsafe_links_lose_their_address(href: str) -> None:
    assert "href" not in clean_html(f'<a href="{href}">x</a>').html


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "object", "svg"])
def test_48_active_elements_are_removed_with_their_text(tag: str) -> None:
    cleaned = clean_html(f"before <{tag}>alert(1)</{tag}> after")
    assert cleaned.lost
    assert "alert" not in cleaned.html
    assert plain_text(cleaned.html) == "before after"


def test_an_image_is_removed_and_reported() -> None:
    assert clean_html("<img src=x onerror=alert(1)>word") == Cleaned("word", lost=True)


def test_the_text_of_removed_tags_is_kept_and_separated() -> None:
    cleaned = clean_html("<table><tr><td>one</td><td>two</td></tr><tr><td>three</td></tr></table><h3>four</h3>five")
    assert cleaned.lost
    assert plain_text(cleaned.html).splitlines() == ["one | two", "three", "four", "five"]


def test_escaped_characters_are_kept() -> None:
    assert clean_html("a &lt;b&gt; c").html == "a &lt;b&gt; c"


@pytest.mark.parametrize("words", ["pain <5 of 10", "if x<y then", "Sam Lee <sam@mail.example>", "5 < 6 & 7 > 2", "<3"])
def test_a_less_than_sign_without_a_tag_is_text(words: str) -> None:
    cleaned = clean_html(words)
    assert plain_text(cleaned.html) == words
    assert not cleaned.lost


@given(st.text())
def test_plain_text_survives_escaping(words: str) -> None:
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
def test_the_quick_check_accepts_only_text_that_sanitising_keeps(pieces: list[str]) -> None:
    text = "".join(pieces)
    if _PLAIN.fullmatch(text):
        assert _CLEANER.clean(text) == text


@given(st.text(alphabet="<>/&;\"' =abdhimopqrstuvw!-?:", max_size=60))
def test_no_active_markup_is_kept(text: str) -> None:
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
        ("<table><tr><td>x<cm</td><td>y</td></tr></table>", "x<cm | y"),
    ],
)
def test_the_text_of_a_removed_block_is_separated_from_the_text_before(html: str, words: str) -> None:
    assert plain_text(clean_html(html).html) == words


STRUCK_OUT = [
    "<s>Allergic to latex</s>",
    "<strike>Allergic to latex</strike>",
    "<del>Allergic to latex</del>",
    '<span style="color: red; text-decoration: line-through">Allergic to latex</span>',
    "<font style='text-decoration-line:line-through'>Allergic to latex</font>",
    '<p style="text-decoration:underline line-through;">Allergic to latex</p>',
    "<style>.c1{color:red}.c3, .c4{text-decoration:line-through}</style><span class='c1 c3'>Allergic to latex</span>",
]
PLACES = [
    "{}",
    "<p>before {} after</p>",
    "<ul><li>{}</li><li>No nuts</li></ul>",
    "<table><tr><td>{}</td><td>No nuts</td></tr></table>",
    "<b>{}</b><div>No nuts</div>",
    "<h3>Plan</h3>{}<h4>No nuts</h4>",
]


@pytest.mark.parametrize("struck", STRUCK_OUT)
@pytest.mark.parametrize("place", PLACES)
def test_struck_out_text_keeps_its_strike_in_every_element(struck: str, place: str) -> None:
    cleaned = clean_html(place.format(struck)).html
    assert "<s>Allergic to latex</s>" in cleaned
    shown = plain_text(cleaned)
    assert "[struck out: Allergic to latex]" in shown
    assert "No nuts" not in "".join(re.findall(r"\[struck out: [^]]*\]", shown))
    assert clean_html(cleaned).html == cleaned


@pytest.mark.parametrize(
    "html",
    [
        '<p style="text-decoration:line-through">gone<p>Allergic to nuts',
        '<ul><li style="text-decoration:line-through">gone<li>Allergic to nuts</ul>',
        '<table><tr><td style="text-decoration:line-through">gone<td>Allergic to nuts</table>',
        "<table><tr><td><s>gone<td>Allergic to nuts</table>",
        '<div><span style="text-decoration:line-through">gone</div>Allergic to nuts',
    ],
)
def test_an_element_without_an_end_tag_strikes_out_nothing_after_it(html: str) -> None:
    assert plain_text(clean_html(html).html).replace(" | ", "\n").splitlines() == [
        "[struck out: gone]",
        "Allergic to nuts",
    ]


MEANINGS = [
    ("<table><tr><td>R</td><td>L</td></tr><tr><td>4</td><td>5</td></tr></table>", "R | L\n4 | 5"),
    ("reach<table><tr><th>R<th>L<tr><td>4<td>5</table>end", "reach\nR | L\n4 | 5\nend"),
    ("<table><tr><td>a<table><tr><td>1<td>2</table></td><td>b</table>", "a\n1 | 2\n| b"),
    ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
    ("<h3>Plan</h3><h5>Home</h5>rest", "Plan\nHome\nrest"),
    ("one<br>two<hr>three", "one\ntwo\nthree"),
    ("line one\r\nline two", "line one\nline two"),
    ("<pre>line one\nline two</pre>", "line one\nline two"),
    ("<dl><dt>A</dt><dd>B</dd></dl>", "A\nB"),
    ("10<sup>9</sup>/L, H<sub>2</sub>O, 2<sup>nd</sup>", "10^9/L, H2O, 2nd"),
    ('<input type="checkbox" checked> Latex <input type=checkbox value="checked"> Nuts', "☑ Latex ☐ Nuts"),
    ("<input type=radio> Left <input checked type='radio'> Right", "○ Left ◉ Right"),
    ('Pain: <input type="text" value="7 of 10">', "Pain: 7 of 10"),
    ("<select><option>Left<option selected>Right</select>", "○ Left\n◉ Right"),
    ('<img src="x" alt="wound, left heel">', "wound, left heel"),
]


@pytest.mark.parametrize(("html", "shown"), MEANINGS)
def test_the_meaning_of_markup_is_kept_as_text(html: str, shown: str) -> None:
    cleaned = clean_html(html).html
    assert plain_text(cleaned) == shown
    assert clean_html(cleaned).html == cleaned
