"""Damaged neighbours in a JSON list are each counted: on the first line, at the end of a page and on the last line. All
whole records are read."""

import json
from collections.abc import Callable, Sequence

import pytest

from app.reading.json_rows import flatten
from tests.reading.story import Desk
from tests.reading.test_json_mending import DAMAGES, NUMBER, SHAPES, UNSURE, ann, found_again, page, read, written
from tests.shapes.export import KINDS

MORE: dict[str, Callable[[str], str]] = {
    **DAMAGES,
    "words before it": lambda one: f"oops {one}",
    "an error in its place": lambda one: "ERROR 500 {",
    "an error before it": lambda one: f"ERROR 500 {{{one}",
    "its first bracket alone": lambda one: "{",
    "a value that is no JSON": lambda one: one[:-1] + ', "zz": undefined}',
    "an object that is not ended": lambda one: one[:-1] + ', "zz": {"a": "b"',
}
PAGES: dict[str, Callable[[str, Sequence[str]], str]] = {
    **SHAPES,
    "records on lines": lambda kind, ones: "\n".join(ones) + "\n",
    "records on lines with commas": lambda kind, ones: ",\n".join(ones) + "\n",
    "pages of many sizes on lines": lambda kind, ones: "\n".join(
        page(kind, ones[start:end]) for start, end in ((0, 1), (1, 10), (10, 18), (18, 19), (19, 20))
    ),
}
NEIGHBOURS = ((0,), (0, 1), (5, 6, 7), (9, 10), (18, 19), (19,), (17, 18, 19), (0, 19))
"""Places of damaged records among the twenty."""


def fates(content: str) -> tuple[list[int], list[dict[str, str]], bool]:
    """Returns the numbers of the held rows, the other rows, and whether verification finds the same."""
    table, is_read = read(content)
    assert is_read
    items = list(table.items())
    again = [cells.get("id", "") for cells in found_again(content, table)]
    return (
        [number for number, _, codes in items if codes],
        [cells for _, cells, codes in items if not codes],
        again == [cells.get("id", "") for _, cells, _ in items],
    )


def is_unsure(shape: str, damage: str, places: tuple[int, ...], kind: str) -> bool:
    """A first line with an open list, and commas behind the other lines, may be the beginning of an array."""
    first = MORE[damage](written(kind)[0])
    opens_list = shape == "records on lines with commas" and places[0] == 0 and first.count("[") > first.count("]")
    return (shape, damage, places[0]) in UNSURE or opens_list


@pytest.mark.parametrize("shape", PAGES)
@pytest.mark.parametrize("damage", MORE)
def test_each_of_several_damaged_records_is_held_by_its_number(damage: str, shape: str) -> None:
    kinds = [kind for kind in KINDS if kind != "custom_fields"]
    turn = [*MORE].index(damage) + [*PAGES].index(shape)
    for number, places in enumerate(NEIGHBOURS, start=turn):
        kind = kinds[number % len(kinds)]
        if is_unsure(shape, damage, places, kind):
            continue
        ones = written(kind)
        whole = [flatten(json.loads(one))[0] for one in ones]
        for at in places:
            ones[at] = MORE[damage](ones[at])
        held, others, is_found_again = fates(PAGES[shape](kind, ones))
        is_blank = (
            damage == "null" and "records on lines" in shape
        )  # a line of null has no record that could be damaged
        assert held == ([] if is_blank else [at + 1 for at in places]), (kind, places)
        assert others == [cells for at, cells in enumerate(whole) if at not in places], (kind, places)
        assert is_found_again, (kind, places)


@pytest.mark.parametrize("shape", [shape for shape in PAGES if "records" not in shape])
def test_a_bracket_that_ends_a_list_too_early_hides_no_record(shape: str) -> None:
    for kind in KINDS:
        for at in (0, 1, 8, 9, 10, 18, 19):
            if kind == "custom_fields":
                continue
            ones = written(kind)
            whole = [flatten(json.loads(one))[0] for one in ones]
            ones[at] += "]"
            held, others, is_found_again = fates(PAGES[shape](kind, ones))
            assert (held, others == whole, is_found_again) == ([], True, True), (kind, at)


@pytest.mark.parametrize("above", ["ERROR 500\n", "oops\nTimeout\n", "ERROR 500 {\n", "{\n", '"id": 7}\n', "7\n"])
def test_damaged_lines_above_the_records_are_held_each(desk: Desk, above: str) -> None:
    number = above.count("\n")
    result = desk.csv(above + "".join(ann(n) + "\n" for n in range(4)), "patients.jsonl")
    assert (result.only_file.refused, result.only_file.kind, result.only_file.rows) == (None, "patients", 4 + number)
    assert [row.line for row in result.rows() if row.codes == ("bad_json",)] == [*range(1, number + 1)]
    assert [row.cells["id"] for row in result.rows() if not row.codes] == ["0", "1", "2", "3"]


def test_a_refused_file_counts_the_damaged_row_and_names_its_kind(desk: Desk) -> None:
    ones = [*(f"oops {ann(n)}" for n in range(3)), ann(3)]
    result = desk.csv("\n".join(ones), "patients.jsonl")
    assert (result.only_file.refused, result.only_file.kind, result.only_file.rows) == ("bad_json", "patients", 1)


def test_a_page_on_the_first_line_with_words_before_it_loses_no_record(desk: Desk) -> None:
    pages = [page("patients", [ann(n), ann(n + 1)]) for n in (0, 2, 4)]
    result = desk.csv("\n".join(["oops " + pages[0], *pages[1:]]), "patients.jsonl")
    assert (result.only_file.refused, result.only_file.rows) == (None, 6)
    assert [row.cells["id"] for row in result.rows() if not row.codes] == [str(n) for n in range(6)]


def test_the_count_is_of_the_file_and_not_of_the_sample(desk: Desk) -> None:
    ones = [ann(n) for n in range(NUMBER)]
    ones[3:5] = ['"x"', "42"]
    result = desk.csv(f"[{','.join(ones)}]", "patients.json")
    assert (result.only_file.refused, result.only_file.rows) == (None, NUMBER)
    problem = result.problem("bad_json")
    assert (problem.line, problem.count) == (4, 2)
