"""Unavailable blocks become busy times: past ones too, at the location where the practitioner was not to be had."""

from datetime import UTC, datetime

import pytest

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, PERTH, SYDNEY, lookups, told


def test_a_block_becomes_a_busy_time() -> None:
    found = told("unavailable_blocks", created_at="2026-03-01T00:00:00Z")
    assert (found.outcome, found.codes, found.main.table) == (Outcome.CREATED, [], "busy_times")
    assert found["practitioner_id"] == IDS.derive("practitioners", "practitioners", "7")
    assert (found["location_id"], found["busy_time_type_id"]) == (SYDNEY, "custom")
    assert found["starts_at"] == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert found["ends_at"] == datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
    assert (found["name"], found["note"]) == ("Lunch", "Lunch")


@pytest.mark.parametrize(
    ("notes", "name", "note"),
    [
        ("", "Unavailable", None),
        ("  \n ", "Unavailable", None),
        ("Leave\nback on Monday", "Leave", "Leave\nback on Monday"),
        ("x" * 81, "x" * 77 + "...", "x" * 81),
    ],
)
def test_a_busy_time_is_called_by_the_first_line_of_its_note(notes: str, name: str, note: str | None) -> None:
    found = told("unavailable_blocks", notes=notes)
    assert (found["name"], found["note"], found.codes) == (name, note, [])


def test_a_note_of_more_than_255_characters_is_cut_and_told() -> None:
    found = told("unavailable_blocks", notes="y" * 256)
    assert (found["note"], found.codes) == ("y" * 252 + "...", ["busy_time_note_truncated"])


def test_a_block_of_an_unknown_practitioner_waits() -> None:
    assert told("unavailable_blocks", practitioner_id="").codes == ["busy_time_without_practitioner"]
    found = told("unavailable_blocks", lost=("practitioner_id",))
    assert (found.outcome, found.codes) == (Outcome.HELD, ["busy_time_without_practitioner"])


def test_a_block_that_ends_before_it_begins_waits() -> None:
    found = told("unavailable_blocks", ends_at="2026-04-01 11:00:00 +1100")
    assert (found.outcome, found.codes) == (Outcome.HELD, ["bad_interval"])


def test_a_block_without_a_start_is_skipped() -> None:
    assert told("unavailable_blocks", starts_at="").outcome is Outcome.SKIPPED


def test_a_block_without_a_location_goes_to_the_only_one_or_to_the_default() -> None:
    alone = told("unavailable_blocks", business_id="", here=lookups(zones={PERTH: "Australia/Perth"}))
    assert (alone["location_id"], alone.codes) == (PERTH, [])
    assert told("unavailable_blocks", business_id="").codes == ["appointment_location_defaulted"]


def test_20_times_without_an_offset_are_those_of_the_location() -> None:
    found = told("unavailable_blocks", business_id="4", starts_at="2026-01-15 09:00", ends_at="2026-01-15 10:00")
    assert found["starts_at"] == datetime(2026, 1, 15, 1, 0, tzinfo=UTC)


def test_a_rule_of_repeating_is_not_followed() -> None:
    assert len(told("unavailable_blocks", repeat_rule='{"type":"Weekly"}').records) == 1


def test_a_block_that_is_written_with_one_offset_is_not_reversed_by_the_zone_of_another_place() -> None:
    mixed = told("unavailable_blocks", business_id="4", starts_at="2026-04-01 12:00", ends_at="2026-04-01T04:30:00Z")
    assert mixed.outcome is Outcome.CREATED  # noon in Perth is 04:00Z
