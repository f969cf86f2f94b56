"""Dates and times are read in every form of exports, scripts and spreadsheets, and every guess is reported."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.columns import Reader
from app.mapping.context import DateOrder
from app.mapping.moments import (
    LocalMoment,
    birth,
    day,
    has_offset,
    local_timestamp,
    mark,
    placed,
    settled,
    time_of_day,
    timestamp,
    visit_time,
)
from tests.mapping.cells import context, read

DAYS = st.dates(min_value=date(1901, 1, 1), max_value=date(2026, 11, 22))
WALLS = st.datetimes(
    min_value=datetime.fromisoformat("1990-01-01 00:00"), max_value=datetime.fromisoformat("2040-01-01 00:00")
).map(lambda d: d.replace(microsecond=0))


@given(DAYS)
def test_an_iso_day_is_read_in_every_order_of_dates(value: date) -> None:
    for order in DateOrder:
        assert read(birth, value.isoformat(), context(dates=order)) == (value, [])


@given(DAYS)
def test_a_day_first_file_reads_days_first(value: date) -> None:
    for form in ("%d/%m/%Y", "%-d/%-m/%Y", "%d-%m-%Y", "%d-%b-%Y", "%d.%m.%Y"):
        assert read(birth, value.strftime(form)) == (value, [])


@given(DAYS)
def test_a_month_first_file_reads_months_first(value: date) -> None:
    assert read(birth, value.strftime("%m/%d/%Y"), context(dates=DateOrder.MONTH_FIRST)) == (value, [])


def test_21_an_ambiguous_date_is_empty_if_the_file_mixes_orders() -> None:
    mixed = context(dates=DateOrder.UNDECIDABLE)
    assert read(birth, "13/02/1980", mixed) == (date(1980, 2, 13), [])
    assert read(birth, "02/13/1980", mixed) == (date(1980, 2, 13), [])
    assert read(birth, "03/04/1990", mixed) == (None, ["date_ambiguous"])


def test_a_day_that_is_the_same_in_both_orders_is_not_ambiguous() -> None:
    assert read(birth, "05/05/1990", context(dates=DateOrder.UNDECIDABLE)) == (date(1990, 5, 5), [])


@pytest.mark.parametrize(
    "cell", ["2091-01-01", "1899-12-31", "1985-02-30", "29/02/2023", "0000-00-00", "soon", "12345"]
)
def test_22_an_impossible_date_of_birth_is_empty_and_reported(cell: str) -> None:
    assert read(birth, cell) == (None, ["bad_date_of_birth"])


@pytest.mark.parametrize("reader", [birth, day])
@pytest.mark.parametrize("clock", ["24:00", "24:00:00", "99:99:99", "09:75", "13:00 pm", "0:30 am", "12:30:61"])
@pytest.mark.parametrize("offset", ["", "Z", "+10:00"])
def test_a_date_with_an_impossible_time_is_left_empty_and_reported(reader: Any, clock: str, offset: str) -> None:
    code = "bad_date_of_birth" if reader is birth else "bad_date"
    for between in ("T", " "):
        assert read(reader, f"1980-03-01{between}{clock}{offset}") == (None, [code])


def test_23_a_serial_number_is_its_date() -> None:
    assert read(birth, "29265") == (date(1980, 2, 14), ["excel_serial_date"])
    assert read(day, "36526.75") == (date(2000, 1, 1), ["excel_serial_date"])


@pytest.mark.parametrize(
    ("cell", "reader", "expected"),
    [("13-Feb-80", birth, 1980), ("13-Feb-26", birth, 2026), ("13-Feb-27", birth, 1927), ("13-Feb-80", day, 2080)],
)
def test_a_year_of_two_digits_is_guessed_and_reported(cell: str, reader: object, expected: int) -> None:
    day, codes = read(reader, cell)  # type: ignore[arg-type]  # the readers of the list above
    assert (day.year, codes) == (expected, ["year_guessed"])


@pytest.mark.parametrize("nothing", ["null", "nil", "n/a", "N/A", "#N/A"])
def test_40_words_for_an_empty_cell_are_no_date(nothing: str) -> None:
    assert read(day, nothing) == (None, [])
    assert read(timestamp, nothing) == (None, [])


def test_19_a_moment_is_read_with_the_offset_of_its_cell() -> None:
    assert read(timestamp, "2026-04-05 02:30:00 +1000") == (datetime(2026, 4, 4, 16, 30, tzinfo=UTC), [])
    assert read(timestamp, "2026-04-05 02:30:00 +1100") == (datetime(2026, 4, 4, 15, 30, tzinfo=UTC), [])


@given(WALLS, st.integers(min_value=-12 * 4, max_value=14 * 4))
def test_every_offset_is_kept_in_both_dialects(wall: datetime, quarters: int) -> None:
    at = wall.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    expected: tuple[datetime, list[str]] = (at.astimezone(UTC), [])
    assert read(timestamp, at.strftime("%Y-%m-%d %H:%M:%S %z")) == expected
    assert read(timestamp, at.isoformat()) == expected
    assert read(timestamp, at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")) == expected


def test_20_a_moment_without_an_offset_is_read_in_the_clinics_zone_and_reported() -> None:
    assert read(timestamp, "05/04/2026 14:00") == (datetime(2026, 4, 5, 4, 0, tzinfo=UTC), ["timezone_assumed"])


@pytest.mark.parametrize("cell", ["5/4/2026 2:05 pm", "05/04/2026 14:05:00", "2026-04-05 14:05", "2026-04-05T14:05:00"])
def test_times_without_an_offset_are_read_in_every_form(cell: str) -> None:
    assert read(timestamp, cell)[0] == datetime(2026, 4, 5, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell", ["2026-04-05 25:00", "2026-04-05 24:00", "13:00 pm", "2026-13-01 10:00:00 +1000", "later"]
)
def test_an_impossible_moment_is_empty(cell: str) -> None:
    assert read(timestamp, cell) == (None, ["bad_date"])


GAPS = [
    ("Australia/Sydney", datetime.fromisoformat("2026-10-04 02:30"), timedelta(hours=1)),
    ("Australia/Adelaide", datetime.fromisoformat("2026-10-04 02:30"), timedelta(hours=1)),
    ("Australia/Lord_Howe", datetime.fromisoformat("2026-10-04 02:15"), timedelta(minutes=30)),
    ("Pacific/Auckland", datetime.fromisoformat("2026-09-27 02:30"), timedelta(hours=1)),
]
OVERLAPS = [
    ("Australia/Sydney", datetime.fromisoformat("2027-04-04 02:30"), timedelta(hours=1)),
    ("Australia/Adelaide", datetime.fromisoformat("2027-04-04 02:30"), timedelta(hours=1)),
    ("Australia/Lord_Howe", datetime.fromisoformat("2027-04-04 01:45"), timedelta(minutes=30)),
    ("Pacific/Auckland", datetime.fromisoformat("2027-04-04 02:30"), timedelta(hours=1)),
]


@pytest.mark.parametrize(("name", "wall", "by"), GAPS)
def test_a_time_that_daylight_saving_skips_moves_forward(name: str, wall: datetime, by: timedelta) -> None:
    at, code = settled(wall, ZoneInfo(name))
    assert (at.astimezone(ZoneInfo(name)).replace(tzinfo=None), code) == (wall + by, "dst_gap")


@pytest.mark.parametrize(("name", "wall", "by"), OVERLAPS)
def test_the_first_of_a_doubled_time_is_taken(name: str, wall: datetime, by: timedelta) -> None:
    at, code = settled(wall, ZoneInfo(name))
    again = (at + by).astimezone(ZoneInfo(name))
    assert code == "dst_overlap"
    assert again.replace(tzinfo=None) == wall
    assert again.fold == 1


@given(WALLS, st.sampled_from([name for name, _, _ in GAPS]))
def test_a_local_moment_keeps_its_local_time(wall: datetime, name: str) -> None:
    at, code = settled(wall, ZoneInfo(name))
    shown = at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    assert (shown == wall) is (code != "dst_gap")


def test_a_local_moment_can_be_placed_in_the_zone_of_its_location() -> None:
    moment, _ = read(local_timestamp, "2026-01-15 09:00")
    assert isinstance(moment, LocalMoment)
    assert placed(moment, ZoneInfo("Australia/Perth")) == (datetime(2026, 1, 15, 1, 0, tzinfo=UTC), None)
    assert moment == datetime(2026, 1, 14, 22, 0, tzinfo=UTC)


def test_a_moment_with_an_offset_is_the_same_in_every_zone() -> None:
    moment, _ = read(local_timestamp, "2026-01-15 09:00:00 +1100")
    assert placed(moment, ZoneInfo("Australia/Perth")) == (datetime(2026, 1, 14, 22, 0, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("09:00", "09:00"),
        ("9:00 am", "09:00"),
        ("12:30 am", "00:30"),
        ("5:15 PM", "17:15"),
        ("24:00", None),
        ("9", None),
    ],
)
def test_times_of_day_are_hours_and_minutes(cell: str, expected: str | None) -> None:
    assert read(time_of_day, cell)[0] == expected


@pytest.mark.parametrize(("cell", "expected"), [("true", True), ("false", None), ("No", None), ("yes", True)])
def test_a_mark_is_yes_or_a_moment(cell: str, expected: bool | None) -> None:
    assert read(mark, cell) == (expected, [])


@given(st.text(max_size=30))
def test_no_text_makes_a_reader_of_times_raise(cell: str) -> None:
    for reader in (day, birth, timestamp, local_timestamp, time_of_day, mark):
        for order in DateOrder:
            if cell:
                read(reader, cell, context(dates=order))


@given(
    st.from_regex(
        r"[0-9]{1,5}[-/. :][0-9]{1,2}[-/. :][0-9]{1,4}([ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{2})?( ?[+-][0-9]{4})?)?",
        fullmatch=True,
    )
)
def test_no_date_like_text_makes_a_reader_of_times_raise(cell: str) -> None:
    for reader in (day, birth, timestamp, local_timestamp):
        read(reader, cell)


@given(DAYS, st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%-d/%-m/%Y", "%d-%b-%Y", "%Y%m%d", "%Y/%m/%d"]))
def test_a_date_without_a_time_is_no_time_of_a_visit(value: date, form: str) -> None:
    cell = value.strftime(form)
    for written in (cell, f'="{cell}"', f"'{cell}"):
        assert read(visit_time, written) == (None, [])


@given(WALLS, st.sampled_from(["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ"]))
def test_a_day_with_a_time_is_the_time_of_a_visit(value: datetime, form: str) -> None:
    for moment in (value, value.replace(hour=0, minute=0, second=0)):
        cell = moment.strftime(form)
        visit = read(visit_time, cell)
        assert visit[0] is not None
        assert visit == read(local_timestamp, cell)


def test_a_whole_number_of_a_spreadsheet_is_midnight() -> None:
    moment, codes = read(visit_time, "45672")
    assert (moment.wall, codes) == (datetime(2025, 1, 15), ["excel_serial_date", "timezone_assumed"])  # noqa: DTZ001


OFFSETS = [(hours, minutes, colon) for hours in (0, 5, 10, 12) for minutes in range(100) for colon in ("", ":")]
CLOCKS = ("2026-02-28 10:00:00 {}", "2026-02-28T10:00:00{}", "2026-02-28T10:00:00.5{}", "28/02/2026 10:00 {}")


@pytest.mark.parametrize("reader", [timestamp, local_timestamp, visit_time, mark])
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("sign", ["+", "-"])
def test_an_offset_of_sixty_minutes_or_more_is_no_offset_in_any_column_of_times(
    reader: Reader, clock: str, sign: str
) -> None:
    for hours, minutes, colon in OFFSETS:
        moment, codes = read(reader, clock.format(f"{sign}{hours:02}{colon}{minutes:02}"))
        assert (moment is None) == (minutes > 59)
        assert codes == (["bad_date"] if minutes > 59 else [])


@pytest.mark.parametrize(("reader", "code"), [(day, "bad_date"), (birth, "bad_date_of_birth")])
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_date_with_an_impossible_offset_is_no_date(reader: Reader, code: str, clock: str) -> None:
    assert read(reader, clock.format("+10:75")) == (None, [code])
    assert read(reader, clock.format("+10:30"))[0] is not None


@pytest.mark.parametrize(
    "cell",
    [
        *("2021-02-05T10:00:00Z", "2021-02-05 10:00:00 +1100", "2021-02-05 10:00 UTC", "5/2/2021 10:00 am +10:00"),
        *("2021-02-05T10:00:00.123+11:00", "2021-02-05T10:00-05", "5 Feb 2021 10:00:00 GMT "),
    ],
)
def test_a_time_with_an_offset_names_one_moment(cell: str) -> None:
    assert has_offset(cell)


@pytest.mark.parametrize("cell", ["2021-02-05", "05-02-2021", "2021-02-05 10:00", "10:00 am", "44231.5", "", "Zoë"])
def test_a_time_without_an_offset_names_no_moment(cell: str) -> None:
    assert not has_offset(cell)
