"""A single record in a JSON file of lists: an object under its kind's name is a row, as in a list with a single row."""

import io
import json
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.trial.verification.plain import plain_rows
from tests.reading.story import SOURCE, Desk
from tests.reading.test_json_lists import rows_of

FILE = "rest.json"
PATIENT = {"id": "11", "first_name": "Ann", "last_name": "Lee", "date_of_birth": "1980-03-02"}
USER = {
    "id": "9",
    "first_name": "Uma",
    "last_name": "Vo",
    "email": "u@v.example",
    "role": "receptionist",
    "active": True,
}
KINDS = [pytest.param(kind, id=kind.name) for kind in SOURCE.kinds if kind.recognition.json_keys]


def verified(content: str, only: str | None) -> list[dict[str, str]]:
    lists = [name for kind in SOURCE.kinds for name in (kind.name, *kind.recognition.json_keys)]
    return [dict(row) for _, row in plain_rows(lambda: io.BytesIO(content.encode()), "utf-8", lists=lists, only=only)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_every_kind_between_lists_is_a_row(desk: Desk, kind: Kind[Any]) -> None:
    name, record = kind.recognition.json_keys[0], rows_of(kind, 70)[0]
    other = "contacts" if kind.name != "contacts" else "patients"
    further = "users" if kind.name != "users" else "patients"
    content = json.dumps({other: [PATIENT], name: record, further: [USER], "exported_at": "2026-01-01"})
    read = desk.read({FILE: content})
    file = read.by_path[f"{FILE}#{name}"]
    assert (file.kind, file.rows, file.refused) == (kind.name, 1, None)
    assert [each.rows for each in read.files] == [1, 1, 1]
    assert len(verified(content, name)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_record_gives_the_same_row_as_its_list(desk: Desk, kind: Kind[Any]) -> None:
    name, record = kind.recognition.json_keys[0], rows_of(kind, 70)[0]
    other = "contacts" if kind.name != "contacts" else "patients"
    path = f"{FILE}#{name}"
    alone = desk.read({FILE: json.dumps({other: [PATIENT], name: record})})
    rows = alone.rows(alone.by_path[path]) if kind.imported else []
    alone.index.close()
    listed = desk.read({FILE: json.dumps({other: [PATIENT], name: [record]})})
    assert rows == (listed.rows(listed.by_path[path]) if kind.imported else [])


@pytest.mark.parametrize(
    "content",
    [
        {"patients": [PATIENT], "user": USER},
        {"user": USER, "patients": [PATIENT]},
        {"patients": PATIENT, "user": USER},
        {"patients": PATIENT, "owner": USER, "meta": {"id": 1, "page": 2}},
    ],
)
def test_a_record_under_any_name_is_recognised_by_its_members(desk: Desk, content: dict[str, Any]) -> None:
    read = desk.read({FILE: json.dumps(content)})
    assert sorted((file.kind or "", file.rows) for file in read.files) == [("patients", 1), ("users", 1)]
    assert len({file.path for file in read.files}) == 2


@pytest.mark.parametrize("text", ['{"patient": %s}', '[{"patient": %s}]', '{"patient": %s}\n{"patient": %s}'])
def test_a_record_alone_is_read(desk: Desk, text: str) -> None:
    rows = [json.dumps(PATIENT | {"id": f"{n}"}) for n in range(1, 1 + text.count("%s"))]
    content = text % tuple(rows)
    read = desk.read({FILE: content})
    assert (read.only_file.kind, read.only_file.rows) == ("patients", len(rows))
    assert [row["id"] for row in verified(content, None)] == [row.cells["id"] for row in read.rows()]


@pytest.mark.parametrize(
    "beside",
    [
        {"user": {"id": "9", "name": "Uma"}},  # who made the export
        {"practitioner": {"links": {"self": "https://x/v1/practitioners/3"}}},
        {"meta": {"id": 3, "page": 1}},
        {"links": {"self": "https://x"}, "patients": None},
        {"businesses": {}},
    ],
)
def test_page_metadata_is_not_a_record(desk: Desk, beside: dict[str, Any]) -> None:
    read = desk.read({FILE: json.dumps({"contacts": [{"id": "1", "first_name": "C", "type_code": 1}], **beside})})
    assert [(file.path, file.rows) for file in read.files] == [(FILE, 1)]
