"""A visit without a type waits for the clinic's decision; then it belongs to "Unknown type" or to a service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice
from app.reading.inventory import Inventory
from tests.harness.clinic import runtime_in
from tests.match.test_match import ref, suggest, workspace
from tests.register.story import DIARY, Desk, Tried, export

UNKNOWN = "name:unknown type"
UNTYPED = {"appointment_type_id": "", "appointment_type": ""}
VISITS = [
    {"id": "77"},
    {"id": "78", "starts_at": "2026-04-12 09:00:00 +1000", "ends_at": "", **UNTYPED},
    {"id": "79", "starts_at": "2026-04-13 09:00:00 +1000", "ends_at": "", **UNTYPED},
]
NOTES = [{"id": "88", "booking_id": "77"}, {"id": "89", "booking_id": "78"}]


def tried_with(folder: Path, to: Choice | None = None) -> Iterator[Tried]:
    with runtime_in(folder) as runtime:
        kinds = (kind for kind in DIARY if kind != "treatment_notes")
        files = export(*kinds, appointments=VISITS, treatment_notes=NOTES)
        yield Desk(runtime).tried(files, services={UNKNOWN: to} if to else None)


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    yield from tried_with(tmp_path_factory.mktemp("undecided"))


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    yield from tried_with(tmp_path_factory.mktemp("brought"), to=Choice(to="create"))


@pytest.fixture(scope="module")
def left_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    yield from tried_with(tmp_path_factory.mktemp("left_out"), to=Choice(to="leave_out"))


def test_visits_without_a_type_wait_and_the_code_says_why(undecided: Tried) -> None:
    held = [p.source_id for p in undecided.clinic.problems("trial:1") if p.code == "appointment_type_missing"]
    assert held == ["78", "79"]
    assert [record["source_id"] for record in undecided.records("appointments")] == ["77"]
    codes = {problem["code"] for problem in undecided.answer["problems"]}
    assert codes.isdisjoint({"appointment_type_ambiguous", "appointment_type_created_from_name"})
    assert undecided.answer["balanced"]


def test_no_service_is_made_while_they_wait_and_their_notes_come_without_them(undecided: Tried) -> None:
    assert UNKNOWN not in {service["source_id"] for service in undecided.records("services")}
    visits = {record["id"] for record in undecided.records("appointments")}
    assert {note["appointment_id"] for note in undecided.records("progress_notes")} == {None, *visits}


def test_visits_get_the_unknown_type_if_the_clinic_decides_so(brought: Tried) -> None:
    service = brought.record("services", UNKNOWN)
    assert (service["name"], service["status"]) == ("Unknown type", "archived")
    found = {record["source_id"]: record["service_id"] for record in brought.records("appointments")}
    assert found["78"] == found["79"] == service["id"] != found["77"]
    assert brought.answer["balanced"]


def test_visits_without_a_type_are_left_out_if_the_clinic_decides_so(left_out: Tried) -> None:
    (kind,) = (kind for kind in left_out.answer["kinds"] if kind["kind"] == "appointments")
    assert (kind["created"], kind["left_out"], kind["held"]) == (1, 2, 0)
    assert left_out.answer["balanced"]


def test_the_unknown_type_is_asked_about_and_never_brought_by_itself() -> None:
    asked = suggest(
        Inventory(references={"appointment_types": (ref(UNKNOWN, "Unknown type", appointments=2, unnamed=True),)}),
        workspace(),
    )
    (suggestion,) = asked.roles[KindRole.SERVICE]
    assert (suggestion.certainty, suggestion.why) == ("unsure", "These appointments name none")
