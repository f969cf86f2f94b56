"""Words that begin like a tag, a comment or an instruction are kept word for word."""

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
def test_words_that_begin_like_a_comment_are_kept(words: str, around: str) -> None:
    cleaned = clean_html(around.format(words))
    assert words in plain_text(cleaned.html)
    assert not cleaned.lost
    assert clean_html(cleaned.html).html == cleaned.html


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_hidden_constructs_are_removed_and_reported(construct: str) -> None:
    cleaned = clean_html(f"<p>a</p>{construct}<p>b</p>")
    assert cleaned.html == "<p>a</p><p>b</p>"
    assert cleaned.lost


@pytest.mark.parametrize("name", HIDDEN)
def test_an_unclosed_element_loses_its_tag_and_keeps_the_text_after_it(name: str) -> None:
    cleaned = clean_html(f"<p>a <{name} class='x > y'>b</p>")
    assert plain_text(cleaned.html) == "a b"
    assert cleaned.lost
    assert "wbr" not in cleaned.html


def test_no_word_is_added_and_no_word_is_lost() -> None:
    chosen = random.Random(15)
    for _ in range(500):
        words = "".join(chosen.choices(PIECES, k=chosen.randint(1, 7)))
        if any(f"<{name}" in words for name in HIDDEN) and ">" in words:
            continue  # that may be a tag
        cleaned = clean_html(f"<p>{words}</p>")
        shown = words.replace("&lt;", "<")
        assert plain_text(cleaned.html).split() == shown.split()
        assert not cleaned.lost
