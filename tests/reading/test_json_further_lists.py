"""A JSON object around a list of objects is a page whose rows are recognised by their columns, under any list name. A
list of page metadata is not a file."""

import io
import json
from typing import Any

import pytest

from app.mapping.verified_kinds import bare_header
from app.trial.verification.plain import Headers, plain_rows
from tests.reading.story import SOURCE, Desk, ReadResult

HEADERS = Headers(
    frozenset({"id"}),
    frozenset(bare_header(h) for kind in SOURCE.kinds for placed in kind.columns for h in placed.normalised_headers()),
)
FILE = "export.json"
CLIENT = {"id": 11, "first_name": "Ann", "last_name": "Lee", "date_of_birth": "1980-03-02"}
ROWS = [CLIENT, CLIENT | {"id": 12}]
WORDS = ("client", "customer", "worker", "participant", "patient")
AROUND: dict[str, dict[str, Any]] = {
    "nothing": {},
    "what a page says": {"total_entries": 2, "links": {}},
    "words of a script": {"clinic": "North", "exported": "2026-11-20", "has_more": False},
}


def found_again(result: ReadResult, content: str) -> list[str]:
    """Returns the ids that verification finds in the only file."""
    [file] = result.files
    names = {key for kind in SOURCE.kinds for key in (kind.name, *kind.recognition.json_keys)} | set(
        file.facts.get("lists", ())
    )
    again = plain_rows(lambda: io.BytesIO(content.encode()), "utf-8", headers=HEADERS, lists=names)
    return [cells["id"] for _, cells in again]


def must_be_read(desk: Desk, content: str, kind: str, ids: list[str], name: str = FILE) -> None:
    result = desk.read({name: content})
    assert [(file.kind, file.rows) for file in result.files] == [(kind, len(ids))], content[:80]
    assert [row.cells["id"] for row in result.rows()] == ids
    assert found_again(result, content) == ids
    result.index.close()


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("word", WORDS)
def test_a_list_under_any_word_for_clients_holds_clients(desk: Desk, word: str, around: str) -> None:
    cases = [{"id": n, "patient_id": 11, "name": "Knee", "issue_date": "2026-01-01"} for n in (1, 2)]
    for name in (f"{word}s", f"{word.title()}s"):
        for rows in (ROWS, ROWS[:1]):
            ids = [str(row["id"]) for row in rows]
            must_be_read(desk, json.dumps({**AROUND[around], name: rows}), "patients", ids)
            must_be_read(desk, json.dumps({name: rows, **AROUND[around]}), "patients", ids)
    must_be_read(desk, json.dumps({f"{word}_cases": cases, **AROUND[around]}), "patient_cases", ["1", "2"])


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", ["people", "table1", "everybody", "All our people"])
def test_rows_under_an_unknown_name_are_recognised_by_their_columns(desk: Desk, name: str, around: str) -> None:
    must_be_read(desk, json.dumps({**AROUND[around], name: ROWS}), "patients", ["11", "12"])
    must_be_read(desk, json.dumps({name: ROWS[:1], **AROUND[around]}), "patients", ["11"])


@pytest.mark.parametrize("name", ["clients", "people"])
def test_pages_of_such_lists_are_read_all(desk: Desk, name: str) -> None:
    pages = [{"page": n, name: [row]} for n, row in enumerate(ROWS)]
    must_be_read(desk, json.dumps(pages), "patients", ["11", "12"])
    pages = [{name: [row], "total": 2} for row in ROWS]
    must_be_read(desk, json.dumps(pages), "patients", ["11", "12"])
    lines = "\n".join(json.dumps({name: [row]}) for row in ROWS)
    if name == "clients":
        must_be_read(desk, lines, "patients", ["11", "12"])


def test_a_list_that_is_larger_than_any_row_is_read_row_by_row(tmp_path: Any, desk: Desk) -> None:
    desk.limits = type(desk.limits)(row_bytes=400)
    rows = [CLIENT | {"id": n} for n in range(10, 30)]
    for name in ("clients", "people"):
        must_be_read(desk, json.dumps({name: rows}), "patients", [str(row["id"]) for row in rows])


def test_rows_without_known_columns_are_an_unrecognised_file(desk: Desk) -> None:
    result = desk.read({FILE: json.dumps({"shoes": [{"left": 1}, {"left": 2}], "total": 2})})
    assert (result.only_file.kind, result.problem("unrecognised_file").file) == (None, FILE)
    assert result.only_file.facts["rows_seen"] == 2


def test_several_unknown_lists_are_a_file_each(desk: Desk) -> None:
    result = desk.read({FILE: json.dumps({"people": ROWS, "shoes": [{"left": 1}], "clinic": "North"})})
    assert {file.path: (file.kind, file.rows) for file in result.files} == {
        f"{FILE}#people": ("patients", 2),
        f"{FILE}#shoes": (None, 0),
    }


@pytest.mark.parametrize(
    "row",
    [
        CLIENT | {"phone_numbers": [{"number": "02 1", "phone_type": "Home"}]},
        {"phone_numbers": [{"number": "02 1", "phone_type": "Home"}]} | CLIENT,
        CLIENT | {"shoes": [{"left": 1, "right": 2}]},
        {"shoes": [{"left": 1, "right": 2}]} | CLIENT,
        CLIENT | {"clients": [{"id": 5}]},
    ],
)
def test_a_row_with_a_list_of_its_own_stays_a_row(desk: Desk, row: dict[str, Any]) -> None:
    for content in (row, [row], [CLIENT | {"id": 9}, row]):
        result = desk.read({FILE: json.dumps(content)})
        assert result.only_file.kind == "patients"
        assert result.rows()[-1].cells["id"] == "11"
        result.index.close()


@pytest.mark.parametrize("name", ["meta", "Pagination", "page", "meta_data"])
@pytest.mark.parametrize("said", [{"p": 1}, {"page": 1, "per_page": 50, "total": 3}])
def test_a_list_of_page_metadata_is_not_a_file(desk: Desk, name: str, said: dict[str, Any]) -> None:
    for content in (
        {"patients": ROWS, name: [said]},
        {name: [said], "patients": ROWS},
        {"clients": ROWS, name: [said]},
    ):
        result = desk.read({FILE: json.dumps(content)})
        assert (result.only_file.path, result.only_file.kind, result.only_file.rows) == (FILE, "patients", 2)
        assert "unrecognised_file" not in result.codes
        result.index.close()


@pytest.mark.parametrize("held", [[{"id": 1}], [{"p": 1}, {"p": 2}], [{"p": [1]}], [{"first_name": "Bo"}]])
def test_a_list_of_possible_records_is_reported_under_any_name(desk: Desk, held: list[Any]) -> None:
    result = desk.read({FILE: json.dumps({"patients": ROWS, "meta": held})})
    assert {file.path for file in result.files} == {f"{FILE}#patients", f"{FILE}#meta"}
