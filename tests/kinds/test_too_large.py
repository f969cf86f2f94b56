"""Rows that are too large are held under their own id, with the rows that refer to them."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.reading.limits import MOST_PARTS
from tests.harness.clinic import runtime_in
from tests.register.story import Desk

MIB = 1 << 20


def test_rows_of_a_client_who_is_too_large_are_held_and_verification_misses_nothing(tmp_path: Path) -> None:
    people = [
        {"id": 1, "date_of_birth": "1980-01-01", "notes": "x" * 9 * MIB, "first_name": "Ann", "last_name": "Lee"},
        {"id": 2, "date_of_birth": "1981-01-01", "first_name": "Bo", "last_name": "Lee"},
    ]
    files = {"patients.json": json.dumps(people), "cases.csv": "id,patient_id,name,max_sessions\n7,1,Knee,\n8,2,Hip,\n"}
    with runtime_in(tmp_path) as runtime:
        tried = Desk(runtime).tried(files)
    assert [(p["count"], p["source_id"]) for p in tried.problems("cell_too_large", "patients")] == [(1, "1")]
    assert [(p["count"], p["source_id"]) for p in tried.problems("parent_not_imported", "patient_cases")] == [(1, "7")]
    assert tried.problems("patient_name_missing", "patients") == []
    assert tried.answer["balanced"]


Shape = Callable[[int], object]
SHAPES: Mapping[str, Shape] = {
    "objects of a number": lambda most: {"sections": [{"a": 1} for _ in range(most)]},
    "lists of a number": lambda most: {"sections": [[1] for _ in range(most)]},
    "sections": lambda most: {"sections": [{"name": "Knee"} for _ in range(most)]},
    "questions": lambda most: {"sections": [{"questions": [{"name": "q", "answer": "a"}] * most}]},
    "options": lambda most: {"sections": [{"questions": [{"type": "checkboxes", "answers": [{"value": "a"}] * most}]}]},
}


def in_rows(content: object) -> dict[str, str]:
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(("Id", "Patient Id", "Content"))
    writer.writerow((5, 1, json.dumps(content)))
    writer.writerow((6, 1, "Knee is better."))
    return {"treatment_notes.csv": rows.getvalue()}


def in_json(content: object) -> dict[str, str]:
    notes = [
        {"id": 5, "patient_id": 1, "content": content},
        {"id": 6, "patient_id": 1, "content": "Knee is better."},
    ]
    return {"treatment_notes.json": json.dumps(notes)}


@pytest.mark.parametrize("written", [in_rows, in_json])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_note_of_more_parts_than_any_person_writes_is_held_alone(
    shape: str, written: Callable[[object], dict[str, str]], tmp_path: Path
) -> None:
    """Each object of a note takes hundreds of bytes when the note is read, however few bytes it has in the file."""
    clients = {"patients.csv": "id,first_name,last_name,date_of_birth\n1,Ann,Lee,1980-01-01\n"}
    with runtime_in(tmp_path) as runtime:
        tried = Desk(runtime).tried({**clients, **written(SHAPES[shape](MOST_PARTS + 1))})
    held = [(p["count"], p["source_id"]) for p in tried.problems("cell_too_large", "treatment_notes")]
    assert held == [(1, "5")]
    assert tried.problems("bad_json", "treatment_notes") == []
    assert tried.answer["balanced"]
