"""Weekly hours are imported day by day, in the local time of the location."""

import json
from typing import Any

import pytest

from app.mapping.rows import Joined, Outcome
from tests.kinds.story import MappedRow, joined_of, mapped, parsed, row_of

KIND = "practitioner_availability"


def hours(result: MappedRow) -> list[tuple[Any, ...]]:
    return [tuple(r.values[c] for c in ("weekday", "starts_at", "ends_at")) for r in result.records]


def slots(*pairs: tuple[str, str]) -> str:
    return json.dumps([{"starts_at": a, "ends_at": b} for a, b in pairs])


def test_each_slot_of_a_day_becomes_hours_that_repeat_weekly() -> None:
    result = mapped(KIND, availabilities=slots(("09:00", "12:00"), ("13:30", "5:15 pm")))
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    assert hours(result) == [(1, "09:00", "12:00"), (1, "13:30", "17:15")]
    assert {r.values["repeat"] for r in result.records} == {"weekly"}
    assert [r.key for r in result.records] == ["31/09:00", "31/13:30"]


@pytest.mark.parametrize(
    ("cell", "day"),
    [("0", 7), ("7", 7), ("1", 1), ("6", 6), ("Mon", 1), ("sunday", 7), ("Thurs", 4), ("3.0", 3)],
)
def test_46_both_0_and_7_are_sunday_and_days_may_have_names(cell: str, day: int) -> None:
    assert hours(mapped(KIND, day_of_week=cell)) == [(day, "09:00", "12:00")]


@pytest.mark.parametrize("cell", ["8", "-1", "", "someday", "Mo"])
def test_an_invalid_weekday_is_skipped(cell: str) -> None:
    result = mapped(KIND, day_of_week=cell)
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["bad_weekday"])


@pytest.mark.parametrize("cell", ["", "[]", "null"])
def test_a_day_without_hours_is_skipped(cell: str) -> None:
    result = mapped(KIND, availabilities=cell)
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["empty_value"])


def test_rows_of_single_intervals_may_share_an_id() -> None:
    morning = parsed(KIND, availabilities=None, starts_at="09:00", ends_at="12:00")
    evening = parsed(KIND, availabilities=None, starts_at="17:00", ends_at="19:00")
    assert (morning.source_id, evening.source_id) == ("31/09:00", "31/17:00")
    assert hours(mapped(KIND, availabilities=None, starts_at="17:00", ends_at="7 pm")) == [(1, "17:00", "19:00")]


@pytest.mark.parametrize(("starts", "ends"), [("12:00", "09:00"), ("09:00", "09:00"), ("09:00", ""), ("", "09:00")])
def test_hours_that_end_before_they_start_are_skipped(starts: str, ends: str) -> None:
    result = mapped(KIND, availabilities=None, starts_at=starts, ends_at=ends)
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["bad_interval"])


def test_one_bad_slot_of_several_is_reported_and_the_others_are_imported() -> None:
    result = mapped(KIND, availabilities=slots(("12:00", "09:00"), ("13:00", "17:00")))
    assert (hours(result), result.codes) == ([(1, "13:00", "17:00")], ["bad_interval"])


def test_overlapping_slots_of_one_row_are_one() -> None:
    assert hours(mapped(KIND, availabilities=slots(("09:00", "12:00"), ("11:00", "13:00"), ("13:00", "14:00")))) == [
        (1, "09:00", "13:00"), (1, "13:00", "14:00"),
    ]  # fmt: skip


def test_hours_that_were_united_with_other_rows_are_imported_united() -> None:
    row = row_of(KIND)
    joined = joined_of(KIND, row)
    longer = Joined(joined.targets, joined.many, {"spans": "[[540, 900]]"})
    assert hours(mapped(KIND, joined=longer)) == [(1, "09:00", "15:00")]


def test_hours_in_another_time_zone_keep_their_times() -> None:
    result = mapped(KIND, time_zone_identifier="Australia/Perth")
    assert (hours(result), result.codes) == ([(1, "09:00", "12:00")], ["timezone_differs"])
    assert mapped(KIND, time_zone_identifier="Sydney").codes == []


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("practitioner_id", "availability_without_practitioner"),
        ("business_id", "availability_without_location"),
    ],
)
def test_hours_without_a_practitioner_or_a_business_are_held(field: str, code: str) -> None:
    empty: dict[str, Any] = {field: ""}
    for result in (mapped(KIND, **empty), mapped(KIND, lost=(field,))):
        assert (result.outcome, result.codes) == (Outcome.HELD, [code])


@pytest.mark.parametrize(
    ("starts", "ends", "read"),
    [
        ("0.375", "0.5", ("09:00", "12:00")),
        ("0.354166666666667", ".708333333333333", ("08:30", "17:00")),
        ("0900", "1730", ("09:00", "17:30")),
        ("9.00", "17.30", ("09:00", "17:30")),
        ("9am", "5pm", ("09:00", "17:00")),
    ],
)
def test_hours_are_read_in_every_form_of_a_spreadsheet(starts: str, ends: str, read: tuple[str, str]) -> None:
    assert hours(mapped(KIND, availabilities=None, starts_at=starts, ends_at=ends)) == [(1, *read)]
    assert hours(mapped(KIND, availabilities=slots((starts, ends)))) == [(1, *read)]


@pytest.mark.parametrize(
    ("starts", "ends"), [("9", "17"), ("9.5", "17.25"), ("09:00", "late"), ("0.3333", "0.5"), ("2500", "2600")]
)
def test_unreadable_hours_are_not_reported_as_empty(starts: str, ends: str) -> None:
    result = mapped(KIND, availabilities=None, starts_at=starts, ends_at=ends)
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["hours_unreadable"])
