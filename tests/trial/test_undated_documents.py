"""A document without a readable date in its name becomes a note without a date, and is reported."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.harness.clinic import runtime_in
from tests.register.story import Desk, Tried, export

UNDATED = ("", "2023-02-30 ", "2023-13-01 ", "0000-00-00 ", "03-04-2024 ", "20240304 ", "2024 ", "9999-99-99 ")
ENDS = (" [{id}].html", " [{id}].htm", " [{id}].txt", ".html", ".txt")
FOLDER = "Treatment notes/11 - O'Brien, Zoë"


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    files: dict[str, str | bytes] = dict(export())
    for number, (day, end) in enumerate(product(UNDATED, ENDS)):
        name = f"{day}Title {number}{end.format(id=8000 + number)}"
        files[f"{FOLDER}/{name}"] = f"<p>words of {number}</p>"
    files[f"{FOLDER}/2024-03-04 Dated [9000].html"] = "<p>dated</p>"
    with runtime_in(tmp_path_factory.mktemp("documents")) as runtime:
        yield Desk(runtime).tried(files)


def test_every_document_comes_across_and_only_a_date_in_its_name_dates_it(tried: Tried) -> None:
    notes = tried.records("progress_notes")
    kind = tried.kind("treatment_notes")
    number = len(UNDATED) * len(ENDS)
    assert (kind["read"], kind["created"], kind["held"], kind["skipped"]) == (number + 1, number + 1, 0, 0)
    dated = {note["source_id"]: note["note_date"] for note in notes if note["note_date"] is not None}
    assert dated == {"9000": "2024-03-03T13:00:00Z"}
    for each in range(number):
        assert any(f"words of {each}&" in note["body"] or f"words of {each}<" in note["body"] for note in notes)


def test_each_of_them_is_reported_once(tried: Tried) -> None:
    (problem,) = tried.problems("bad_date", "treatment_notes")
    assert (problem["level"], problem["count"]) == ("warning", len(UNDATED) * len(ENDS))
    assert tried.clinic.trial.balanced
