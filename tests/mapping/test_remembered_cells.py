"""A parser that remembers short cells parses every row as a parser that does not."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.mapping import parse
from app.mapping.kind import Kind
from app.mapping.parse import RowParser
from app.sources.cliniko.source import CLINIKO
from tests.kinds.story import context

CELLS = (
    *("1001", '="1001"', "1001.0", "1558354464010667075", "1.55835E+18", "not an id", "1001, 1002"),
    *("true", "FALSE", "maybe", "n/a", "null", "#N/A", "#REF!", "Knee", "knee ", "x" * 41),
    *("2024-03-04 09:00:00 +1100", "2024-03-04", "04/03/2024", "31/02/2024", "09:00", "45000", "12.50", "(5.50)"),
    *("a@b.example", "+61 400 111 222", '{"id": "7"}', '["Anxious"]', "<p>Hello</p>"),
)


def rows(kind: Kind[Any]) -> Iterator[Mapping[str, str]]:
    """A row for each cell in each column of a kind, each twice, beside a valid id."""
    key = next((placed.name for placed in kind.columns if placed.column.is_key), None)
    for placed in kind.columns:
        for cell in CELLS:
            row = {**({key: "77"} if key else {}), placed.name: cell}
            yield from (row, dict(row))


@pytest.mark.parametrize("kind", [kind for kind in CLINIKO.kinds if kind.imported], ids=lambda kind: kind.name)
def test_a_remembered_cell_has_the_value_and_the_problems_of_a_read_one(kind: Kind[Any]) -> None:
    remembering, plain = RowParser(kind, context(), remembers=True), RowParser(kind, context())
    for row in rows(kind):
        assert remembering.parse_safely(row) == plain.parse_safely(row), row


def test_a_column_with_ever_new_cells_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "MOST_REMEMBERED", 5)
    kind = CLINIKO.kind("patients")
    parser = RowParser(kind, context(), remembers=True)
    for number in range(23):
        row = parser.parse_safely({"id": "7", "first_name": f"Ann{number}"}).row
        assert row is not None
        assert row.first_name == f"Ann{number}"
    assert len(parser._known["first_name"]) <= 5


def test_the_shared_parsers_keep_no_cell() -> None:
    kind = CLINIKO.kind("patients")
    parse.parse_row(kind, {"id": "7", "first_name": "Ann"}, context())
    assert not any(parse.parser_of(kind, context())._known.values())
