"""Relations in every spelling that reading accepts: verification finds the same id, for every kind."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.mapping.columns import RowColumn
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.verified_kinds import VerifiedKind, bare_header
from app.reading.recognise import known_headers
from app.reading.relation_headers import base_of, repeated_fields
from app.trial.verification.plain import Headers, plain_rows
from app.trial.verification.relations import with_ids
from tests.reading.story import CONTEXT, SOURCE, Desk

ADDRESS = "https://api.au1.example.com/v1/things/1001"
MADE = "2025-01-16T05:00:00Z"
EMPTY_NESTED: tuple[Any, ...] = (
    {},
    {"links": {}},
    {"links": {"self": None}},
    {"id": None},
    {"name": None, "links": {"self": None}},
)
NESTED: tuple[Any, ...] = (
    {"links": {"self": ADDRESS}},
    {"links": {"self": f"{ADDRESS}/?page=1", "next": "x"}},
    {"id": "1001"},
    {"id": 1001, "name": "Ann Lee"},
    {"id": "1001", "links": {"self": ADDRESS}},
    {"name": "Ann Lee", "links": {"self": ADDRESS}},
    {"links": {"self": ADDRESS}, "label": "Ann Lee", "archived_at": None},
    {
        "id": "1001",
        "first_name": "Ann",
        "links": {"self": ADDRESS},
        "more": {"links": {"self": "https://x.example/v1/y/2"}},
    },
)
KINDS = [kind for kind in SOURCE.kinds if kind.imported and any(placed.column.is_key for placed in kind.columns)]
RELATIONS = [
    (kind, placed)
    for kind in KINDS
    for placed in kind.columns
    if placed.column.links_to and not placed.column.is_key and not placed.column.set_by_reading
]
LOOKED = [
    (kind, placed, look) for kind, placed in RELATIONS for look in SOURCE.verified_kinds if look.kind == kind.name
]


def named(value: object) -> str:
    return (
        value.name
        if isinstance(value, Kind | RowColumn)
        else value.table
        if isinstance(value, VerifiedKind)
        else str(value)
    )


def spellings(kind: Kind[Any], placed: RowColumn) -> Iterator[tuple[str, Any, str]]:
    """Returns a header, its value, and whether the file is a table or JSON."""
    base = base_of(placed.name)
    dotted = [f"{base}{end}" for end in (".id", ".links.self", "_links_self", "_url", "_link", ".href", ".self")]
    headers = [header for header, name in known_headers(kind).items() if name == placed.name]
    for header in (*headers, *dotted):
        for value in ("1001", ADDRESS):
            if not (value == ADDRESS and header.endswith("name")):
                yield header, value, "csv"
                yield header, value, "json"
    for header in (base, f"{base}_id"):
        yield header, ADDRESS, "csv"
        yield header, ADDRESS, "json"
    for nested in NESTED:
        yield base, nested, "json"


def cells_read(
    desk: Desk, kind: Kind[Any], header: str, value: Any, shape: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the cells of a row by reading, and by verification."""
    key = next(placed for placed in kind.columns if placed.column.is_key)
    row = {key.name: "77", header: value, "created_at": MADE}
    content = json.dumps([row]) if shape == "json" else table(row)
    path = f"table.{shape}"
    desk.file_kinds = {path: kind.name}
    (read,) = desk.csv(content, path).rows()
    fields = {bare_header(n) for p in kind.columns for n in p.normalised_headers()} - repeated_fields(kind)
    known = Headers(frozenset({bare_header(key.name)}), frozenset(fields))
    again = plain_rows(lambda: io.BytesIO(content.encode()), "utf-8", headers=known, raw_format=SOURCE.raw_format)
    return dict(read.cells), with_ids(next(iter(again))[1])


def table(row: dict[str, Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([list(row), list(row.values())])
    return out.getvalue()


def what_is_seen(look: VerifiedKind, row: dict[str, str]) -> list[str]:
    return [seen.cell(row) for seen in (*look.columns, *(claim.column for claim in look.reported_problems))]


@pytest.mark.parametrize(("kind", "placed"), RELATIONS, ids=named)
def test_each_spelling_is_the_same_id_for_reading_and_verification(
    desk: Desk, kind: Kind[Any], placed: RowColumn
) -> None:
    looks = [look for look in SOURCE.verified_kinds if look.kind == kind.name]
    plainly = {bare_header(placed.column.native or placed.name): "1001", "id": "77", "createdat": MADE}
    wanted = [what_is_seen(look, plainly) for look in looks]
    for header, value, shape in spellings(kind, placed):
        first, second = cells_read(desk, kind, header, value, shape)
        cell = first.get(placed.name, "")
        read = placed.column.read(cell, CONTEXT, lambda code: None) if cell else None
        assert getattr(read, "ids", None) == ("1001",), (header, value, shape)
        key = next(column for column in kind.columns if column.column.is_key)
        second = {**{name: cell for name, cell in second.items() if name != bare_header(key.name)}, "id": "77"}
        found = [what_is_seen(look, second) for look in looks]
        assert found == wanted, (header, value, shape)


@pytest.mark.parametrize(("kind", "placed"), RELATIONS, ids=named)
def test_an_empty_relation_is_empty_for_reading_and_verification(
    desk: Desk, kind: Kind[Any], placed: RowColumn
) -> None:
    base = base_of(placed.name)
    for value in EMPTY_NESTED:
        first, second = cells_read(desk, kind, base, value, "json")
        assert not first.get(placed.name), value
        assert not second.get(bare_header(f"{base}_id")), value


def test_further_members_of_a_relation_are_kept(desk: Desk) -> None:
    kind = SOURCE.kind("communications")
    first, _ = cells_read(desk, kind, "patient", NESTED[-1], "json")
    assert first["patient_id"] == "1001"
    assert "Ann" in first.values()


OWN = {kind.name: frozenset(known_headers(kind)) - repeated_fields(kind) for kind in KINDS}
BARE = [(kind, placed) for kind, placed in RELATIONS if bare_header(base_of(placed.name)) not in OWN[kind.name]]


@pytest.mark.parametrize(("kind", "placed"), BARE, ids=named)
@pytest.mark.parametrize("value", ["1001", 1001], ids=["text", "number"])
def test_a_bare_id_is_the_relation_if_the_kind_has_no_such_field(
    desk: Desk, kind: Kind[Any], placed: RowColumn, value: object
) -> None:
    first, second = cells_read(desk, kind, base_of(placed.name), value, "json")
    assert first.get(placed.name) == "1001"
    assert second.get(bare_header(f"{base_of(placed.name)}_id")) == "1001"


@pytest.mark.parametrize(("kind", "placed"), BARE, ids=named)
def test_words_under_a_relations_name_are_reported(desk: Desk, kind: Kind[Any], placed: RowColumn) -> None:
    base = base_of(placed.name)
    first, second = cells_read(desk, kind, base, "Ann Lee", "json")
    has_field = bare_header(base) in repeated_fields(kind)
    assert first.get(base if has_field else f"?{base}") == "Ann Lee"
    assert first.get(placed.name) == (None if has_field or placed.name.endswith("_ids") else "Ann Lee")
    assert bare_header(f"{base}_id") not in second


@pytest.mark.parametrize(("kind", "placed"), RELATIONS, ids=named)
def test_a_relation_whose_id_and_address_differ_holds_its_row(desk: Desk, kind: Kind[Any], placed: RowColumn) -> None:
    key = next(column for column in kind.columns if column.column.is_key)
    base = base_of(placed.name)
    result = {key.name: "77", base: {"id": "1002", "links": {"self": ADDRESS}}, "created_at": MADE}
    desk.file_kinds = {"table.json": kind.name}
    (row,) = desk.csv(json.dumps([result]), "table.json").rows()
    assert "link_conflict" in row.codes


def test_a_bare_id_counts_next_to_words_and_relations(desk: Desk) -> None:
    nested = {"links": {"self": ADDRESS}}
    note = {"content": {}, "draft": True}
    notes = [{**note, "id": n, "patient": said} for n, said in enumerate((1001, "Ann", nested), 1)]
    rows = desk.csv(json.dumps(notes), "treatment_notes.json").rows()
    assert [row.cells.get("patient_id") for row in rows] == ["1001", "Ann", "1001"]


UNSAID = [(kind, p) for kind, p in RELATIONS if known_headers(kind).get(bare_header(base_of(p.name))) != p.name]
NAMED = [(kind, p) for kind, p in RELATIONS if (kind, p) in UNSAID and bare_header(base_of(p.name)) in OWN[kind.name]]


@pytest.mark.parametrize(("kind", "placed"), UNSAID, ids=named)
def test_digits_in_a_table_are_not_a_relation_for_both(desk: Desk, kind: Kind[Any], placed: RowColumn) -> None:
    base = base_of(placed.name)
    first, second = cells_read(desk, kind, base, "1001", "csv")
    assert (placed.name in first, bare_header(f"{base}_id") in second) == (False, False)


@pytest.mark.parametrize(("kind", "placed"), NAMED, ids=named)
@pytest.mark.parametrize("value", ["1001", 1001, " 1001 "], ids=repr)
def test_digits_in_a_name_field_are_the_id_and_may_be_the_name(
    desk: Desk, kind: Kind[Any], placed: RowColumn, value: object
) -> None:
    base = base_of(placed.name)
    first, second = cells_read(desk, kind, base, value, "json")
    assert (first[placed.name], first[base].strip()) == ("1001", "1001")
    assert second[bare_header(f"{base}_id")] == "1001"


@pytest.mark.parametrize(("kind", "placed"), NAMED, ids=named)
@pytest.mark.parametrize("value", [{"name": "1001"}, {"label": "1001"}], ids=repr)
def test_a_name_member_is_not_an_id(desk: Desk, kind: Kind[Any], placed: RowColumn, value: object) -> None:
    first, second = cells_read(desk, kind, base_of(placed.name), value, "json")
    assert not first.get(placed.name)
    assert first[base_of(placed.name)] == "1001"
    assert not second.get(bare_header(f"{base_of(placed.name)}_id"))


CERTAIN: tuple[Any, ...] = (
    {"id": 1001, "first_name": "Ann", "last_name": "Lee", "deleted_at": None},
    {"id": "1001", "email": "x@example.com", "more": {"id": 5}},
    [1001],
    ["1001"],
    [{"id": 1001}],
    [{"id": 1001, "first_name": "Ann"}],
    [{"links": {"self": ADDRESS}}],
    [1001, {"id": "1001"}],
)


@pytest.mark.parametrize(("kind", "placed"), RELATIONS, ids=named)
def test_a_full_object_and_a_list_of_a_single_id_are_the_relation_for_both(
    desk: Desk, kind: Kind[Any], placed: RowColumn
) -> None:
    base = base_of(placed.name)
    headers = (base, f"{base}_id", *((f"{base}s", placed.name) if placed.name.endswith("_ids") else ()))
    for header, value in itertools.product(headers, CERTAIN):
        first, second = cells_read(desk, kind, header, value, "json")
        assert first.get(placed.name) == "1001", (header, value)
        assert "1001" in (second.get(bare_header(f"{base}_id")), second.get(bare_header(f"{base}_ids"))), (
            header,
            value,
        )


UNCERTAIN: tuple[Any, ...] = (
    "Ann Lee",
    True,
    [1001, "Ann"],
    [[1001]],
    {"first_name": "Ann"},
    {"name": "1001"},
    {"id": None, "first_name": "Ann"},
    {"id": {"a": 1}},
    f"{ADDRESS}/appointments",
    {"links": {"self": f"{ADDRESS}/appointments"}},
)
ONE = [(kind, p) for kind, p in RELATIONS if not p.name.endswith("_ids") or kind.name == "appointments"]


@pytest.mark.parametrize(("kind", "placed"), ONE, ids=named)
def test_an_ambiguous_value_is_neither_an_id_nor_empty(desk: Desk, kind: Kind[Any], placed: RowColumn) -> None:
    base = base_of(placed.name)
    key = next(column.name for column in kind.columns if column.column.is_key)
    for value in UNCERTAIN:
        first, second = cells_read(desk, kind, base, value, "json")
        cells = {name: cell for name, cell in first.items() if not name.startswith("?")}
        row = parse_row(kind, cells, CONTEXT, frozenset(cells)).row
        if row is not None:
            link = getattr(row, placed.name)
            said = link.ids or link.name if link else getattr(row, base, None)
            assert said, value
            assert said != ("1001",), value
        assert second.get(bare_header(f"{base}_id"), "") != "1001", value
        assert key in first


def test_a_bare_id_and_a_different_id_hold_the_row(desk: Desk) -> None:
    note = {"id": 1, "content": {}, "draft": True, "patient": 9, "patient_id": "8"}
    (row,) = desk.csv(json.dumps([note]), "treatment_notes.json").rows()
    assert row.codes == ("link_conflict",)
