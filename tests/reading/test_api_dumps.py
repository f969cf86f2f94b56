"""Dumps of the source's API are read in every form, for every reference of every kind."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from app.mapping.columns import RowColumn
from app.mapping.kind import Kind
from app.reading.recognise import match_columns
from app.reading.relation_headers import base_of
from tests.reading.story import CONTEXT, SOURCE, Desk

ADDRESS = "https://api.au1.example.com/v1/{}s/{}"
LINKS = [
    (kind, placed)
    for kind in SOURCE.kinds
    if kind.imported
    for placed in kind.columns
    if placed.column.links_to and not placed.column.is_key and not placed.column.set_by_reading
]
NAMES = [(kind, placed) for kind in SOURCE.kinds if kind.imported for placed in kind.columns if placed.column.name_for]


def named(pair: object) -> str:
    return pair.name if isinstance(pair, Kind | RowColumn) else str(pair)


def read_cells(desk: Desk, kind: Kind[Any], columns: Sequence[str], rows: Sequence[Sequence[Any]], shape: str) -> Any:
    """Returns the cells of the last row, read as a table or as JSON."""
    key = next(placed for placed in kind.columns if placed.column.is_key)
    headers = [key.name, *columns]
    if shape == "csv":
        lines = [headers, *([n, *row] for n, row in enumerate(rows, start=1))]
        content = "".join(",".join(f'"{cell or ""}"' for cell in line) + "\n" for line in lines)
    else:
        content = json.dumps([dict(zip(headers, [n, *row], strict=True)) for n, row in enumerate(rows, start=1)])
    path = f"table.{shape}"
    desk.file_kinds = {path: kind.name}
    result = desk.csv(content, path)
    return result.rows()[-1].cells


def is_key(kind: Kind[Any]) -> bool:
    return any(placed.column.is_key for placed in kind.columns)


@pytest.mark.parametrize("shape", ["csv", "json"])
@pytest.mark.parametrize("form", ["{}.id", "{}.links.self", "{}", "{}_id"])
@pytest.mark.parametrize(("kind", "placed"), [pair for pair in LINKS if is_key(pair[0])], ids=named)
def test_a_reference_is_found(desk: Desk, kind: Kind[Any], placed: RowColumn, form: str, shape: str) -> None:
    base = base_of(placed.name)
    is_address = form != "{}.id"
    cell = ADDRESS.format(base, 1001) if is_address else "1001"
    cells = read_cells(desk, kind, [form.format(base)], [[None], [cell]], shape)
    read = placed.column.read(cells[placed.name], CONTEXT, lambda code: None)
    assert read.ids == ("1001",)


@pytest.mark.parametrize("shape", ["csv", "json"])
@pytest.mark.parametrize("form", ["{}.name", "{}.display_name", "{}.label"])
@pytest.mark.parametrize(("kind", "placed"), [pair for pair in NAMES if is_key(pair[0])], ids=named)
def test_a_name_is_found(desk: Desk, kind: Kind[Any], placed: RowColumn, form: str, shape: str) -> None:
    base = base_of(placed.column.name_for or "")
    assert read_cells(desk, kind, [form.format(base)], [["Standard"]], shape)[placed.name] == "Standard"


@pytest.mark.parametrize(("kind", "placed"), LINKS, ids=named)
def test_a_further_header_does_not_replace_another_column(kind: Kind[Any], placed: RowColumn) -> None:
    for other in kind.columns:
        for header in (other.column.native, other.name):
            if header and not other.column.prefix and not other.column.set_by_reading:
                assert match_columns(kind, (header,)).columns[0] == next(
                    p.name for p in kind.columns if header in (p.column.native, p.name)
                )


ROWS = [{"id": str(n), "first_name": "P", "last_name": f"N{n}", "date_of_birth": "1980-01-01"} for n in range(1, 7)]


def page(rows: Sequence[Any], total: int = 6) -> dict[str, Any]:
    return {"patients": rows, "total_entries": total, "links": {"self": "https://api.example.com/v1/patients?page=1"}}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([page(ROWS[:3]), page(ROWS[3:])]),
        json.dumps([page([]), page(ROWS)]),
        json.dumps([dict(reversed(page(ROWS[:2]).items())), dict(reversed(page(ROWS[2:]).items()))]),
        json.dumps([ROWS[:3], ROWS[3:]]),
        "\n".join(json.dumps(page(rows)) for rows in (ROWS[:3], ROWS[3:])),
        json.dumps(ROWS),
        json.dumps(page(ROWS)),
    ],
)
def test_all_rows_of_all_pages_are_read(desk: Desk, content: str) -> None:
    result = desk.csv(content, "patients.json")
    assert [row.cells["id"] for row in result.rows()] == [row["id"] for row in ROWS]
    assert "json_pages_missing" not in result.codes


def test_a_page_missing_from_an_array_is_reported(desk: Desk) -> None:
    result = desk.csv(json.dumps([page(ROWS[:3])]), "patients.json")
    assert result.problem("json_pages_missing").count == 3


def test_a_name_without_an_address_stays_a_name(desk: Desk) -> None:
    header = "id,starts_at,ends_at,patient_id,practitioner"
    result = desk.csv(f"{header}\n1,2026-03-02T09:00:00Z,2026-03-02T09:30:00Z,7,Orla Quist\n", "appointments.csv")
    assert result.rows()[0].cells["practitioner"] == "Orla Quist"


def test_a_web_address_is_not_a_reference(desk: Desk) -> None:
    rows = [{**ROWS[0], "website": "https://x.example/v1/pages/5", "referrer_url": "https://x.example/a/b"}]
    cells = desk.csv(json.dumps(rows), "patients.json").rows()[0].cells
    assert "website" not in {name for name in cells if not name.startswith("?")}
