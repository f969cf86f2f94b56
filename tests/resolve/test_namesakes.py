"""Services with the same name are distinguished by their category, if an appointment gives it."""

from collections.abc import Iterator

import pytest

from tests.harness.clinic import runtime_in
from tests.register.story import DIARY, Desk, Tried, export

TYPES = [
    {"name": "Initial", "category": "Physio"},
    {"id": "10", "name": "Initial", "category": "Pilates"},
    {"id": "11", "name": "Initial", "category": "Massage"},
    {"id": "12", "name": "Initial", "category": "Massage"},
]


def visit(number: str, name: str, category: str) -> dict[str, str]:
    named = {"appointment_type_id": "", "appointment_type": name, "appointment_category": category}
    return {"id": number, "starts_at": f"2026-04-{number} 09:00:00 +1000", "ends_at": "", **named}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    visits = [
        visit("11", "Initial", "Physio"),
        visit("12", "initial", "PILATES"),
        visit("13", "Initial", ""),
        visit("14", "Initial", "Massage"),
        visit("15", "Initial", "Yoga"),
        visit("16", "Hydrotherapy", "Pool"),
    ]
    with runtime_in(tmp_path_factory.mktemp("namesakes")) as runtime:
        kinds = (kind for kind in DIARY if kind != "appointment_types")
        yield Desk(runtime).tried(export(*kinds, appointment_types=TYPES, appointments=visits))


def test_the_category_distinguishes_services_with_the_same_name(tried: Tried) -> None:
    services = {s["id"]: s["source_id"] for s in tried.records("services")}
    found = {a["source_id"]: services[a["service_id"]] for a in tried.records("appointments")}
    assert found == {"11": "9", "12": "10", "16": "name:hydrotherapy"}


def test_services_that_no_category_distinguishes_wait(tried: Tried) -> None:
    held = [p.source_id for p in tried.clinic.problems("trial:1") if p.code == "appointment_type_ambiguous"]
    assert held == ["13", "14", "15"]


def test_a_service_that_is_made_of_a_name_is_called_by_the_name_alone(tried: Tried) -> None:
    assert tried.record("services", "name:hydrotherapy")["name"] == "Hydrotherapy"
    assert tried.answer["balanced"]
