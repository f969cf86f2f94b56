"""A row that lacks a column of another row with its key says nothing about that column, and contradicts no value."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.mapping.context import DateOrder
from app.reading.parts import PartHead, PartRow
from app.resolving.rows_again import _statements
from app.sources import source
from tests.harness.clinic import Clinic
from tests.kinds.story import ROWS, context
from tests.resolve.test_same_rows import table
from tests.shapes.export import BESIDE, KINDS

MORE: Mapping[str, dict[str, str]] = {
    "patients": {
        "accepted_privacy_policy": "accepted",
        "sex": "Female",
        "phone_mobile": "0400 111 222",
        "city": "Hay",
        "referral_source": "Google",
    },
    "contacts": {"type": "Doctor", "phone_work": "02 9123 4567", "city": "Hay"},
}
DECIDES = {
    *(("custom_field_values", name) for name in ("field_token", "patient_id")),
    ("appointments", "patient_ids"),
}
"""Without these the row is another thing: a value of a field by name, of nobody, a busy time."""


def columns() -> list[tuple[str, str]]:
    names = [kind.name for kind in source("cliniko").kinds if kind.imported and kind.name in ROWS]
    keys = {(kind.name, p.name) for kind in source("cliniko").kinds for p in kind.columns if p.column.is_key}
    filled = {name: {column for column, cell in (ROWS[name] | MORE.get(name, {})).items() if cell} for name in names}
    return sorted((name, column) for name in names for column in filled[name] if (name, column) not in keys | DECIDES)


def statements(kind: str, cells: Mapping[str, str]) -> Mapping[str, str]:
    head = PartHead(kind, "a.csv", 1, tuple(cells), DateOrder.DAY_FIRST)
    made = _statements(source("cliniko").kind(kind), PartRow(2, cells), head, context())
    assert made is not None
    return made


@pytest.mark.parametrize(("kind", "column"), columns())
def test_a_row_without_a_column_contradicts_no_value_of_it(kind: str, column: str) -> None:
    whole: dict[str, Any] = {name: cell for name, cell in (ROWS[kind] | MORE.get(kind, {})).items() if cell is not None}
    of_whole = statements(kind, whole)
    less = statements(kind, {name: cell for name, cell in whole.items() if name != column})
    assert {name: of_whole.get(name) for name in less} == less


@pytest.mark.parametrize(("one", "other"), [("accepted", "rejected"), ("accepted", "no response"), ("accepted", "")])
def test_another_answer_to_the_privacy_policy_is_a_contradiction(one: str, other: str) -> None:
    first, second = (
        statements("patients", {"id": "7", "first_name": "Ann", "last_name": "Lee", "accepted_privacy_policy": cell})
        for cell in (one, other)
    )
    assert first["accepted_privacy_policy"] != second["accepted_privacy_policy"]


def test_a_second_list_of_clients_with_fewer_columns_holds_nobody(clinic: Clinic) -> None:
    few = ("Patient ID", "First Name", "Last Name", "Email")
    rows = [{**row, "Accepted Privacy Policy": "Accepted"} for row in KINDS["patients"]]
    files: dict[str, str | bytes] = {f"{kind}.csv": table(rows) for kind, rows in KINDS.items()}
    files["patients.csv"] = table(rows)
    files["again/patients.csv"] = table([{name: row[name] for name in few if name in row} for row in rows])
    clinic.tried({**files, **BESIDE})
    clients = next(kind for kind in clinic.trial.kinds if kind["kind"] == "patients")
    assert (clients["created"], clients["skipped"], clients["held"]) == (len(rows), len(rows), 0)
