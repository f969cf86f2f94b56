"""Duplicates and conflicts: the outcomes of rows with the same id."""

from itertools import permutations
from typing import Any

import pytest

from app.mapping.rows import Outcome
from tests.index.story import Export, booking, day, patient


def test_a_row_exported_twice_moves_once(export: Export) -> None:
    first = export.has("patients", "7", content="Ann")
    again = export.has("patients", "7", content="Ann", part=2, file=2)

    assert export.verdict("patients", first) is None
    assert export.part("patients", part=2)[again].verdict == (Outcome.SKIPPED, "duplicate_row")


def test_the_newest_of_two_versions_moves(export: Export) -> None:
    old = export.has("patients", "7", content="Ann Lee", updated_at=day("2024-01-01"))
    new = export.has("patients", "7", content="Ann Roe", updated_at=day("2025-01-01"))
    copy = export.has("patients", "7", content="Ann Roe", updated_at=day("2025-01-01"))

    assert export.verdict("patients", new) is None
    assert export.verdict("patients", old) == ("skipped", "id_conflict_newest_used")
    assert export.verdict("patients", copy) == ("skipped", "duplicate_row")


def test_different_rows_of_one_id_without_a_date_wait_for_a_decision(export: Export) -> None:
    one = export.has("patients", "7", content="Ann", updated_at=day("2025-01-01"))
    other = export.has("patients", "7", content="Bob")
    note = export.has("treatment_notes", "70", patient("7"))

    assert export.verdict("patients", one) == ("held", "id_conflict")
    assert export.verdict("patients", other) == ("held", "id_conflict")
    assert export.verdict("treatment_notes", note) == ("held", "parent_not_imported")


def test_different_rows_of_one_id_and_the_same_date_wait_for_a_decision(export: Export) -> None:
    rows = [export.has("patients", "7", content=name, updated_at=day("2025-01-01")) for name in ("Ann", "Bob", "Ann")]

    assert {export.verdict("patients", row) for row in rows} == {("held", "id_conflict")}


def test_one_id_in_two_kinds_is_no_conflict(export: Export) -> None:
    client = export.has("patients", "7", content="Ann")
    note = export.has("treatment_notes", "7", patient("7"), content="a note")

    assert export.verdict("patients", client) is None
    assert export.verdict("treatment_notes", note) is None


def test_a_sound_row_moves_whatever_a_damaged_copy_of_it_says(export: Export) -> None:
    damaged = export.has("patients", "7", content="x", blocked=(Outcome.HELD, "row_too_long"))
    sound = export.has("patients", "7", content="Ann")
    note = export.has("treatment_notes", "70", patient("7"))

    assert export.verdict("patients", sound) is None
    assert export.verdict("patients", damaged) == ("held", "row_too_long")
    assert export.verdict("treatment_notes", note) is None


def test_references_lead_to_the_version_that_moves(export: Export) -> None:
    export.has(
        "appointments", "5", patient("7"), content="old", updated_at=day("2024-01-01"), starts_at=day("2024-03-01")
    )
    export.has(
        "appointments", "5", patient("7"), content="new", updated_at=day("2024-02-01"), starts_at=day("2024-04-01")
    )
    export.has("patients", "7")
    note = export.has("treatment_notes", "70", patient("7"), booking("5"))

    assert export.row("treatment_notes", note).joined.targets["booking"].starts_at == day("2024-04-01")


def test_a_row_without_an_id_is_skipped_and_does_not_disturb_others(export: Export) -> None:
    nameless = export.has("patients", None, blocked=(Outcome.SKIPPED, "missing_id"))
    other = export.has("patients", None, blocked=(Outcome.SKIPPED, "missing_id"))

    assert export.verdict("patients", nameless) == export.verdict("patients", other) == ("skipped", "missing_id")


def test_what_belongs_to_a_row_that_is_skipped_waits(export: Export) -> None:
    export.has("appointments", "5", blocked=(Outcome.SKIPPED, "bad_appointment_time"))
    attendee = export.has("attendees", "9", booking("5", required=True))

    assert export.verdict("attendees", attendee) == ("held", "parent_not_imported")


def test_a_row_deleted_since_an_older_copy_stays_deleted(export: Export) -> None:
    gone = (Outcome.SKIPPED, "deleted_in_source")
    live = export.has("patients", "7", content="Ann", updated_at=day("2024-01-01"))
    deleted = export.has("patients", "7", content="-", updated_at=day("2025-01-01"), deleted=True, blocked=gone)
    note = export.has("treatment_notes", "70", patient("7"))

    assert export.verdict("patients", live) == ("skipped", "id_conflict_newest_used")
    assert export.verdict("patients", deleted) == ("skipped", "deleted_in_source")
    assert export.verdict("treatment_notes", note) == ("held", "parent_not_imported")


def test_a_row_restored_since_an_older_copy_moves(export: Export) -> None:
    gone = (Outcome.SKIPPED, "deleted_in_source")
    export.has("patients", "7", content="-", updated_at=day("2024-01-01"), deleted=True, blocked=gone)
    live = export.has("patients", "7", content="Ann", updated_at=day("2025-01-01"))

    assert export.verdict("patients", live) is None


def test_leading_zeros_make_another_id(export: Export) -> None:
    plain = export.has("patients", "7", content="Ann")
    padded = export.has("patients", "007", content="Bob")
    longest = export.has("patients", "99999999999999999999", content="Cy")
    note = export.has("treatment_notes", "70", patient("007"))
    other = export.has("treatment_notes", "71", patient("99999999999999999999"))

    assert export.verdict("patients", plain) is None
    assert export.verdict("patients", padded) is None
    assert export.verdict("patients", longest) is None
    assert export.row("treatment_notes", other).joined.targets["patient"].source_id == "99999999999999999999"
    assert export.row("treatment_notes", note).joined.targets["patient"].source_id == "007"


def test_what_was_deleted_stays_deleted_and_its_notes_wait(export: Export) -> None:
    gone = export.has("patients", "7", deleted=True)
    visit = export.has("appointments", "5", patient("7"))
    attendee = export.has("attendees", "9", booking("5", required=True))

    assert export.verdict("patients", gone) == ("skipped", "deleted_in_source")
    assert export.verdict("appointments", visit) == ("held", "parent_not_imported")
    assert export.verdict("attendees", attendee) == ("held", "parent_not_imported")


@pytest.mark.parametrize("order", list(permutations(("here", "elsewhere", "copy"))))
def test_a_copy_without_offsets_equals_the_row_whose_clock_it_shows(export: Export, order: tuple[str, ...]) -> None:
    says: dict[str, dict[str, Any]] = {
        "here": {"content": "instant", "local_content": "clock"},
        "elsewhere": {"content": "instant", "local_content": "another clock"},
        "copy": {"content": "clock", "zone_assumed": True},
    }
    lines = {name: export.has("appointments", "7", **says[name]) for name in order}
    winner = next(name for name in order if name != "copy")

    for name, line in lines.items():
        expected = None if name == winner else ("skipped", "duplicate_row")
        assert export.verdict("appointments", line) == expected


def test_one_clock_at_two_instants_is_a_conflict(export: Export) -> None:
    first = export.has("appointments", "7", content="instant", local_content="clock")
    other = export.has("appointments", "7", content="another instant", local_content="clock")

    assert export.verdict("appointments", first) == ("held", "id_conflict")
    assert export.verdict("appointments", other) == ("held", "id_conflict")
