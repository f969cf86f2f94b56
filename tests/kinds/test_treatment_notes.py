"""Treatment notes become progress notes, word for word; drafts stay drafts, and nothing is guessed."""

from datetime import UTC, datetime

import pytest

from app.mapping.rows import Joined, Outcome, Target
from tests.kinds.story import IDS, told

START = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
TEXT = '{"sections":[{"name":"S","questions":[{"name":"Q","type":"text","answer":"Better"}]}]}'


def test_a_note_becomes_a_progress_note() -> None:
    found = told(
        "treatment_notes", title="Review", finalized_at="2026-04-02T02:00:00Z", pinned_at="2026-04-03T00:00:00Z"
    )
    assert (found.outcome, found.codes) == (Outcome.CREATED, [])
    assert (found["title"], found["author_name"], found["state"], found["pinned"]) == (
        "Review",
        "Sam Lee",
        "final",
        True,
    )
    assert found["body"] == "<h1>S</h1><h2>Q</h2><p>Better</p>"
    assert found["client_id"] == IDS.derive("clients", "patients", "11")
    assert found["appointment_id"] == IDS.derive("appointments", "appointments", "77")
    assert found["finalised_at"] == datetime(2026, 4, 2, 2, 0, tzinfo=UTC)


def test_a_note_is_dated_by_its_visit_else_by_its_making() -> None:
    visit = Target("app_1", "77", starts_at=START)
    joined = Joined({"patient_id": Target("cli_1", "11"), "booking_id": visit})
    assert told("treatment_notes", joined=joined)["note_date"] == START
    assert told("treatment_notes", lost=("booking_id",))["note_date"] == datetime(2026, 4, 2, 1, 0, tzinfo=UTC)


def test_a_note_without_a_title_is_called_what_it_is() -> None:
    assert told("treatment_notes")["title"] == "Treatment note"


def test_a_note_whose_practitioner_nobody_knows_keeps_its_author() -> None:
    found = told("treatment_notes", lost=("practitioner_id",))
    assert (found["practitioner_id"], found["author_name"]) == (None, "Sam Lee")


def test_a_note_of_nobody_waits() -> None:
    assert told("treatment_notes", patient_id="").codes == ["note_without_patient"]
    found = told("treatment_notes", lost=("patient_id",))
    assert (found.outcome, found.codes) == (Outcome.HELD, ["note_without_patient"])


def test_47_a_draft_stays_a_draft_and_is_told() -> None:
    found = told("treatment_notes", draft="true")
    assert (found["state"], found.codes) == ("draft", ["note_draft_imported"])


def test_a_draft_that_is_finished_too_stays_a_draft() -> None:
    found = told("treatment_notes", draft="true", finalized_at="2026-04-02T02:00:00Z")
    assert (found["state"], found["finalised_at"]) == ("draft", None)
    assert found.codes == ["note_draft_imported", "note_state_conflict"]


@pytest.mark.parametrize("content", ['{"sections": [', "{'sections': []}", "[1, 2]"])
def test_49_a_note_whose_content_is_no_json_waits(content: str) -> None:
    found = told("treatment_notes", content=content)
    assert (found.outcome, found.codes) == (Outcome.HELD, ["bad_json"])


@pytest.mark.parametrize("content", ["", "  ", "{}", '{"sections":[]}'])
def test_a_note_that_holds_nothing_is_skipped(content: str) -> None:
    found = told("treatment_notes", content=content)
    assert (found.outcome, found.codes) == (Outcome.SKIPPED, ["note_empty"])


def test_48_a_script_in_a_note_is_removed_and_told() -> None:
    content = '{"sections":[{"questions":[{"name":"Q","type":"paragraph","answer":"ok<script>x()</script>"}]}]}'
    found = told("treatment_notes", content=content)
    assert (found["body"], found.codes) == ("<h2>Q</h2><div>ok</div>", ["html_sanitised"])


def test_an_archived_note_keeps_the_day_it_was_archived() -> None:
    assert told("treatment_notes", archived_at="2026-05-01T00:00:00Z")["archived_at"] == datetime(
        2026, 5, 1, tzinfo=UTC
    )
    assert told("treatment_notes")["archived_at"] is None
