"""Treatment notes become progress notes, word for word; drafts are drafts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.mapping.rows import Joined, Outcome, Target
from tests.kinds.story import IDS, mapped

START = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
TEXT = '{"sections":[{"name":"S","questions":[{"name":"Q","type":"text","answer":"Better"}]}]}'


def test_a_note_becomes_a_progress_note() -> None:
    result = mapped(
        "treatment_notes", title="Review", finalized_at="2026-04-02T02:00:00Z", pinned_at="2026-04-03T00:00:00Z"
    )
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    assert (result["title"], result["author_name"], result["state"], result["pinned"]) == (
        "Review",
        "Sam Lee",
        "final",
        True,
    )
    assert result["body"] == "<h1>S</h1><h2>Q</h2><p>Better</p>"
    assert result["client_id"] == IDS.derive("clients", "patients", "11")
    assert result["appointment_id"] == IDS.derive("appointments", "appointments", "77")
    assert result["finalised_at"] == datetime(2026, 4, 2, 2, 0, tzinfo=UTC)


def test_a_note_has_the_date_of_its_visit_else_of_its_creation() -> None:
    visit = Target("app_1", "77", starts_at=START)
    joined = Joined({"patient_id": Target("cli_1", "11"), "booking_id": visit})
    assert mapped("treatment_notes", joined=joined)["note_date"] == START
    assert mapped("treatment_notes", lost=("booking_id",))["note_date"] == datetime(2026, 4, 2, 1, 0, tzinfo=UTC)


def test_a_note_without_a_visit_and_the_time_of_its_creation_reports_it() -> None:
    cells: Any = {"created_at": "", "finalized_at": "2026-04-03T01:00:00Z"}
    result = mapped("treatment_notes", lost=("booking_id",), **cells)
    assert [(code, column) for code, column in zip(result.codes, result.columns, strict=True) if column] == [
        ("bad_date", "created_at")
    ]
    joined = Joined({"patient_id": Target("cli_1", "11"), "booking_id": Target("app_1", "77", starts_at=START)})
    assert mapped("treatment_notes", joined=joined, **cells).codes == []


def test_a_note_without_a_title_has_a_default_title() -> None:
    assert mapped("treatment_notes")["title"] == "Treatment note"


def test_a_note_of_an_unknown_practitioner_keeps_its_author() -> None:
    result = mapped("treatment_notes", lost=("practitioner_id",))
    assert (result["practitioner_id"], result["author_name"]) == (None, "Sam Lee")


def test_a_note_without_a_client_is_held() -> None:
    assert mapped("treatment_notes", patient_id="").codes == ["note_without_patient"]
    result = mapped("treatment_notes", lost=("patient_id",))
    assert (result.outcome, result.codes) == (Outcome.HELD, ["note_without_patient"])


def test_47_a_draft_is_imported_as_a_draft_and_reported() -> None:
    result = mapped("treatment_notes", draft="true")
    assert (result["state"], result.codes) == ("draft", ["note_draft_imported"])


def test_a_draft_with_a_time_of_finalisation_is_a_draft() -> None:
    result = mapped("treatment_notes", draft="true", finalized_at="2026-04-02T02:00:00Z")
    assert (result["state"], result["finalised_at"]) == ("draft", None)
    assert result.codes == ["note_draft_imported", "note_state_conflict"]


@pytest.mark.parametrize("content", ['{"sections": [', "{'sections': []}", "[1, 2]"])
def test_49_a_note_whose_content_is_no_json_is_held(content: str) -> None:
    result = mapped("treatment_notes", content=content)
    assert (result.outcome, result.codes) == (Outcome.HELD, ["bad_json"])


@pytest.mark.parametrize("content", ["", "  ", "{}", '{"sections":[]}'])
def test_an_empty_note_is_skipped(content: str) -> None:
    result = mapped("treatment_notes", content=content)
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["note_empty"])


def test_48_a_script_in_a_note_is_removed_and_reported() -> None:
    content = '{"sections":[{"questions":[{"name":"Q","type":"paragraph","answer":"ok<script>x()</script>"}]}]}'
    result = mapped("treatment_notes", content=content)
    assert (result["body"], result.codes) == ("<h2>Q</h2><div>ok</div>", ["html_sanitised"])


def test_an_archived_note_keeps_the_day_it_was_archived() -> None:
    assert mapped("treatment_notes", archived_at="2026-05-01T00:00:00Z")["archived_at"] == datetime(
        2026, 5, 1, tzinfo=UTC
    )
    assert mapped("treatment_notes")["archived_at"] is None
