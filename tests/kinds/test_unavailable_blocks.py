"""Unavailable blocks become busy times, past blocks too, at the block's location."""

from datetime import UTC, datetime

import pytest

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, PERTH, SYDNEY, lookups, mapped


def test_a_block_becomes_a_busy_time() -> None:
    result = mapped("unavailable_blocks", created_at="2026-03-01T00:00:00Z")
    assert (result.outcome, result.codes, result.main.table) == (Outcome.CREATED, [], "busy_times")
    assert result["practitioner_id"] == IDS.derive("practitioners", "practitioners", "7")
    assert (result["location_id"], result["busy_time_type_id"]) == (SYDNEY, "custom")
    assert result["starts_at"] == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
    assert result["ends_at"] == datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
    assert (result["name"], result["note"]) == ("Lunch", "Lunch")


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
    result = mapped("unavailable_blocks", notes=notes)
    assert (result["name"], result["note"], result.codes) == (name, note, [])


def test_a_note_of_more_than_255_characters_is_cut_and_reported() -> None:
    result = mapped("unavailable_blocks", notes="y" * 256)
    assert (result["note"], result.codes) == ("y" * 252 + "...", ["busy_time_note_truncated"])


def test_a_block_of_an_unknown_practitioner_is_held() -> None:
    assert mapped("unavailable_blocks", practitioner_id="").codes == ["busy_time_without_practitioner"]
    result = mapped("unavailable_blocks", lost=("practitioner_id",))
    assert (result.outcome, result.codes) == (Outcome.HELD, ["busy_time_without_practitioner"])


def test_a_block_that_ends_before_it_starts_is_held() -> None:
    result = mapped("unavailable_blocks", ends_at="2026-04-01 11:00:00 +1100")
    assert (result.outcome, result.codes) == (Outcome.HELD, ["bad_interval"])


def test_a_block_without_a_start_is_skipped() -> None:
    assert mapped("unavailable_blocks", starts_at="").outcome is Outcome.SKIPPED


def test_a_block_without_a_location_goes_to_the_only_one_or_to_the_default() -> None:
    alone = mapped("unavailable_blocks", business_id="", with_lookups=lookups(zones={PERTH: "Australia/Perth"}))
    assert (alone["location_id"], alone.codes) == (PERTH, [])
    assert mapped("unavailable_blocks", business_id="").codes == ["appointment_location_defaulted"]


def test_20_times_without_an_offset_are_those_of_the_location() -> None:
    result = mapped("unavailable_blocks", business_id="4", starts_at="2026-01-15 09:00", ends_at="2026-01-15 10:00")
    assert result["starts_at"] == datetime(2026, 1, 15, 1, 0, tzinfo=UTC)


def test_a_repeat_rule_is_ignored() -> None:
    assert len(mapped("unavailable_blocks", repeat_rule='{"type":"Weekly"}').records) == 1


def test_a_block_that_is_written_with_one_offset_is_not_reversed_by_the_zone_of_another_place() -> None:
    mixed = mapped("unavailable_blocks", business_id="4", starts_at="2026-04-01 12:00", ends_at="2026-04-01T04:30:00Z")
    assert mixed.outcome is Outcome.CREATED  # noon in Perth is 04:00Z
