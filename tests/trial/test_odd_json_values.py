"""Odd values in the JSON files of an export go through a whole trial: empty, read, or reported."""

import json
from typing import Any

from tests.harness.clinic import Clinic
from tests.kinds.story import ROWS
from tests.kinds.test_nested_values import QUESTION, WITHOUT_CONTENT


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
