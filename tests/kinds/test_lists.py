"""Short lists of an export: prices, concessions and alerts go to the records that refer to them."""

from collections.abc import Iterator

import pytest

from tests.harness.clinic import runtime_in
from tests.register.story import Desk, Tried, export, table

WHEN = "2026-01-01T09:00:00Z"
LISTS = {
    "billable_items.csv": table(("id", "item_code", "name", "price"), ("70", "PHY1", "Consult", "$95.50")),
    "concession_types.csv": table(("id", "name"), ("5", "Pensioner"), ("6", "Student")),
    "medical_alerts.csv": table(
        ("id", "patient_id", "name", "archived_at"),
        ("1", "11", "Latex allergy", ""),
        ("2", "11", "Pacemaker", ""),
        ("3", "11", "Penicillin", WHEN),
        ("4", "10", "Epilepsy", ""),  # of somebody who was merged into 11
        ("5", "404", "Asthma", ""),
    ),
}
PATIENTS = [
    {"medical_alerts": "Pacemaker", "concession_type_id": "5"},
    {"id": "10", "merged_at": WHEN, "merged_with_patient_id": "11", "concession_type_id": ""},
    {"id": "12", "first_name": "Bea", "concession_type_id": "77"},
]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    priced = [
        {"price": "", "billable_item_id": "70"},
        {"id": "10", "name": "Review", "price": "60.00", "billable_item_id": "70"},
        {"id": "11", "name": "Other", "price": "", "billable_item_id": "404"},
    ]
    with runtime_in(tmp_path_factory.mktemp("lists")) as runtime:
        yield Desk(runtime).tried(export(patients=PATIENTS, appointment_types=priced) | LISTS)


def test_a_service_has_the_price_of_its_billable_item(tried: Tried) -> None:
    result = {s["source_id"]: (s["price"], s["item_code"]) for s in tried.records("services")}
    assert result == {"9": ("95.5", "PHY1"), "10": ("60", "PHY1"), "11": ("0", None)}
    assert [(p["count"], p["source_id"]) for p in tried.problems("price_unknown")] == [(1, "11")]


def test_a_concession_is_called_by_its_name(tried: Tried) -> None:
    values = {v["source_id"]: v["text"] for v in tried.records("custom_field_values")}
    assert values == {"11:field:Concession type": "Pensioner", "12:field:Concession type": "77"}


def test_alerts_of_a_file_join_those_of_the_patient_and_of_the_merged_one(tried: Tried) -> None:
    assert tried.record("clients", "11")["alert"] == "Pacemaker; Latex allergy; Epilepsy"
    assert tried.record("clients", "12")["alert"] is None


def test_every_row_of_a_list_is_counted(tried: Tried) -> None:
    assert tried.answer["balanced"]
    counts = {k["kind"]: k for k in tried.answer["kinds"]}
    alerts = counts["medical_alerts"]
    assert (alerts["read"], alerts["created"], alerts["skipped"], alerts["held"]) == (5, 3, 1, 1)
    for kind, rows in (("billable_items", 1), ("concession_types", 2)):
        assert (counts[kind]["read"], counts[kind]["skipped"]) == (rows, rows)
        assert [p["count"] for p in tried.problems("kind_not_imported", kind)] == [rows]


def test_an_archived_alert_is_reported_and_its_kind_moves(tried: Tried) -> None:
    assert [p["count"] for p in tried.problems("alert_archived", "medical_alerts")] == [1]
    assert not list(tried.problems("kind_not_imported", "medical_alerts"))


def test_an_absent_list_is_not_reported(tried: Tried) -> None:
    assert {p["kind"] for p in tried.problems("kind_absent")}.isdisjoint({k.removesuffix(".csv") for k in LISTS})
