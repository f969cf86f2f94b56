"""JSON exports: in every form each object is a row, and no number loses a digit."""

import io
import json
from collections.abc import Mapping

import pytest

from app.mapping.verified_kinds import bare_header
from app.trial.verification.plain import Headers, plain_rows
from tests.reading.story import SOURCE, Desk, patients

ANN = {"id": 1558354464010667075, "first_name": "Ann", "last_name": "Lee", "date_of_birth": None}
BO = {"id": "7", "first_name": "Bo", "last_name": "Lee", "archived_at": "2024-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ANN, BO]),
        json.dumps(ANN) + "\n" + json.dumps(BO) + "\n",
        json.dumps(ANN, indent=2) + json.dumps(BO),
        json.dumps({"patients": [ANN, BO], "total_entries": 2, "links": {"self": "https://x/patients"}}),
        json.dumps({"total_entries": 2, "patients": [ANN, BO]}),
        json.dumps({"patients": [ANN], "links": {}}) + "\n" + json.dumps({"patients": [BO]}),
        "\ufeff" + json.dumps([ANN, BO]),
    ],
)
def test_every_json_form_gives_the_same_rows(desk: Desk, text: str) -> None:
    result = desk.csv(text, "export.json")
    assert [(r.line, dict(r.cells)) for r in result.rows()] == [
        (1, {"id": "1558354464010667075", "first_name": "Ann", "last_name": "Lee"}),
        (2, {"id": "7", "first_name": "Bo", "last_name": "Lee", "archived_at": "2024-01-01T00:00:00Z"}),
    ]
    assert result.only_file.dialect == "api"


def test_a_relation_becomes_the_id_it_leads_to(desk: Desk) -> None:
    note = {
        "id": 1,
        "content": {"sections": [{"order": 1.50}]},
        "draft": False,
        "patient": {"links": {"self": "https://api.example/v1/patients/123"}},
        "practitioner": None,
        "booking": {},
    }
    result = desk.csv(json.dumps([note, {**note, "id": 2, "patient_id": "123"}]), "treatment_notes.json")
    first, second = result.rows()
    assert first.cells["patient_id"] == second.cells["patient_id"] == "123"
    assert first.cells["content"] == '{"sections":[{"order":1.5}]}'
    assert first.cells["draft"] == "false"
    assert "booking_id" not in first.cells


def test_two_different_links_to_a_patient_hold_the_row(desk: Desk) -> None:
    note = {"id": 1, "content": {}, "draft": True, "patient_id": "9", "patient": {"links": {"self": "https://x/p/8"}}}
    result = desk.csv(json.dumps([note]), "treatment_notes.json")
    assert (result.problem("link_conflict").line, result.rows()[0].codes) == (1, ("link_conflict",))


def test_missing_pages_are_counted_over_all_files_of_a_kind(desk: Desk) -> None:
    def page(who: Mapping[str, object]) -> str:
        return json.dumps({"patients": [who], "total_entries": 3})

    result = desk.read({"p1.json": page(ANN), "p2.json": page(BO)})
    assert result.problem("json_pages_missing").count == 1


def test_a_file_larger_than_any_buffer_is_streamed(desk: Desk) -> None:
    people = [{**ANN, "id": n, "notes": "x" * 500} for n in range(1, 5001)]
    result = desk.csv(json.dumps({"patients": people}), "patients.json")
    assert (result.only_file.rows, [r.line for r in result.rows()][-1]) == (5000, 5000)


@pytest.mark.parametrize("shape", ["[%s, %s]", "%s\n%s"])
def test_an_object_over_the_limit_is_held_and_the_next_one_read(desk: Desk, shape: str) -> None:
    large = json.dumps({**ANN, "notes": 'x"]}\\' * 200_000})
    result = desk.with_limits(row_bytes=300_000).csv(shape % (large, json.dumps(BO)), "patients.json")
    assert result.only_file.rows == 2
    assert [r.codes for r in result.rows()] == [("cell_too_large",), ()]
    assert result.rows()[1].cells["id"] == "7"
    assert result.rows()[0].cells == {name: str(cell) for name, cell in ANN.items() if cell}
    assert result.problem("cell_too_large").source_id == str(ANN["id"])
    assert result.problem("cell_too_large").count == 1
    assert "missing_id" not in result.codes


@pytest.mark.parametrize("shape", ["[%s, %s]", "%s\n%s"])
@pytest.mark.parametrize("sign", ["x", "é", "\U0001f600"])
def test_a_cell_is_measured_in_bytes_in_every_encoding(desk: Desk, shape: str, sign: str) -> None:
    just = sign * (40_000 // len(sign.encode()))
    ann, bo = ({**who, "notes": notes} for who, notes in ((ANN, just), (BO, just + sign)))
    texts = (json.dumps(one, ensure_ascii=False) for one in (ann, bo))
    result = desk.with_limits(cell_bytes=40_000).csv(shape % tuple(texts), "patients.json")
    assert [r.codes for r in result.rows()] == [(), ("cell_too_large",)]
    assert result.problem("cell_too_large").source_id == "7"


def test_an_object_of_many_large_cells_is_held(desk: Desk) -> None:
    large = json.dumps({**ANN, **{f"more{n}": "x" * 900 for n in range(9)}})
    result = desk.with_limits(row_bytes=4_000).csv(f"{large}\n{json.dumps(BO)}", "patients.json")
    assert [r.codes for r in result.rows()] == [("cell_too_large",), ()]


def test_objects_behind_an_oversized_object_are_read(desk: Desk) -> None:
    large = json.dumps({"id": "5", "notes": "x" * 400_000, "first_name": "Cy"})
    result = desk.with_limits(row_bytes=300_000).csv(f"[{large}, {json.dumps(BO)}]", "patients.json")
    assert result.problem("cell_too_large").source_id == "5"
    assert "patient_name_missing" not in result.codes


@pytest.mark.parametrize("shape", ["[%s, %s]", "%s\n%s"])
def test_an_object_of_more_cells_than_a_table_may_have_is_refused_before_it_is_held(desk: Desk, shape: str) -> None:
    many = json.dumps({**ANN, **{f"more{n}": n for n in range(2_000)}})
    result = desk.csv(shape % (many, json.dumps(BO)), "patients.json")
    assert result.only_file.refused == "csv_misaligned"


def test_odd_numbers_survive(desk: Desk) -> None:
    result = desk.csv('[{"id": %s, "first_name": "A", "last_name": "B", "dob": 1e5}]' % ("9" * 5000), "patients.json")
    assert result.rows()[0].cells["id"] == "9" * 5000
    assert result.rows()[0].cells["date_of_birth"] == "1e5"


def test_endless_nesting_is_refused(desk: Desk) -> None:
    assert desk.csv("[" * 200_000, "patients.json").only_file.refused == "bad_json"
    assert desk.csv('[{"id":' + "[" * 200_000, "patients.json").only_file.refused == "bad_json"


PAGES = {
    "before": {"errors": [], "meta": {"page": 1}, "patients": [ANN, BO], "total_entries": 2},
    "behind": {"patients": [ANN, BO], "errors": [], "total_entries": 2},
    "objects": {"errors": [{"message": "slow"}], "generated_at": "2026-11-20", "patients": [ANN, BO]},
    "another name": {"status": "ok", "data": [ANN, BO]},
    "results": {"results": [ANN, BO], "count": 2},
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("indent", [None, 4])
def test_a_list_of_rows_makes_a_page_with_any_other_members(
    desk: Desk, page: Mapping[str, object], indent: int | None
) -> None:
    text = json.dumps(page, indent=indent)
    result = desk.csv(text, "patients.json")
    assert [row.cells["id"] for row in result.rows()] == [str(ANN["id"]), "7"]
    kind = SOURCE.kind("patients")
    known = Headers(frozenset({"id"}), frozenset(map(bare_header, (p.name for p in kind.columns))))
    again = plain_rows(lambda: io.BytesIO(text.encode()), "utf-8", headers=known, lists=("patients",))
    assert [row["id"] for _, row in again] == [str(ANN["id"]), "7"]


def test_a_list_inside_a_row_makes_no_page_of_it(desk: Desk) -> None:
    ann = {**ANN, "medical_alerts": [{"name": "Latex"}], "items": [{"x": 1}]}
    result = desk.csv(json.dumps(ann), "patients.json")
    assert [row.cells["id"] for row in result.rows()] == [str(ANN["id"])]


@pytest.mark.parametrize("begins", ["// export\n", "/* export */", "# export\n", "export = "])
def test_a_text_before_the_json_is_reported_as_damaged_json(desk: Desk, begins: str) -> None:
    assert desk.csv(begins + json.dumps([ANN, BO]), "patients.json").only_file.refused == "bad_json"


def test_a_table_named_json_is_read_as_a_table(desk: Desk) -> None:
    assert desk.csv(patients(3), "patients.json").only_file.rows == 3
