"""Odd values in the JSON files of an export go through a whole trial: empty, read, or reported."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.sources import source
from app.trial import verification
from tests.harness.clinic import Clinic
from tests.kinds.story import ROWS
from tests.kinds.test_nested_values import QUESTION, WITHOUT_CONTENT
from tests.kinds.test_structures_in_columns_of_words import STRUCTURES
from tests.mapping.test_empty_items_and_single_objects import CONTENTS, odd_forms
from tests.shapes.export import BESIDE, KINDS
from tests.shapes.shapes import nested, text
from tests.shapes.tried import WRONG

DEPTHS = range(100, 1100, 50)


def deep(depth: int) -> Iterator[str]:
    """JSON of nested lists and objects, with and without a word inside."""
    for inner in ("null", '"word"'):
        yield f"{'[' * depth}{inner}{']' * depth}"
        yield f"""{'{"a":' * depth}{inner}{"}" * depth}"""


def rows_with(kind: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    """A row for each column of a kind and each value."""
    template, placed = nested(KINDS[kind][0]), source("cliniko").kind(kind).columns
    key = next((p.column.native for p in placed if p.column.is_key), "Field Name")  # a value has no id of its own
    headers = [each.column.native if each.column.native in template else each.name for each in placed]
    cases = [(header, value) for header in headers for value in values if header != key]
    return [{**template, key: str(n), header: value} for n, (header, value) in enumerate(cases, start=5000)]


def test_json_values_without_content_are_empty_cells_in_every_column_of_every_kind(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "ROWS", 10_000)
    files = {f"{kind}.json": text([*rows, *rows_with(kind, WITHOUT_CONTENT)]) for kind, rows in KINDS.items()}
    clinic.tried({**files, **BESIDE})
    assert (clinic.codes("trial:1") | clinic.codes("export:1")).isdisjoint(WRONG)
    assert clinic.trial.balanced


def test_a_deeply_nested_value_decides_for_its_row_at_most(clinic: Clinic) -> None:
    values = [value for depth in DEPTHS for value in deep(depth)]
    template = {"first_name": "Ann", "last_name": "Lee", "date_of_birth": "1980-02-13"}
    rows = [json.dumps({"id": str(n), **template})[:-1] + f', "title": {v}}}' for n, v in enumerate(values, start=1000)]
    clinic.tried({"patients.json": f"[{','.join(rows)}]"})
    assert clinic.trial.balanced
    held = {line.source_id for line in clinic.problems("trial:1") if line.code == "cell_too_large"}
    with clinic.runtime.caspen.trial(clinic.id, 1).database.connection(reading=True) as connection:
        moved = set(connection.exec_driver_sql("SELECT source_id FROM clients").scalars())
    assert moved | held == {str(n) for n, _ in enumerate(values, start=1000)}
    assert moved >= {str(1000 + at) for at, value in enumerate(values) if len(value) < 1000}


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


def test_a_trial_of_structures_in_columns_of_words_balances(clinic: Clinic) -> None:
    rows = {kind: [ROWS[kind]] for kind in ("businesses", "users", "practitioners")}
    people = [
        {"id": str(2000 + number), "first_name": "Ann", "last_name": f"Lee{number}", "notes": value, "city": value}
        for number, (value, _) in enumerate(STRUCTURES)
    ]
    notes = [
        {**ROWS["treatment_notes"], "id": str(3000 + number), "patient_id": "2000", "title": value}
        for number, (value, _) in enumerate(STRUCTURES)
    ]
    kinds: dict[str, list[Any]] = {**rows, "patients": people, "treatment_notes": notes}
    clinic.tried({f"{kind}.json": json.dumps(each) for kind, each in kinds.items()})
    assert clinic.trial.balanced
    codes = clinic.codes("trial:1") | clinic.codes("export:1")
    assert not codes & {"cells_not_found", "cells_in_doubt", "not_verified"}
    reported = {
        (line.kind, line.source_id, line.level) for line in clinic.problems("trial:1") if line.code == "bad_json"
    }
    ids = {("patients", each["id"]) for each in people} | {("treatment_notes", str(each["id"])) for each in notes}
    assert reported == {(kind, source_id, "warning") for kind, source_id in ids}
    with clinic.runtime.caspen.trial(clinic.id, 1).database.connection(reading=True) as connection:
        titles = connection.exec_driver_sql("SELECT title FROM progress_notes").scalars().all()
    assert {*titles} == {words for _, words in STRUCTURES}


def test_nulls_between_the_rows_of_every_kind_leave_the_trial_balanced(clinic: Clinic) -> None:
    files = {f"{kind}.json": text([None, *map(nested, rows), None]) for kind, rows in KINDS.items()}
    clinic.tried({**files, **BESIDE, "nothing.json": b"null", "contacts-2.json": b'{"contacts": null}'})
    assert (clinic.codes("trial:1") | clinic.codes("export:1")).isdisjoint(WRONG)
    assert clinic.trial.balanced
