"""Rows that are too large are held under their own id, with the rows that refer to them."""

import json
from pathlib import Path

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
