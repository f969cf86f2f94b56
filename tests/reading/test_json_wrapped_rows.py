"""Rows of a JSON file that are each an object around the record, under the singular or the name of the kind."""

import io
import json
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.trial.verification.plain import plain_rows
from tests.reading.story import SOURCE, Desk
from tests.reading.test_json_lists import rows_of

KINDS = [pytest.param(kind, id=kind.name) for kind in SOURCE.kinds if kind.recognition.json_keys]
SHAPES = ("array", "list", "pages", "lines", "one page per line")
FILE = "more.json"


def singular(name: str) -> str:
    """Returns the name of a list for one record."""
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("es" if name.endswith("sses") else "s")


def text_of(shape: str, key: str, rows: list[dict[str, Any]]) -> str:
    """Returns the rows as an array, as the list of an object, or as an object or a page per row."""
    if shape == "array":
        return json.dumps(rows)
    if shape == "list":
        return json.dumps({key: rows, "total_entries": len(rows)})
    if shape == "pages":
        return json.dumps([{key: rows[n : n + 2]} for n in range(0, len(rows), 2)])
    return "\n".join(json.dumps(row if shape == "lines" else {key: [row]}) for row in rows)


def records(kind: Kind[Any], number: int) -> list[dict[str, Any]]:
    rows = rows_of(kind, 70)
    return [*rows, {name: f"{int(value) + 2}" for name, value in rows[0].items()}][:number]


def verified(text: str) -> list[dict[str, str]]:
    lists = [name for kind in SOURCE.kinds for name in (kind.name, *kind.recognition.json_keys)]
    return [row for _, row in plain_rows(lambda: io.BytesIO(text.encode()), "utf-8", lists=lists)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [1, 3])
def test_each_row_in_an_object_of_its_own_is_the_record(desk: Desk, kind: Kind[Any], number: int) -> None:
    key, plain = kind.recognition.json_keys[0], records(kind, number)
    listed = desk.read({FILE: json.dumps({key: plain})})
    expected = [row.cells for row in listed.rows()] if kind.imported else []
    listed.index.close()
    usual = verified(json.dumps({key: plain}))
    for shape in SHAPES:
        for name in dict.fromkeys((key, singular(key))):
            text = text_of(shape, key, [{name: row} for row in plain])
            told = (shape, name, text[:200])
            read = desk.read({FILE: text})
            file = read.only_file
            assert (file.kind, file.rows, file.refused) == (kind.name, number, None), told
            assert ([row.cells for row in read.rows()] if kind.imported else []) == expected, told
            read.index.close()
            assert verified(text) == usual, told


def test_an_object_of_another_kind_in_a_list_is_no_record(desk: Desk) -> None:
    contacts = [{"id": "1", "first_name": "Cy", "type_code": 1}, {"patient": {"id": "2", "first_name": "Ann"}}]
    read = desk.read({FILE: json.dumps({"contacts": contacts})})
    assert [(file.kind, file.rows) for file in read.files] == [("contacts", 2)]
    assert [row.cells.get("id", "") for row in read.rows()] == ["1", ""]


def test_objects_around_rows_of_two_kinds_are_two_lists(desk: Desk) -> None:
    patient = {"id": "2", "first_name": "Ann", "last_name": "Lee", "date_of_birth": "1980-03-02"}
    contact = {"id": "1", "first_name": "Cy", "company_name": "Co", "type_code": 1}
    read = desk.read(
        {FILE: json.dumps([{"patient": patient}, {"contact": contact}, {"patient": patient | {"id": "3"}}])}
    )
    assert sorted((file.kind or "", file.rows) for file in read.files) == [("contacts", 1), ("patients", 2)]
