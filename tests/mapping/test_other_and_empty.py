"""`Other` is ticked only if it is marked, and its text is always kept. A content without sections is empty."""

import json
from html import unescape
from typing import Any

import pytest

from app.mapping.form_content import form_content
from app.mapping.note_content import read_content_or_text
from app.mapping.rich import note_html
from app.trial.verification.cell_comparison import form_texts
from tests.mapping.test_rich import fields_of

WORDS = "left over from before"
TICKED: tuple[dict[str, Any], ...] = ({"selected": True}, {"selected": "true"}, {"selected": 1}, {}, {"selected": None})
UNTICKED: tuple[dict[str, Any], ...] = ({"selected": False}, {"selected": "false"}, {"selected": 0})


def asked(kind: str, mark: dict[str, Any], enabled: dict[str, Any]) -> str:
    other = {**enabled, **mark, "value": WORDS}
    question = {
        "name": "Q",
        "type": kind,
        "answers": [{"value": "A"}, {"value": "B", "selected": True}],
        "other": other,
    }
    return json.dumps({"sections": [{"name": "S", "questions": [question]}]})


@pytest.mark.parametrize("kind", ["radiobuttons", "checkboxes", "scale"])
@pytest.mark.parametrize("is_ticked", [True, False])
def test_other_is_ticked_only_if_marked_and_keeps_its_text(kind: str, is_ticked: bool) -> None:
    for mark in TICKED if is_ticked else UNTICKED:
        for enabled in ({"enabled": True}, {"enabled": False}, {}):
            cell = asked(kind, mark, enabled)
            content = read_content_or_text(cell)
            html = unescape(note_html(content).html)
            shown = unescape(json.dumps(form_content(content).sections))
            assert WORDS in html, cell
            assert WORDS in shown, cell
            if kind != "scale":
                [field] = [each for each in fields_of(form_content(content)) if "options" in each]
                assert field["options"] == ["A", "B", "Other"]
                assert field["answer"] == (["B", "Other"] if is_ticked else ["B"]), cell
                assert field["other_text"] == WORDS
                several = ("radio_multiple_selected",) if is_ticked and kind == "radiobuttons" else ()
                assert content.codes == several
            unticked = "○" if kind == "radiobuttons" else "☐"
            assert (f"{unticked} Other: {WORDS}" in html) is not is_ticked, cell
            assert WORDS in [each.text for each in form_texts(cell, is_template=False) or ()]
            assert WORDS not in [each.text for each in form_texts(cell, is_template=True) or ()] or kind == "scale"


@pytest.mark.parametrize(
    "cell", ["{}", "[]", " [ ] ", "null", '{"sections": null}', '{"sections":[]}', '{"sections": ""}']
)
def test_every_spelling_of_no_sections_is_empty(cell: str) -> None:
    content = read_content_or_text(cell)
    assert (content.is_empty, content.codes) == (True, ())


@pytest.mark.parametrize("nothing", [None, ""])
def test_words_without_sections_are_kept(nothing: Any) -> None:
    content = read_content_or_text(json.dumps({"sections": nothing, "text": WORDS}))
    assert WORDS in note_html(content).html
