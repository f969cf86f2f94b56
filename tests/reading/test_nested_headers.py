"""Objects that a script flattens into columns: `content.sections` is the member `sections` of `content`."""

import csv
import io
import json
from typing import Any

import pytest

from app.json_values import JsonValue
from app.mapping.columns import normalise_header
from app.mapping.kind import Kind
from app.reading.cut import part_columns
from app.reading.json_rows import flatten
from app.reading.naming import FileName
from app.reading.nested_headers import member_of, object_headers
from app.reading.recognise import Header, known_headers, match_columns, recognise_by_header
from tests.reading.story import CONTEXT, SOURCE, Desk

SECTIONS: list[JsonValue] = [{"name": "S", "questions": [{"name": "P", "type": "text", "answer": "a, b"}]}]
OBJECT = {"sections": SECTIONS, "nominative": "they", "accusative": "them", "rule": {"weeks": "2"}}
JSON_CELLS = ("[]", "{}", '["a"]', '{"sections": [{"fields": []}]}')
COLUMNS = [
    pytest.param(kind, name, id=f"{kind.name}.{name}")
    for kind in SOURCE.kinds
    if kind.imported
    for name in dict.fromkeys(object_headers(kind).values())
]


def flattened(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Returns members under dotted headers, as `json_normalize` writes them."""
    found: dict[str, Any] = {}
    for key, each in value.items():
        found |= flattened(f"{name}.{key}", each) if isinstance(each, dict) else {f"{name}.{key}": each}
    return found


def cell(header: Header, name: str, row: list[str]) -> str | None:
    columns, cells = part_columns(header)
    return cells(row)[columns.index(name)]


def test_every_nested_column_of_the_api_is_an_object() -> None:
    known = {(kind.name, name) for kind in SOURCE.kinds for name in object_headers(kind).values()}
    content = {(kind.name, p.name) for kind in SOURCE.kinds for p in kind.columns if p.name == "content"}
    assert content - known == {("communications", "content")}  # the text of a message
    assert {("patients", "pronouns"), ("patients", "custom_fields"), ("patients", "referral_source")} <= known
    assert {("patient_forms", "signatures"), ("appointments", "repeat_rule")} <= known


def test_every_column_that_reads_json_is_an_object() -> None:
    """By what its reader does with JSON, whatever function it is."""
    for kind in SOURCE.kinds:
        objects = set(object_headers(kind).values())
        for placed in kind.columns:
            read = [placed.column.read(cell, CONTEXT, lambda *_: None) for cell in JSON_CELLS]
            assert placed.name in objects or not any(isinstance(value, (dict, list)) for value in read), placed.name


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
@pytest.mark.parametrize("between", [".", "__"])
def test_members_in_separate_columns_form_the_object(kind: Kind[Any], name: str, between: str) -> None:
    members = {key.replace(".", between): value for key, value in flattened(name, OBJECT).items()}
    for lists in (SECTIONS, json.dumps(SECTIONS)):  # a list, or the list as text
        cells, _ = flatten({**members, f"{name}{between}sections": lists})
        header = match_columns(kind, ("id", *cells))
        assert [column for column in header.columns if column != "id"][-1] == name
        assert not [column for column in header.unknown if name in column]
        assert json.loads(cell(header, name, ["1", *cells.values()]) or "") == OBJECT


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_an_object_cell_overrules_its_members(kind: Kind[Any], name: str) -> None:
    header = match_columns(kind, ("id", f"{name}.sections", name))
    assert cell(header, name, ["1", "[1]", ""]) == '{"sections":[1]}'
    assert cell(header, name, ["1", "[1]", "null"]) == '{"sections":[1]}'
    assert cell(header, name, ["1", "", '{"sections":[2]}']) == '{"sections":[2]}'
    assert cell(header, name, ["1", "", ""]) is None


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_prose_in_a_member_is_a_text(kind: Kind[Any], name: str) -> None:
    header = match_columns(kind, ("id", f"{name}.sections"))
    for prose in ("Knee better", "[12/3] knee better", '5 < 6 "quoted"', "{see scan} ok"):
        assert json.loads(cell(header, name, ["1", prose]) or "") == {"sections": prose}


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_damaged_members_stay_damaged(kind: Kind[Any], name: str) -> None:
    header = match_columns(kind, ("id", f"{name}.sections"))
    for damaged in ("[{'name': 'S'}]", '[{"name"'):
        with pytest.raises(json.JSONDecodeError):
            json.loads(cell(header, name, ["1", damaged]) or "")


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_an_address_is_not_a_member(kind: Kind[Any], name: str) -> None:
    assert member_of(kind, f"{name}.links.self") is None
    assert member_of(kind, f"{name}. A question") is None
    assert member_of(kind, name) is None


def test_a_known_header_is_not_a_member() -> None:
    for kind in SOURCE.kinds:
        for placed in kind.columns:
            for written in (placed.name, placed.column.native, *placed.column.headers):
                assert member_of(kind, written) is None or normalise_header(written) in known_headers(kind)


def test_a_file_is_recognised_by_the_member_as_by_the_object() -> None:
    headers = ("id", "patient.links.self", "content.sections", "completed_at")
    header = recognise_by_header(headers, FileName("", "", "", ()), SOURCE)
    assert isinstance(header, Header)
    assert (header.kind.name, header.unknown) == ("patient_forms", ())


@pytest.mark.parametrize("name", ["patient_forms.csv", "patient_forms.json"])
def test_members_reach_the_parts(desk: Desk, name: str) -> None:
    rows = [
        {"id": "5", "patient.id": "1", "name": "F", "content.sections": json.dumps(SECTIONS), "completed_at": ""},
        {"id": "6", "patient.id": "1", "name": "F", "content.sections": "", "completed_at": ""},
    ]
    if name.endswith("json"):
        text = json.dumps([{**row, "content": None} for row in rows])
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        text = out.getvalue()
    read = desk.read({name: text})
    contents = [row.cells.get("content") or "{}" for row in read.rows()]
    assert list(map(json.loads, contents)) == [{"sections": SECTIONS}, {}]
    assert "unknown_columns" not in read.codes
