"""Two columns of one meaning in a row: the first value counts, a different one is named, and error words give way."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from app.mapping.cells import ERROR_WORDS
from app.mapping.columns import RowColumn
from app.mapping.ids import NOTHING
from app.mapping.kind import Kind
from app.mapping.verified_kinds import bare_header, counting
from app.reading.recognise import known_headers
from app.reading.second_columns import counting_cell
from app.trial.verification.plain import Cells
from tests.reading.story import CONTEXT, SOURCE, Desk
from tests.reading.test_relations_twice import KINDS, named, what_is_seen
from tests.reading.verified_rows import file_of, key_of, verified_rows

TWO_VALUES = (
    ("2024-01-05", "2024-01-06"),
    ("2024-01-05T09:00:00Z", "2024-01-06T09:00:00Z"),
    ("09:00", "10:00"),
    ("true", "false"),
    ("1001", "1002"),
    ("ann@mail.example", "bea@mail.example"),
    ("Australia/Sydney", "Australia/Perth"),
    ('{"sections": [{"name": "One", "questions": []}]}', '{"sections": [{"name": "Two", "questions": []}]}'),
    ("Ann", "Bea"),
)
ROWS = (
    ("one", ""),
    ("", "one"),
    ("one", "one"),
    ("one", "other"),
    ("one", "n/a"),
    ("NULL", "one"),
    ("one", "#REF!"),
    ("#DIV/0!", "one"),
    ("########", "one"),
    ("#N/A", "one"),
)
"""The cells of the two columns, with `one` and `other` for two values of the column."""
Pair = tuple[RowColumn, str, str]


def values_of(placed: RowColumn) -> tuple[str, str] | None:
    """Returns two texts that the column reads as different values, without a problem."""
    for one, other in TWO_VALUES:
        codes: list[str] = []
        first, second = (placed.column.read(text, CONTEXT, codes.append) for text in (one, other))
        if None not in (first, second) and first != second and not codes:
            return one, other
    return None


def pairs_of(kind: Kind[Any]) -> dict[str, list[Pair]]:
    """Returns, by attribute, every pair of headers with one meaning, a header beside itself first."""
    known = known_headers(kind)
    pairs: dict[str, list[Pair]] = {}
    for placed in kind.columns:
        headers = [header for header in placed.headers if known.get(bare_header(header)) == placed.name]
        if headers and not placed.column.is_key and not placed.column.set_by_reading and values_of(placed):
            pairs[placed.name] = [(placed, headers[0], headers[0])]
            pairs[placed.name] += [(placed, one, other) for one, other in combinations(headers, 2)]
    return pairs


def takes_of(kind: Kind[Any]) -> Iterator[list[Pair]]:
    """Returns for each file a pair of every attribute, until every pair has had a file."""
    pairs = pairs_of(kind)
    for take in range(max(map(len, pairs.values()), default=0)):
        yield [of_column[take % len(of_column)] for of_column in pairs.values()]


def table_of(kind: Kind[Any], pairs: list[Pair]) -> list[list[str]]:
    """Returns the header and the rows: the id, the first column of each pair, and then each second one."""
    key = key_of(kind)
    lines = [[key, *(one for _, one, _ in pairs), *(other for _, _, other in pairs)]]
    for number, cells in enumerate(ROWS, start=1):
        line = [str(number)]
        for cell in cells:
            values = [dict(zip(("one", "other"), values_of(placed) or (), strict=True)) for placed, _, _ in pairs]
            line += [texts.get(cell, cell) for texts in values]
        lines.append(line)
    return lines


def verified(kind: Kind[Any], content: bytes, shape: str) -> list[Cells]:
    """The rows as verification reads them, without their ids."""
    key = bare_header(key_of(kind))
    return [{name: cell for name, cell in row.items() if name != key} for row in verified_rows(kind, content, shape)]


@pytest.mark.parametrize("shape", ["csv", "json", "xlsx"])
@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_the_first_value_counts_for_both_and_another_is_named(desk: Desk, kind: Kind[Any], shape: str) -> None:
    path = f"table.{shape}"
    desk.file_kinds = {path: kind.name, f"{path}#S": kind.name}
    looks = [look for look in SOURCE.verified_kinds if look.kind == kind.name]
    for pairs in takes_of(kind):
        content = file_of(table_of(kind, pairs), shape)
        rows = desk.csv(content, path).rows()
        names = [placed.name for placed, _, _ in pairs]
        counting = {name: rows[0].cells.get(name) for name in names}
        for cells, row in zip(ROWS, rows, strict=True):
            assert {name: row.cells.get(name) for name in names} == counting, (pairs, cells)
            error, other = any(cell[:1] == "#" for cell in cells), "other" in cells
            wanted = {f"spreadsheet_error_value:{name}" for name in names if error}
            assert set(row.codes) == wanted | {f"duplicate_header:{name}" for name in names if other}, (pairs, cells)
        seen = [[what_is_seen(look, row) for look in looks] for row in verified(kind, content, shape)]
        assert dict(zip(ROWS, seen, strict=True)) == dict.fromkeys(ROWS, seen[0]), pairs


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_of_members_in_another_order_the_file_s_first_column_counts_for_both(desk: Desk, kind: Kind[Any]) -> None:
    key = key_of(kind)
    desk.file_kinds = {"table.json": kind.name}
    looks = [look for look in SOURCE.verified_kinds if look.kind == kind.name]
    for pairs in takes_of(kind):
        distinct = [pair for pair in pairs if bare_header(pair[1]) != bare_header(pair[2])]
        values = [values_of(placed) or ("", "") for placed, _, _ in distinct]
        firsts = {first: one for (_, first, _), (one, _) in zip(distinct, values, strict=True)}
        seconds = {second: other for (_, _, second), (_, other) in zip(distinct, values, strict=True)}
        objects = [{key: "1", **seconds}, {key: "2", **firsts, **seconds}]
        rows = desk.csv(json.dumps(objects), "table.json").rows()
        assert [{placed.name: row.cells[placed.name] for placed, _, _ in distinct} for row in rows] == [
            {placed.name: other for (placed, _, _), (_, other) in zip(distinct, values, strict=True)}
        ] * 2
        seen = [[what_is_seen(look, row) for look in looks] for row in verified(kind, json.dumps(objects).encode(), "")]
        assert seen[0] == seen[1], distinct


@pytest.mark.parametrize("word", sorted({*ERROR_WORDS, *NOTHING, "####", "##########"}))
def test_a_word_gives_way_in_any_case_for_both(word: str) -> None:
    for text in (word, word.lower(), word.upper()):
        for cells in ((text, "Ann"), ("Ann", text)):
            assert (counting_cell(cells), counting(cells)) == ("Ann", "Ann")
        for other in (*NOTHING, "#REF!"):
            assert counting_cell((text, other)) == counting((text, other))


MOMENTS = (
    ("2024-03-01T10:00:00Z", "2024-03-01 21:00:00 +1100", True),
    ("2024-03-01T10:00:00Z", "2024-03-01T10:00Z", True),
    ("2024-03-01 21:00:00 +1100", "2024-03-01 21:00", True),
    ("2024-03-01T10:00:00Z", "2024-03-01T10:00:01Z", False),
    ("2024-03-01T10:00:00Z", "2024-03-01 10:00:00 +1100", False),
)


@pytest.mark.parametrize("attribute", ["starts_at", "updated_at"])
@pytest.mark.parametrize(("first", "second", "is_equal"), MOMENTS)
def test_two_times_of_a_row_are_compared_as_instants(
    desk: Desk, attribute: str, first: str, second: str, is_equal: bool
) -> None:
    placed = next(each for each in SOURCE.kind("appointments").columns if each.name == attribute)
    desk.file_kinds = {"table.csv": "appointments"}
    header = f"Appointment ID,{placed.name},{placed.headers[0]}"
    (row,) = desk.csv(f"{header}\n1,{first},{second}\n", "table.csv").rows()
    assert (f"duplicate_header:{attribute}" not in row.codes) is is_equal
