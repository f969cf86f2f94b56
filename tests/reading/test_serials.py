"""Dates that a spreadsheet stored as numbers: small numbers are read if the whole column proves such dates."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.mapping.parse import parse_row
from tests.figures.command import trial_here
from tests.reading.story import CONTEXT, HEADER, SOURCE, Desk, ReadResult
from tests.reading.workbooks import dated_workbook, workbook

FIRST, FALSE_DAY = date(1900, 1, 1), 60
ALIVE = (29_265, 31_000, 40_000, 22_222, 25_569, 33_333, 20_000, 45_000, 39_448, 30_000)
PATIENTS = SOURCE.kind("patients")


def number_of(day: date, *, is_1904: bool = False) -> int:
    """Returns the number that a spreadsheet stores for a date, counted from earlier dates."""
    if is_1904:
        return (day - date(1904, 1, 1)).days
    number = (day - FIRST).days + 1
    return number if number < FALSE_DAY else number + 1


def table(births: Sequence[str | int]) -> str:
    return "\n".join([HEADER, *(f"{n},Ann,Lee{n},{birth}" for n, birth in enumerate(births, start=1))]) + "\n"


def sheet(births: Sequence[str | int]) -> list[list[str | float]]:
    rows: list[list[str | float]] = [[str(n), "Ann", f"Lee{n}", birth] for n, birth in enumerate(births, start=1)]
    return [[*HEADER.split(",")], *rows]


def births_in(result: ReadResult) -> list[str | None]:
    """Returns the dates of birth as every reader of a part reads them."""
    found: list[str | None] = []
    for head, rows in result.parts(result.only_file):
        for row in rows:
            parsed = parse_row(PATIENTS, row.cells, head.within(CONTEXT), frozenset(head.columns))
            birth = getattr(parsed.row, "date_of_birth", None)
            found.append(birth.isoformat() if birth else None)
    return found


def days() -> st.SearchStrategy[date]:
    """Returns dates from 1900 on, except those whose number may be a year."""
    return st.dates(FIRST, date(2026, 11, 21)).filter(
        lambda day: not any(1900 <= number_of(day, is_1904=of) <= 2026 for of in (False, True))
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=days(), at=st.integers(0, len(ALIVE)), shape=st.sampled_from(["csv", "guarded", "fraction", "xlsx"]))
def test_any_day_since_1900_is_read_in_a_column_of_numbers(
    tmp_path_factory: pytest.TempPathFactory, day: date, at: int, shape: str
) -> None:
    numbers: list[str | int] = [*ALIVE]
    numbers.insert(at, number_of(day))
    desk = Desk(tmp_path_factory.mktemp("desk"))
    if shape == "xlsx":
        result = desk.csv(workbook({"S": sheet(numbers)}), "patients.xlsx")
    else:
        written = {"csv": "{}", "guarded": '"=""{}"""', "fraction": "{}.0"}[shape]
        result = desk.csv(table([written.format(number) for number in numbers]))
    assert births_in(result)[at] == day.isoformat()
    assert "bad_date_of_birth" not in result.codes


@pytest.mark.parametrize("day", [date(1904, 1, 2), date(1932, 11, 7), date(1954, 10, 3), date(1980, 2, 13)])
def test_a_workbook_counting_from_1904_does_so_for_plain_numbers(desk: Desk, day: date) -> None:
    numbers = [number_of(date(1980, 1, 1) + timedelta(days=n), is_1904=True) for n in range(5)]
    rows = sheet([*numbers, number_of(day, is_1904=True)])
    result = desk.csv(workbook({"S": rows}, is_1904=True), "patients.xlsx")
    assert births_in(result) == [*(f"1980-01-0{n}" for n in range(1, 6)), day.isoformat()]


NOT_PROVEN = {
    "ages beside days": ["45", "72", "29265", "31", "8"],
    "years alone": ["1975", "1980", "2001"],
    "low numbers alone": ["12000", "11000", "9000"],
    "days written out": [*(f"1980-02-{n:02}" for n in range(1, 29)), "29265", "31000", "12000"],
    "days written day first": [*(f"{n:02}/02/1980" for n in range(1, 29)), "29265", "31000", "12000"],
    "half of each": ["1980-02-11", "1980-02-12", "29265", "31000", "12000"],
}


@pytest.mark.parametrize("what", NOT_PROVEN)
def test_a_small_number_is_not_a_date_in_an_unproven_column(desk: Desk, what: str) -> None:
    result = desk.csv(table(NOT_PROVEN[what]))
    read = dict(zip(NOT_PROVEN[what], births_in(result), strict=True))
    assert {cell for cell, day in read.items() if day} == {c for c in read if len(c) > 5 or int(c) >= 20_000}
    assert "bad_date_of_birth" in result.codes


@pytest.mark.parametrize("odd", ["soon", "1980-02-11", "45", "n/a", "#VALUE!", "", "99999", "1980"])
@pytest.mark.parametrize("at", [0, 5, 10])
def test_an_odd_cell_does_not_decide_the_column(desk: Desk, odd: str, at: int) -> None:
    cells: list[str | int] = [*ALIVE, 12_000]
    cells.insert(at, odd)
    assert "1932-11-07" in births_in(desk.csv(table(cells)))


@pytest.mark.parametrize("number", [FALSE_DAY, 0, 1900, 1975, 2026, 60_001, 99_999])
def test_a_number_that_is_not_a_date_or_may_be_a_year_is_emptied_and_reported(desk: Desk, number: int) -> None:
    result = desk.csv(table([*ALIVE, number]))
    assert births_in(result)[-1] is None
    assert result.problem("bad_date_of_birth").count == 1


def test_dates_of_a_case_are_read_alike_and_times_never(desk: Desk) -> None:
    head = "Case ID,Patient ID,Issue Date,Expiry Date,Max Sessions,Created At"
    rows = [f"{n},1,{40_000 + n},{12_000 + n},{n},{45_000 + n}" for n in range(1, 9)]
    rows += [f"9,1,12000,{41_000},9,12000"]
    result = desk.csv("\n".join([head, *rows]) + "\n", "patient_cases.csv")
    head_of_part, read = result.parts(result.only_file)[0]
    parsed = parse_row(SOURCE.kind("patient_cases"), read[-1].cells, head_of_part.within(CONTEXT))
    assert parsed.row is not None
    assert (parsed.row.issue_date, parsed.row.created_at) == (date(1932, 11, 7), None)


@pytest.mark.parametrize("as_workbook", [False, True])
def test_a_trial_imports_births_before_1954_stored_as_numbers(tmp_path: Path, as_workbook: bool) -> None:
    export, records = tmp_path / "export", tmp_path / "records"
    export.mkdir()
    old = [1, 59, 61, 12_000, 19_999]
    numbers = [*(ALIVE * 5), *old]
    if as_workbook:
        export.joinpath("patients.xlsx").write_bytes(workbook({"S": sheet(numbers)}))
    else:
        export.joinpath("patients.csv").write_text(table(numbers))
    tried = trial_here(export, "--records", str(records))
    assert tried.balances
    lines = map(json.loads, (records / "clients.jsonl").read_text().splitlines())
    born = {int(line["source_id"]): line["date_of_birth"] for line in lines}
    assert [born[len(numbers) - 4 + n] for n in range(5)] == [
        *("1900-01-01", "1900-02-28", "1900-03-01", "1932-11-07", "1954-10-02")
    ]
    codes = {problem["code"] for problem in tried.answer["problems"]}
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified", "bad_date_of_birth", "rows_miscounted"}


@pytest.mark.parametrize("number", [1, 59, 61, 12_000])
def test_a_trial_imports_a_cell_that_shows_a_date_of_1900(tmp_path: Path, number: int) -> None:
    book = dated_workbook(HEADER.split(","), ["7", "Ann", "Lee"], number, is_1904=False)
    tmp_path.joinpath("patients.xlsx").write_bytes(book)
    tried = trial_here(tmp_path)
    codes = {problem["code"] for problem in tried.answer["problems"]}
    assert tried.balances
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified", "bad_date_of_birth"}
