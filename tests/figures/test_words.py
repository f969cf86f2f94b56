"""A few dozen notes and forms are found word for word; the long form takes a thousand of each."""

from collections.abc import Iterator

import pytest

from tests.figures.wording import Pen, Written
from tests.figures.words import export_of, lost, lost_of_forms, seen, written
from tests.harness.clinic import runtime_in
from tests.register.story import Desk

NUMBER, SEED = 60, 7


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("words")) as runtime:
        yield Desk(runtime)


def test_every_answer_of_a_note_and_a_form_is_found_word_for_word(desk: Desk) -> None:
    notes, forms = written(NUMBER, SEED, form=False), written(NUMBER, SEED, form=True)
    tried = desk.tried(export_of(notes, forms))
    assert lost(notes, {r["source_id"]: r["body"] for r in tried.records("progress_notes")}) == []
    assert lost_of_forms(forms, {r["source_id"]: r["content"] for r in tried.records("forms")}) == []
    assert tried.answer["balanced"]


def test_a_word_that_is_missing_is_noticed() -> None:
    note = Written("", [("Progress", "much better today")])
    assert lost({"1": note}, {"1": "<h2>Progress</h2><p>much <b>better</b> today</p>"}) == []
    assert lost({"1": note}, {"1": "<h2>Progress</h2><p>much today</p>"}) == ["note 1, question 1: not word for word"]
    assert len(lost({"1": note}, {})) == 1
    form = [{"fields": [{"type": "long_text", "label": "Progress", "answer": "<p>much better</p>"}]}]
    assert lost_of_forms({"1": note}, {"1": form}) == ["form 1, question 1: not word for word"]
    assert len(lost_of_forms({"1": note}, {})) == 1


def test_a_page_is_seen_as_a_browser_shows_it() -> None:
    assert seen("kn<b>ee</b>s<br>&lt;5 &amp; a&nbsp;b<ul><li>one</li><li>two</li></ul>") == "knees <5 & a b one two"


def test_the_same_seed_writes_the_same() -> None:
    assert Pen(3).written(form=True) == Pen(3).written(form=True)
    assert Pen(3).written(form=True) != Pen(4).written(form=True)
