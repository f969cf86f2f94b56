"""A `<` that opens no tag is text, and no word after it is lost."""

import re

import pytest

from app.mapping.html import clean_html, plain_text
from app.mapping.html_tags import ELEMENTS, only_tags

STARTS = (
    "y",
    "pain",
    "3",
    " 5",
    "b",
    "i",
    "p",
    "a",
    "em",
    "s",
    "table",
    "img",
    "http://x.example",
    "sam@x.example",
    "/y",
    "x:1",
)
AFTER = (" then rest, HR<pain free today", " then rest", ", \"rest and 'more", "", "=rest <= 7", ' rest="7')
AROUND = (
    "<p>ROM x{}</p><p>end</p>",
    "ROM x{}",
    "<ul><li>ROM x{}<li>end</ul>",
    "<b>ROM x{}</b> end",
    "<p>ROM x{} <br>end</p>",
)
TEXTS = [around.format(f"<{start}{after}") for start in STARTS for after in AFTER for around in AROUND]


def words_of(text: str) -> list[str]:
    """The words of a text, in order, without the tags that this file writes."""
    return re.findall(r"\w+", re.sub(r"</?(?:p|ul|li|b|br)>", " ", text))


@pytest.mark.parametrize("text", TEXTS)
def test_every_word_after_a_less_than_sign_is_kept(text: str) -> None:
    cleaned = clean_html(text)
    assert re.findall(r"\w+", plain_text(cleaned.html)) == words_of(text)
    assert clean_html(cleaned.html).html == cleaned.html


@pytest.mark.parametrize("name", sorted(ELEMENTS))
def test_only_the_name_of_an_element_makes_a_tag(name: str) -> None:
    for tag in (f"<{name}>", f'<{name} class="a b">', f"<{name}/>", f"</{name}>", f"<{name.upper()}\n>"):
        assert only_tags(f"x{tag}y") == f"x{tag}y"
    assert only_tags(f"<{name}q>") == (f"<{name}q>" if f"{name}q" in ELEMENTS else f"&lt;{name}q>")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('<p title="a < b">x</p>', '<p title="a &lt; b">x</p>'),
        ('<p title="a > b">x</p>', '<p title="a &gt; b">x</p>'),
        ('<p title="a>words</p> and "more"', '<p>words</p> and "more"'),
        ("5 <b and c> d", "5 &lt;b and c> d"),
        ("<o:p>x</o:p> <note:this is kept>", "<o:p>x</o:p> &lt;note:this is kept>"),
        ('<a href="https://x.example/?a=1">x</a>', '<a href="https://x.example/?a=1">x</a>'),
    ],
)
def test_attributes_end_with_their_tag(text: str, written: str) -> None:
    assert only_tags(text) == written
    assert only_tags(written) == written


@pytest.mark.parametrize("unit", ["<a ", "<a '", "<a ='\"<a \"'", "=\"'<a ' \"", '<a b="', "<a ='<a =\"", "<p x=", "<"])
def test_unclosed_tags_take_linear_time(unit: str) -> None:
    text = "<a " + unit * (200_000 // len(unit))
    assert only_tags(text).replace("&lt;", "<").replace("&gt;", ">") == text


@pytest.mark.parametrize(
    "name", ["textarea", "title", "noframes", "noscript", "noembed", "xmp", "plaintext", "template"]
)
def test_an_element_of_raw_text_shows_only_its_text(name: str) -> None:
    cleaned = clean_html(f"<p>A</p><{name} rows='3'>felt dizzy</{name}><p>B</p>")
    assert plain_text(cleaned.html).split("\n") == ["A", "felt dizzy", "B"]
    assert cleaned.lost
    assert "&lt;" not in clean_html(f"<{name}><script>alert(1)</script><b>x</b></{name}>").html
