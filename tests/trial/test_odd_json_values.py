"""Odd values in the JSON files of an export go through a whole trial: empty, read, or reported."""

import json
from typing import Any

from tests.harness.clinic import Clinic
from tests.kinds.story import ROWS
from tests.kinds.test_nested_values import QUESTION, WITHOUT_CONTENT
from tests.mapping.test_empty_items_and_single_objects import CONTENTS, odd_forms


def test_odd_json_values_of_an_export_are_read(clinic: Clinic) -> None:
    patients = [
        {"id": str(1000 + n), "first_name": "Ann", "last_name": f"Lee{n}", "concession_type": value}
        for n, value in enumerate((*WITHOUT_CONTENT, "Pensioner"))
    ]
    patients[0]["custom_fields"] = {"sections": [{"name": "S", "fields": ["zq", QUESTION]}]}
    hours = {"id": "31", "practitioner_id": "7", "business_id": "3", "day_of_week": 1}
    slot = {"starts_at": "09:00", "ends_at": "12:00"}
    kinds: dict[str, list[Any]] = {kind: [ROWS[kind]] for kind in ("businesses", "users", "practitioners")}
    kinds |= {"patients": patients, "practitioner_availability": [{**hours, "availabilities": slot}]}
    clinic.tried({f"{kind}.json": json.dumps(rows) for kind, rows in kinds.items()})
    assert clinic.trial.balanced
    with clinic.runtime.caspen.trial(clinic.id, 1).database.connection(reading=True) as connection:
        values = connection.exec_driver_sql("SELECT text FROM custom_field_values ORDER BY text").scalars().all()
        spans = connection.exec_driver_sql("SELECT starts_at, ends_at FROM availability").all()
    assert values == ["Pensioner", "v"]
    assert [tuple(span) for span in spans] == [("09:00", "12:00")]
    (line,) = [line for line in clinic.problems("trial:1") if line.code == "bad_json"]
    assert (line.kind, line.source_id, line.level) == ("patients", "1000", "warning")


def test_a_trial_of_odd_contents_balances(clinic: Clinic) -> None:
    forms = [form for _, form in odd_forms()] + [usual["sections"] for usual in CONTENTS]
    notes = [
        {**ROWS["treatment_notes"], "id": str(5000 + number), "content": form if number % 2 else json.dumps(form)}
        for number, form in enumerate(forms)
    ]
    kinds = {kind: [ROWS[kind]] for kind in ("businesses", "users", "practitioners", "patients")}
    files = {f"{kind}.json": json.dumps(rows) for kind, rows in (kinds | {"treatment_notes": notes}).items()}
    clinic.tried(files)
    codes = clinic.codes("trial:1") | clinic.codes("export:1")
    assert clinic.trial.balanced
    assert not codes & {"bad_json", "note_empty", "cells_not_found", "cells_in_doubt", "not_verified"}
    with clinic.runtime.caspen.trial(clinic.id, 1).database.connection(reading=True) as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM progress_notes").scalars().all()
    assert len(bodies) == len(forms)
