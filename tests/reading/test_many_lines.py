"""A row of very many lines is read in blocks: it costs as much as its length, whatever its lines are."""

import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from time import process_time

import pytest

from app.reading.delimited import MOST_LINES, Delimited
from app.reading.limits import MIB, Limits
from app.reading.text_rows import TextRow
from tests.harness.waiting import patience

ENDS = ["\n", "\r\n", "\r", "\n\n \n"]
HEADER, LAST = "id,note,more\n", "2,next,row\n"


def rows_of(text: str, limits: Limits | None = None) -> Iterator[TextRow]:
    return Delimited(lambda: io.StringIO(text, newline=""), ",", limits or Limits()).rows()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("number", [MOST_LINES - 1, MOST_LINES + 1, MOST_LINES * 2])
def test_a_cell_of_very_many_lines_is_read_whole(end: str, number: int) -> None:
    cell = end * (number // (end.count("\n") or 1))
    rows = list(rows_of(f'{HEADER}1,"a ""b"" {cell}x",last\n{LAST}'))
    assert [(cells, codes) for _, cells, codes in rows] == [
        (["id", "note", "more"], ()),
        (["1", f'a "b" {cell}x', "last"], ()),
        (["2", "next", "row"], ()),
    ]
    assert [line for line, _, _ in rows][:2] == [1, 2]


@pytest.mark.parametrize("end", ENDS)
def test_a_row_over_the_limit_of_bytes_is_held_soon_and_in_little_memory(end: str) -> None:
    text = f'{HEADER}1,"{end * (9 * MIB // len(end))}x",last\n{LAST}'
    tracemalloc.start()
    began = process_time()
    try:
        rows = list(rows_of(text))
        taken, (_, peak) = process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(cells, codes) for _, cells, codes in rows[1:]] == [
        (["1", "", "last"], ("cell_too_large",)),
        (["2", "next", "row"], ()),
    ]
    assert taken < patience(10)  # traced; a line each had taken a minute
    assert peak < 120 * MIB


@pytest.mark.parametrize("over", [-1, 0, 1, 5_000])
def test_short_lines_at_the_end_of_a_row_count_as_well(over: int) -> None:
    limits = replace(Limits(), row_bytes=50_000, cell_bytes=50_000)
    row = f'1,"{"y" * 30_000}\n'
    row += "z\n" * ((limits.row_bytes + over - len(row.encode()) - 2) // 2)
    row += "z" * (limits.row_bytes + over - len(row.encode()) - 2) + '"\n'
    codes = [codes for _, _, codes in rows_of(HEADER + row + LAST, limits)]
    assert codes == [(), ("cell_too_large",) if over >= 0 else (), ()]
