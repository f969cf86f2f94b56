"""A year of four places' clocks; the long form takes thirteen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.figures.clocks import PLACES, Turn, Visit, export_of, local, turns, visits, wrong
from tests.harness.clinic import runtime_in
from tests.register.story import Desk

YEAR = (2026,)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("clocks")) as runtime:
        yield Desk(runtime)


def test_every_time_is_right_when_clocks_are_turned(desk: Desk) -> None:
    made = visits(YEAR)
    tried = desk.tried(export_of(made))
    starts = {r["source_id"]: r["starts_at"] for r in tried.records("appointments")}
    doubts = {p["code"]: p["count"] for p in tried.answer["problems"] if p["kind"] == "appointments"}
    assert {v.code for v in made} == {None, "dst_gap", "dst_overlap"}
    assert wrong(made, starts, doubts) == []
    assert tried.answer["balanced"]


@pytest.mark.parametrize(("zone", "hours"), [(name, 0.5 if "Lord" in name else 1) for name in PLACES.values()])
def test_the_clocks_of_a_place_are_turned_twice_a_year(zone: str, hours: float) -> None:
    found = list(turns(ZoneInfo(zone), YEAR))
    assert [turn.after - turn.before for turn in found] == [timedelta(hours=-hours), timedelta(hours=hours)]


def test_a_time_that_is_an_hour_off_is_noticed() -> None:
    visit = Visit("1", "3", "2026-04-05 02:30", datetime(2026, 4, 4, 15, 30, tzinfo=UTC), "dst_overlap")
    assert wrong([visit], {"1": "2026-04-04T15:30:00Z"}, {"dst_overlap": 1}) == []
    assert len(wrong([visit], {"1": "2026-04-04T16:30:00Z"}, {})) == 2


def test_a_time_that_daylight_saving_skips_moves_forward_by_the_gap() -> None:
    turn = Turn(datetime(2026, 10, 3, 16, tzinfo=UTC), timedelta(hours=10), timedelta(hours=11))
    doubtful = {cell: at for cell, at, code in local(turn) if code == "dst_gap"}
    assert doubtful["2026-10-04 02:15"] == datetime(2026, 10, 3, 16, 15, tzinfo=UTC)
    assert len(doubtful) == 4
