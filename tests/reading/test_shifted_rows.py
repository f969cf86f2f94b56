"""An unquoted comma shifts the later cells of its row: the row is held if its cells prove that."""

import itertools
import json
from pathlib import Path

import pytest

from tests.figures.command import trial_here
from tests.reading.story import Desk, ReadResult

HEAD = [
    *("Patient ID", "First Name", "Last Name", "Address1", "City", "Date of Birth", "Email"),
    *("Unsubscribed SMS marketing", "Created At", "Occupation", "Extra Information"),
]
GOOD = [
    *("1", "Ann", "Lee", "1 High St", "Perth", "1980-02-11", "ann@x.example", "true"),
    *("2020-01-01 10:00:00 +1000", "Nurse", ""),
]
BEFORE_EXACT = [HEAD.index(name) for name in ("First Name", "Last Name", "Address1", "City")]
SIGNS = [",", ";", "\t", "|"]


def table(rows: list[list[str]], sign: str = ",", *, ends: str = "") -> str:
    """Returns a table whose lines all end with `ends`, without quotation marks."""
    return "".join(f"{sign.join(row)}{ends}\n" for row in [HEAD, *rows])


def good(n: int) -> list[str]:
    return [str(n), *GOOD[1:]]


def split(row: list[str], at: int, sign: str = ",", by: int = 1) -> list[str]:
    """Returns the row with further delimiters inside a cell."""
    return [f"{cell}{f'{sign} Jr' * by}" if n == at else cell for n, cell in enumerate(row)]


def held(result: ReadResult) -> list[str]:
    """Returns the ids of the held rows."""
    return [row.cells["id"] for row in result.rows() if "row_too_long" in row.codes]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("rows", [1, 4, 40])
@pytest.mark.parametrize("at", BEFORE_EXACT)
def test_a_shifted_row_is_held(desk: Desk, at: int, rows: int, sign: str) -> None:
    lines = [good(n) for n in range(1, rows + 1)]
    lines[rows // 2] = split(lines[rows // 2], at, sign)
    result = desk.csv(table(lines, sign))
    assert (result.only_file.refused, held(result)) == (None, [str(rows // 2 + 1)])


@pytest.mark.parametrize("by", [1, 2, 3])
@pytest.mark.parametrize("ends", ["", ",", ",,,"])
@pytest.mark.parametrize("rows", [4, 40])
def test_a_shifted_row_is_held_if_every_line_ends_with_commas(desk: Desk, rows: int, ends: str, by: int) -> None:
    lines = [good(n) for n in range(1, rows + 1)]
    lines[2] = split(lines[2], HEAD.index("City"), by=by)
    assert held(desk.csv(table(lines, ends=ends))) == ["3"]


@pytest.mark.parametrize("ends", [",", ",,", ",,,,,"])
@pytest.mark.parametrize("rows", [1, 4, 40])
@pytest.mark.parametrize("everywhere", [False, True])
def test_trailing_commas_are_accepted_if_cells_fit(desk: Desk, rows: int, ends: str, everywhere: bool) -> None:
    lines = [good(n) for n in range(1, rows + 1)]
    body = [",".join(row) + (ends if everywhere or n == rows // 2 else "") for n, row in enumerate(lines)]
    result = desk.csv("\n".join([",".join(HEAD), *body]) + "\n")
    assert (result.only_file.rows, result.codes & {"row_too_long", "row_too_short"}) == (rows, set())


BAD = ["unknown", "45", "n/a", "30/30/1980", ""]


@pytest.mark.parametrize(("birth", "email", "marked"), [*itertools.product(BAD, BAD, ["maybe", "", "true"])])
def test_a_trailing_comma_with_unreadable_cells_is_not_a_shift(desk: Desk, birth: str, email: str, marked: str) -> None:
    row = [*GOOD]
    row[5:8] = birth, email, marked
    result = desk.csv(table([row, good(2), good(3)]).replace(",Nurse,\n", ",Nurse,,\n", 1))
    assert held(result) == []


def test_a_row_with_only_words_in_later_cells_is_read_unchanged(desk: Desk) -> None:
    lines = [good(n) for n in range(1, 5)]
    lines[2] = split(lines[2], HEAD.index("Occupation"))
    assert held(desk.csv(table(lines))) == []


def test_blank_headers_at_the_end_hide_no_shift(desk: Desk) -> None:
    lines = [good(n) for n in range(1, 41)]
    lines[2] = split(lines[2], HEAD.index("City"))
    text = table(lines).replace("Extra Information\n", "Extra Information,,\n", 1)
    assert held(desk.csv(text)) == ["3"]


def test_a_trial_holds_the_row_and_imports_the_others(tmp_path: Path) -> None:
    export, records = tmp_path / "export", tmp_path / "records"
    export.mkdir()
    lines = [good(n) for n in range(1, 41)]
    lines[9] = split(lines[9], HEAD.index("Address1"))
    lines[19].append("")
    export.joinpath("patients.csv").write_text(table(lines))
    tried = trial_here(export, "--records", str(records))
    assert tried.balances
    result = [(p["line"], p["source_id"], p["count"]) for p in tried.answer["problems"] if p["code"] == "row_too_long"]
    assert result == [(11, "10", 1)]
    assert (tried.sum_of("created"), tried.sum_of("held")) == (39, 1)
    clients = [json.loads(line) for line in (records / "clients.jsonl").read_text().splitlines()]
    assert {client["date_of_birth"] for client in clients} == {"1980-02-11"}
    codes = {problem["code"] for problem in tried.answer["problems"]}
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified", "rows_miscounted"}
