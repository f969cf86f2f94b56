"""CSV rows equal those of a strict parser, and an oversized row or cell costs no other."""

import csv
import io
import re
import time
from unittest import mock

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from app.reading import delimited
from app.reading.delimited import Delimited
from app.reading.limits import Limits
from app.reading.refusal import Refused
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
def test_the_slow_parser_agrees_with_the_fast_parser(rows: list[list[str]]) -> None:
    """With a limit below every line, every row takes the slow path; cells are kept up to the cell limit."""
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


BLANKS = st.lists(st.sampled_from(["\n", "\r\n", "\r"]), max_size=12).map("".join)


@for_all(st.lists(st.tuples(BLANKS, st.text(st.sampled_from("ab,"), min_size=1, max_size=5)), max_size=6), BLANKS)
@pytest.mark.parametrize(("one_by_one", "block"), [(1, 1), (1, 3), (2, 5), (3, 16), (64, 1 << 14)])
def test_blank_lines_between_rows_change_nothing_but_line_numbers(
    one_by_one: int, block: int, rows: list[tuple[str, str]], last: str
) -> None:
    text = "".join(f"{blank}{row}\r\n" for blank, row in rows) + last
    lines = re.findall(r"([^\r\n]*)(?:\r\n|\r|\n)", text)
    wanted = [(number, line.split(",")) for number, line in enumerate(lines, start=1) if line]
    with mock.patch.multiple(delimited, _BLANK_LINES=one_by_one, _BLANK_BLOCK=block):
        assert [(number, cells) for number, cells, _ in read(text)] == wanted


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_million_blank_lines_cost_less_than_a_hundred_thousand_rows(end: str) -> None:
    def seconds(text: str) -> float:
        began = time.process_time()
        read(text)
        return time.process_time() - began

    blank = f"a,b{end}" + end * 1_000_000 + f"c,d{end}"
    assert [number for number, _, _ in read(blank)] == [1, 1_000_002]
    assert min(seconds(blank) for _ in range(3)) < 10 * min(seconds(f"a,b{end}" * 10_000) for _ in range(3))


@pytest.mark.parametrize("cell", ['"' + "x" * 99 + '"', "x" * 99, '"' + "x\n" * 50 + '"', '"' + '""' * 50 + '"'])
def test_a_cell_over_the_limit_is_held_and_the_next_row_read(cell: str) -> None:
    rows = read(f"1,{cell},z\n2,b,c\n", cell_bytes=20, row_bytes=40)
    assert [(cells, codes) for _, cells, codes in rows] == [
        (["1", "", "z"], ("cell_too_large",)),
        (["2", "b", "c"], ()),
    ]


def test_an_unclosed_quote_in_a_huge_cell_is_found() -> None:
    with pytest.raises(Refused) as refused:
        read('1,a\n2,b\n3,"' + "x\n" * 500, row_bytes=40)
    assert (refused.value.code, refused.value.line) == ("csv_unclosed_quote", 3)


def test_a_held_cell_counts_as_a_row_with_its_id(desk: Desk) -> None:
    result = desk.csv(f'{HEADER},Notes\n1,A,B,,x\n2,C,D,,"{"y" * (6 * MIB)}"\n3,E,F,,z\n')
    assert (
        result.only_file.rows,
        result.problem("cell_too_large").line,
        result.problem("cell_too_large").source_id,
    ) == (3, 3, "2")


def test_a_row_over_the_limit_of_small_cells_is_held(desk: Desk) -> None:
    result = desk.csv(f'{HEADER},Notes,More\n1,A,B,,"{"y" * (4 * MIB)}","{"y" * (4 * MIB)}"\n3,E,F,,z,\n')
    assert (result.only_file.rows, result.problem("cell_too_large").source_id) == (2, "1")


@pytest.mark.parametrize("sign", ["x", "é", "\U0001f600"])
def test_a_cell_is_measured_in_bytes_in_every_encoding(sign: str) -> None:
    just = sign * (40 // len(sign.encode()))
    rows = read(f'1,"{just}",z\n2,"{just}{sign}",c\n', cell_bytes=40, row_bytes=60)
    assert [(cells, codes) for _, cells, codes in rows] == [
        (["1", just, "z"], ()),
        (["2", "", "c"], ("cell_too_large",)),
    ]


def test_a_row_is_measured_in_bytes_too() -> None:
    rows = read("1,\U0001f600\U0001f600\U0001f600,b\n2,b,c\n", cell_bytes=14, row_bytes=16)
    assert [codes for _, _, codes in rows] == [("cell_too_large",), ()]


@pytest.mark.parametrize(("extra", "kept"), [("7,", "7"), (",", ""), ('" ","x,y"', "x,y")])
def test_of_endless_cells_only_enough_are_kept_to_prove_the_row_too_long(extra: str, kept: str) -> None:
    rows = read(f'1,b,{extra},,,7,"8\n,",9\n2,b,c\n', columns=2, row_cells=4)
    wanted = kept or "7"
    assert [(line, cells, codes) for line, cells, codes in rows] == [
        (1, ["1", "b", wanted], ()),
        (3, ["2", "b", "c"], ()),
    ]


@for_all(ROWS)
def test_rows_of_many_cells_keep_their_borders(rows: list[list[str]]) -> None:
    wide = read(written(rows), columns=1, row_cells=1)
    assert [line for line, _, _ in wide] == [line for line, _, _ in read(written(rows))]
    for (_, cells, codes), row in zip(wide, rows, strict=True):
        first = next((cell for cell in row[1:] if cell.strip()), "")
        assert codes == ()
        assert cells[0] == row[0]
        assert cells[1].strip() == first.strip()


def test_a_row_of_a_million_cells_is_held(desk: Desk) -> None:
    result = desk.csv(f"{HEADER}\n1,A,B,{',7' * 1_000_000}\n3,E,F,\n")
    assert (result.only_file.rows, result.problem("row_too_long").source_id) == (2, "1")
