"""Rows of a CSV file come out as any strict reader gives them, and what is too large costs nothing but itself."""

import csv
import io

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from app.engine.reading.delimited import Delimited
from app.engine.reading.limits import Limits
from app.engine.reading.refusal import Refused
from tests.reading.story import HEADER, Desk

CELL = st.text(st.sampled_from('ab",;\n\r é'), max_size=12)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=8)
MIB = 1 << 20


def written(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def read(text: str, **limits: int) -> list[tuple[int, list[str], tuple[str, ...]]]:
    return list(Delimited(lambda: io.StringIO(text, newline=""), ",", Limits(**limits)).rows())


@for_all(ROWS)
def test_rows_are_those_that_were_written(rows: list[list[str]]) -> None:
    assert [cells for _, cells, _ in read(written(rows))] == rows


@for_all(ROWS)
def test_the_slow_way_agrees_with_the_fast_one(rows: list[list[str]]) -> None:
    """With a limit below every line, every row goes the slow way; cells are kept up to the limit of a cell."""
    slow = read(written(rows), row_bytes=2, cell_bytes=2)
    assert [line for line, _, _ in slow] == [line for line, _, _ in read(written(rows))]
    for (_, cells, codes), row in zip(slow, rows, strict=True):
        if codes:
            assert len(cells) == len(row)
            assert all(cell in ("", whole) for cell, whole in zip(cells, row, strict=True))
        else:
            assert cells == row


def test_a_row_begins_on_its_first_line() -> None:
    assert [line for line, _, _ in read('a,"b\nc\nd"\ne,f\r\n\r\ng,h')] == [1, 4, 6]


@pytest.mark.parametrize("cell", ['"' + "x" * 99 + '"', "x" * 99, '"' + "x\n" * 50 + '"', '"' + '""' * 50 + '"'])
def test_a_cell_over_the_limit_is_held_and_the_next_row_read(cell: str) -> None:
    rows = read(f"1,{cell},z\n2,b,c\n", cell_bytes=20, row_bytes=40)
    assert [(cells, codes) for _, cells, codes in rows] == [
        (["1", "", "z"], ("cell_too_large",)),
        (["2", "b", "c"], ()),
    ]


def test_a_quote_that_stays_open_in_a_huge_cell_is_found() -> None:
    with pytest.raises(Refused) as refused:
        read('1,a\n2,b\n3,"' + "x\n" * 500, row_bytes=40)
    assert (refused.value.code, refused.value.line) == ("csv_unclosed_quote", 3)


def test_a_held_cell_counts_as_a_row_with_its_id(desk: Desk) -> None:
    told = desk.csv(f'{HEADER},Notes\n1,A,B,,x\n2,C,D,,"{"y" * (6 * MIB)}"\n3,E,F,,z\n')
    assert (told.one.rows, told.problem("cell_too_large").line, told.problem("cell_too_large").source_id) == (3, 3, "2")


def test_a_row_over_the_limit_of_small_cells_is_held(desk: Desk) -> None:
    told = desk.csv(f'{HEADER},Notes,More\n1,A,B,,"{"y" * (4 * MIB)}","{"y" * (4 * MIB)}"\n3,E,F,,z,\n')
    assert (told.one.rows, told.problem("cell_too_large").source_id) == (2, "1")
