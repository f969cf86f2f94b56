"""A JSON file with lists of several kinds: each list is read as its own kind and counts as a file."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.mapping.plan import LEAVE_OUT
from app.reading.results import AlreadyRead
from app.trial.verification.plain import plain_rows
from tests.reading.story import SOURCE, Desk, ReadResult

FILE = "backup.json"
PATIENT = {"id": 11, "first_name": "Ann", "last_name": "Lee", "date_of_birth": "1980-03-02"}
VISIT = {"id": 77, "starts_at": "2026-03-01T22:00:00Z", "ends_at": "2026-03-01T22:30:00Z", "patient_id": 11}
CONTACT = {"id": 5, "first_name": "Cy", "company_name": "Co", "type_code": 0}


def rows_of(kind: Kind[Any], first: int) -> list[dict[str, Any]]:
    """Returns two rows of a kind, with every column that its files can have."""
    columns = [p for p in kind.columns if not p.column.prefix and not p.column.set_by_reading]
    return [{p.name: f"{first + n}" for p in columns} for n in range(2)]


def told_in(shape: str, lists: dict[str, list[dict[str, Any]]]) -> str:
    """Returns the lists as a single object, as consecutive pages, or as a list of pages."""
    pages = [{name: rows[n : n + 1]} for n in (0, 1) for name, rows in lists.items()]
    if shape == "object":
        return json.dumps({**lists, "total_entries": 4})
    return json.dumps(pages) if shape == "array" else "\n".join(map(json.dumps, pages))


def pairs() -> Iterator[tuple[Kind[Any], Kind[Any]]]:
    """Yields every kind before and behind some others, and finally each position alone."""
    kinds = [kind for kind in SOURCE.kinds if kind.recognition.json_keys]
    for at, kind in enumerate(kinds):
        for step in (1, 5):
            yield kind, kinds[(at + step) % len(kinds)]
            yield kinds[(at + step) % len(kinds)], kind


def names(result: ReadResult) -> dict[str, str | None]:
    return {file.path: file.kind for file in result.files}


def test_each_list_of_a_pair_of_kinds_is_read_as_its_own_kind(desk: Desk) -> None:
    for number, (one, other) in enumerate(pairs()):
        shape = ("object", "lines", "array")[number % 3]
        lists = {one.recognition.json_keys[0]: rows_of(one, 10), other.recognition.json_keys[-1]: rows_of(other, 70)}
        result = desk.read({FILE: told_in(shape, lists)})
        assert names(result) == {f"{FILE}#{name}": kind.name for name, kind in zip(lists, (one, other), strict=True)}
        assert [file.rows for file in result.files] == [2, 2], (one.name, other.name, shape)
        assert [file.refused for file in result.files] == [None, None]
        result.index.close()


@pytest.mark.parametrize("shape", ["object", "lines", "array"])
def test_every_row_keeps_its_list_and_its_number_there(desk: Desk, shape: str) -> None:
    lists = {
        "contacts": [CONTACT, CONTACT | {"id": 6}],
        "patients": [PATIENT, PATIENT | {"id": 12}],
        "appointments": [VISIT, VISIT | {"id": 78}],
    }
    content = told_in(shape, lists)
    result = desk.read({FILE: content})
    for name, rows in lists.items():
        file = result.by_path[f"{FILE}#{name}"]
        [(head, found)] = result.parts(file)
        assert (head.kind, head.file) == (name, file.path)
        assert [(row.line, row.cells["id"]) for row in found] == [(1, str(rows[0]["id"])), (2, str(rows[1]["id"]))]
        again = plain_rows(lambda: io.BytesIO(content.encode()), "utf-8", lists=lists, only=name)
        assert [(line, cells["id"]) for line, cells in again] == [(row.line, row.cells["id"]) for row in found]


def test_an_empty_list_and_an_unknown_list_are_reported(desk: Desk) -> None:
    content = {"patients": [PATIENT], "contacts": [], "shoe_sizes": [{"left": 1, "right": 2}], "errors": [{"a": 1}]}
    result = desk.read({FILE: json.dumps(content)})
    assert names(result) == {
        f"{FILE}#patients": "patients",
        f"{FILE}#contacts": "contacts",
        f"{FILE}#shoe_sizes": None,
    }
    assert [p.file for p in result.by_path[f"{FILE}#shoe_sizes"].problems] == [f"{FILE}#shoe_sizes"]
    assert result.problem("unrecognised_file").file == f"{FILE}#shoe_sizes"


def test_an_unknown_list_next_to_a_kind_is_reported_at_every_position(desk: Desk) -> None:
    for content in ({"patients": [PATIENT], "shoes": [{"a": 1}]}, {"shoes": [{"a": 1}], "patients": [PATIENT]}):
        result = desk.read({FILE: json.dumps(content)})
        assert {file.path: file.rows for file in result.files if file.kind} == {f"{FILE}#patients": 1}
        assert result.problem("unrecognised_file").file == f"{FILE}#shoes"
        result.index.close()


def test_lists_of_the_same_kind_are_a_single_file(desk: Desk) -> None:
    content = {"individual_appointments": [VISIT], "group_appointments": [VISIT | {"id": 78}]}
    assert [(file.path, file.rows) for file in desk.read({FILE: json.dumps(content)}).files] == [(FILE, 2)]


def test_a_definition_of_custom_fields_may_accompany_lists(desk: Desk) -> None:
    fields = [{"token": "t", "name": "Shoe", "type": "text"}]
    definition = {"sections": [{"name": "S", "token": "s", "fields": fields}]}
    result = desk.read({FILE: json.dumps({"patients": [PATIENT], "patient_custom_fields_definition": definition})})
    assert names(result) == {
        f"{FILE}#patients": "patients",
        f"{FILE}#patient_custom_fields_definition": "custom_fields",
    }
    assert [file.rows for file in result.files] == [1, 1]


@pytest.mark.parametrize("order", [1, -1])
def test_a_line_with_an_unknown_list_or_a_definition_is_read_as_such(desk: Desk, order: int) -> None:
    fields = [{"token": "t", "name": "Shoe", "type": "text"}]
    lines: list[dict[str, Any]] = [
        {"patients": [PATIENT]},
        {"patient_custom_fields_definition": {"sections": [{"name": "S", "token": "s", "fields": fields}]}},
        {"errors": []},
        {"shoes": [{"a": 1}]},
        {"contacts": [CONTACT]},
    ]
    result = desk.read({FILE: "\n".join(map(json.dumps, lines[::order]))})
    assert {path.partition("#")[2]: kind for path, kind in names(result).items()} == {
        "patients": "patients",
        "patient_custom_fields_definition": "custom_fields",
        "shoes": None,
        "contacts": "contacts",
    }
    assert {file.rows for file in result.files if file.kind} == {1}


@pytest.mark.parametrize(
    "content",
    [
        {"patients": [PATIENT], "appointments": {"appointments": [VISIT]}},
        {"patients": [PATIENT], "contacts": [CONTACT], "appointments": {"1": VISIT}},
    ],
)
def test_rows_outside_of_lists_refuse_the_file_by_name(desk: Desk, content: dict[str, Any]) -> None:
    file = desk.read({FILE: json.dumps(content)}).only_file
    assert (file.path, file.refused, file.parts) == (FILE, "bad_json", ())


@pytest.mark.parametrize("shape", ["object", "lines", "array"])
def test_a_damaged_file_of_several_kinds_is_refused_by_name(desk: Desk, shape: str) -> None:
    whole = told_in(shape, {"contacts": [CONTACT] * 2, "patients": [PATIENT] * 2, "appointments": [VISIT] * 2})
    for at in range(30, len(whole) - 30, 41):
        result = desk.read({FILE: whole[:at] + "{" + whole[at:]})
        kinds = {file.kind for file in result.files if file.parts}
        assert len(kinds) != 1, at
        assert all(file.refused or file.parts for file in result.files), at
        result.index.close()


def test_the_rows_up_to_the_damage_are_counted(desk: Desk) -> None:
    whole = json.dumps({"contacts": [CONTACT] * 4, "patients": [PATIENT] * 4})
    file = desk.read({FILE: whole[:-40]}).only_file
    assert (file.refused, file.rows, file.problems[0].file) == ("bad_json", 8, FILE)


def test_an_answer_about_a_list_applies_to_that_list(desk: Desk) -> None:
    shoes = [{"a": "5", "b": "Cy"}]
    desk.file_kinds = {f"{FILE}#shoes": "contacts", f"{FILE}#users": LEAVE_OUT}
    desk.column_pairs = {f"{FILE}#shoes": {"a": "id", "b": "first_name"}}
    result = desk.read({FILE: json.dumps({"patients": [PATIENT], "shoes": shoes, "users": [{"id": 1}]})})
    assert names(result) == {f"{FILE}#patients": "patients", f"{FILE}#shoes": "contacts", f"{FILE}#users": None}
    [row] = result.rows(result.by_path[f"{FILE}#shoes"])
    assert row.cells == {"id": "5", "first_name": "Cy"}
    assert (result.problem("file_left_out").file, result.by_path[f"{FILE}#users"].facts["rows_seen"]) == (
        f"{FILE}#users",
        1,
    )


def test_a_total_belongs_to_the_list_of_its_page(desk: Desk) -> None:
    pages = [{"patients": [PATIENT], "total_entries": 7}, {"contacts": [CONTACT], "total_entries": 1}]
    result = desk.read({FILE: "\n".join(map(json.dumps, pages))})
    assert [file.facts["total_entries"] for file in result.files] == [7, 1]
    assert (result.problem("json_pages_missing").kind, result.problem("json_pages_missing").count) == ("patients", 6)


def test_finished_lists_are_not_read_again(desk: Desk) -> None:
    content = {FILE: json.dumps({"patients": [PATIENT], "contacts": [CONTACT], "users": []}), "patients.csv": ""}
    first = desk.read(content)
    already = [AlreadyRead(f.number, f.path, f.sha256, len(f.parts), f.kind) for f in first.files[:2]]
    first.index.close()
    again = desk.read(content, already)
    assert [(f.number, f.path) for f in again.files] == [(f.number, f.path) for f in first.files[2:]]


def test_each_list_of_a_copied_file_is_a_copy(desk: Desk) -> None:
    content = json.dumps({"patients": [PATIENT], "contacts": [CONTACT]})
    result = desk.read({FILE: content, "copy/backup.json": content})
    assert [file.rows for file in result.files] == [1, 1, 0, 0]
    assert sum(p.code == "duplicate_file_in_bundle" for f in result.files for p in f.problems) == 2


def test_several_large_lists_are_read_in_pieces(desk: Desk) -> None:
    desk = desk.with_limits(row_bytes=4000)
    content = {
        "shoes": [{"a": n} for n in range(1000)],
        "patients": [PATIENT | {"id": n} for n in range(1, 100)],
        "boots": [{"a": n} for n in range(1000)],
        "contacts": [CONTACT | {"id": n} for n in range(1, 100)],
    }
    result = desk.read({FILE: json.dumps(content)})
    assert {file.kind: file.rows for file in result.files if file.kind} == {"patients": 99, "contacts": 99}
    assert [file.facts.get("rows_seen") for file in result.files if not file.kind] == [1000, 1000]
