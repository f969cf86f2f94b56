"""Words of a clinic that begin like a tag, a comment or an instruction of a program stay word for word."""

import random

import pytest

from app.mapping.html import clean_html, plain_text

HIDDEN = ("script", "style", "iframe", "object", "svg")
WITNESSES = (
    "type <script here",
    "of <style, as before",
    "flexion <?> unclear",
    "BP <!120 > 80",
    "see <?fracture> here",
    "<!important> no latex",
    "<! 3 > 2",
    "<!>",
    "<? x ?>",
)
CONSTRUCTS = (
    '<?xml version="1.0"?>',
    "<?xml:namespace prefix = o />",
    "<?php echo 1 ?>",
    "<!DOCTYPE html>",
    "<!-- seen by nobody -->",
    "<!-->",
    "<![if !mso]>",
    "<![endif]>",
)
PIECES = (
    *(f"<{name} " for name in HIDDEN),
    *("<?", "<!", "<?> ", "<!120 ", "<!?", "?>", "> ", "knee ", "80 ", '"', "'", "=", "&lt;", "- "),
)


@pytest.mark.parametrize("words", WITNESSES)
@pytest.mark.parametrize("around", ["{}", "<p>{}</p>", "<p>{}</p><p>end</p>", "<ul><li>{}</li></ul>", "<b>a</b> {}"])
def test_words_that_begin_like_a_construct_stay(words: str, around: str) -> None:
    found = clean_html(around.format(words))
    assert words in plain_text(found.html)
    assert not found.lost
    assert clean_html(found.html).html == found.html


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_constructs_that_no_browser_shows_go_and_are_told(construct: str) -> None:
    found = clean_html(f"<p>a</p>{construct}<p>b</p>")
    assert found.html == "<p>a</p><p>b</p>"
    assert found.lost


@pytest.mark.parametrize("name", HIDDEN)
def test_a_whole_tag_that_never_ends_goes_without_the_words_behind_it(name: str) -> None:
    found = clean_html(f"<p>a <{name} class='x > y'>b</p>")
    assert plain_text(found.html) == "a b"
    assert found.lost
    assert "wbr" not in found.html


def test_no_word_appears_that_nobody_wrote_and_none_goes() -> None:
    chosen = random.Random(15)
    for _ in range(500):
        words = "".join(chosen.choices(PIECES, k=chosen.randint(1, 7)))
        if any(f"<{name}" in words for name in HIDDEN) and ">" in words:
            continue  # that may be a tag
        found = clean_html(f"<p>{words}</p>")
        shown = words.replace("&lt;", "<")
        assert plain_text(found.html).split() == shown.split()
        assert not found.lost
