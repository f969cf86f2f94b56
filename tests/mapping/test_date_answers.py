"""A date that answers a question of a note or form is read like a date in a column."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.date_answers import with_dates
from app.mapping.html import plain_text
from app.mapping.note_content import read_content
from tests.kinds.story import MappedRow, mapped
from tests.mapping.cells import context

KINDS = ("treatment_notes", "patient_forms")


def content(answer: str) -> str:
    return json.dumps({"sections": [{"name": "S", "questions": [{"name": "When", "type": "date", "answer": answer}]}]})


def shown(kind: str, result: MappedRow) -> Any:
    """The answer as the record has it: in a note as text for readers, in a form as the value of a date field."""
    if kind == "treatment_notes":
        return plain_text(result["body"]).split("\n")[-1]
    [section] = result["content"]
    return section["fields"][-1]["answer"]


@pytest.mark.parametrize(
    ("answer", "day", "codes"),
    [
        ("2026-11-20", date(2026, 11, 20), set()),
        (" 2026-11-20 ", date(2026, 11, 20), set()),
        ("20/11/2026", date(2026, 11, 20), set()),
        ("20-Nov-2026", date(2026, 11, 20), set()),
        ("2026-11-20T00:00:00", date(2026, 11, 20), set()),
        ("2026-11-20T12:59:00Z", date(2026, 11, 20), {"date_from_instant"}),
        ("2026-11-20T13:00:00Z", date(2026, 11, 21), {"date_from_instant"}),
        ("2026-11-20 23:00:00 +1100", date(2026, 11, 20), {"date_from_instant"}),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_date_is_shown_as_a_date_of_the_clinic(kind: str, answer: str, day: date, codes: set[str]) -> None:
    result = mapped(kind, content=content(answer))
    expected = f"{day.day} {day:%b} {day.year}" if kind == "treatment_notes" else day.isoformat()
    assert shown(kind, result) == expected
    assert {code for code in result.codes if "date" in code} == codes


@pytest.mark.parametrize("answer", ["2026-02-30", "last spring", "31/02/2026", "2026-11-20T10:00:00+10:75", "1999"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_no_date_is_kept_as_text_and_reported(kind: str, answer: str) -> None:
    result = mapped(kind, content=content(answer))
    assert shown(kind, result) == answer
    assert "bad_date" in result.codes


@pytest.mark.parametrize("answer", ["2026-11-20 14:30", "20/11/2026 2:30 pm", "n/a"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_time_of_day_is_not_lost(kind: str, answer: str) -> None:
    result = mapped(kind, content=content(answer))
    assert shown(kind, result) == answer
    assert "bad_date" not in result.codes


@given(st.datetimes(min_value=datetime.fromisoformat("1990-01-01"), max_value=datetime.fromisoformat("2040-01-01")))
def test_every_instant_is_the_date_of_the_clinics_clock(moment: datetime) -> None:
    at = moment.replace(microsecond=0, tzinfo=UTC)
    read = with_dates(read_content(content(at.isoformat().replace("+00:00", "Z"))), context())
    assert read.sections[0].questions[0].answer == at.astimezone(ZoneInfo("Australia/Sydney")).date().isoformat()
    assert with_dates(read, context()) == read
