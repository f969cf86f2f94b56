"""In a message, every HTML element is a tag, other words are text, and an entity is its character."""

import re

import pytest

from app.mapping.html import clean_html, plain_text
from app.mapping.html_tags import has_tag
from app.sources.cliniko.communications import message_html

STANDARD = tuple(
    """a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code
    col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map
    mark math menu meta meter nav noscript object ol optgroup option output p picture pre progress q rp rt ruby
    s samp script search section select selectedcontent slot small source span strong style sub summary sup svg
    table tbody td template textarea tfoot th thead time title tr track u ul var video wbr""".split()  # noqa: SIM905 - as a list it would be a page long
)
OBSOLETE = tuple(
    """acronym applet basefont bgsound big blink center dir font frame frameset isindex keygen listing marquee
    menuitem multicol nextid nobr noembed noframes param plaintext rb rtc spacer strike tt xmp""".split()  # noqa: SIM905 - as a list it would be a page long
)
ELEMENTS = STANDARD + OBSOLETE
HIDDEN = ("script", "style", "iframe", "object", "svg")  # section 4: their words go with them
EMPTY = tuple(
    """area base basefont bgsound br col embed frame hr img input isindex keygen link meta nextid param source
    spacer track wbr""".split()  # noqa: SIM905 - as a list it would be a page long
)
WORDS = tuple(
    """y z name patient unknown none null 5 10mg sam@clinic.example /y redacted prex dls marked qq objection
    svgs titles my-thing image_001 b-12 1. =5 -3 ! ?""".split()  # noqa: SIM905 - as a list it would be a page long
)


def shown(text: str, *, rich: bool = True) -> str:
    return plain_text(message_html(text, rich=rich, private_hosts=()).html)


@pytest.mark.parametrize("name", ELEMENTS)
def test_a_message_shows_no_tags(name: str) -> None:
    marks = ("", ' class="a b"', " class=a\n", " data-x='1'")
    for mark in marks:
        for tag in (name, name.upper()):
            text = f"one <{tag}{mark}> two" if name in EMPTY else f"one <{tag}{mark}>two</{tag}> six"
            message = message_html(text, rich=True, private_hosts=())
            assert "&lt;" not in message.html, text
            assert clean_html(message.html).html == message.html
            words = re.findall(r"\w+", plain_text(message.html))
            first, last = ("one", "two") if name in EMPTY else ("one", "six")
            assert (words[0], words[-1]) == (first, last), text
            assert ("two" in words) == (name not in HIDDEN), text


@pytest.mark.parametrize("name", ELEMENTS)
def test_a_text_message_is_plain_text(name: str) -> None:
    assert shown(f"one <{name}>two", rich=False) == f"one <{name}>two"


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_looks_like_a_tag_is_kept(word: str) -> None:
    for text in (f"ROM x<{word}> end", f"ROM x <{word} then rest", f"<{word}>", f"x<{word} and y>z"):
        assert not has_tag(text)
        assert shown(text) == text
        assert not message_html(text, rich=True, private_hosts=()).lost


@pytest.mark.parametrize("name", ELEMENTS)
def test_the_name_of_an_element_without_the_end_of_a_tag_is_a_word(name: str) -> None:
    for text in (f"ROM x<{name} then rest", f"x <{name}", f"x<{name}q> y", f"x < {name}> y", f"{name}> y"):
        if f"{name}q" not in ELEMENTS:
            assert shown(text) == text


@pytest.mark.parametrize("around", ["{}", "<p>{}</p>"])
@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Ann&nbsp;Lee", "Ann Lee"),
        ("Ann &amp; Sam", "Ann & Sam"),
        ("BP &lt;120", "BP <120"),
        ("&lt;b&gt; is bold", "<b> is bold"),
        ("10&#176; and 10&#xB0; and 10&deg;", "10° and 10° and 10°"),
        ("R&D; 5 & 6 &unknown;", "R&D; 5 & 6 &unknown;"),
    ],
)
def test_an_entity_is_its_character_with_and_without_tags(text: str, signs: str, around: str) -> None:
    message = message_html(around.format(text), rich=True, private_hosts=())
    assert plain_text(message.html) == signs
    assert not message.lost
    assert shown(text, rich=False) == text


@pytest.mark.parametrize("text", ["R&D", "a &b; c", "x & y;", "&;", "&#; &#x;", "?a=1&b=2", "?a=1&copy=2"])
def test_an_ampersand_that_begins_no_entity_is_a_word(text: str) -> None:
    assert shown(text) == text


def test_line_breaks_of_a_message_with_entities_are_kept() -> None:
    assert shown("Dear Ann\r\n\r\nSee you at&nbsp;5.\nSam") == "Dear Ann\nSee you at 5.\nSam"
