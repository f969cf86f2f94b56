"""A trial in which records name other clients' visits and courses: each comes with its own client, and is told."""

from collections.abc import Iterator

import pytest

from app.caspen.ids import Ids
from tests.engine.story import clinic_in, engine_in
from tests.register.story import DIARY, Desk, Tried, export, told_of

ADA, BEN, CY = "11", "12", "13"
PEOPLE = [
    {},
    {"id": BEN, "first_name": "Ben", "last_name": "Cole"},
    {"id": CY, "first_name": "Cy", "last_name": "Dunn"},
]
CASES = [
    {"id": "51", "patient_id": ADA, "attendee_ids": "503"},
    {"id": "52", "patient_id": BEN, "attendee_ids": "501"},
]
CLASS = {"id": "79", "patient_ids": f"{ADA}, {BEN}", "max_attendees": "8", "patient_case_id": ""}
VISITS = [
    {"id": "77", "patient_ids": ADA, "patient_case_id": "52"},
    {"id": "78", "patient_ids": BEN, "patient_case_id": "52"},
    CLASS,
    {"id": "80", "patient_ids": BEN, "patient_case_id": ""},
]
PLACES = [
    {"id": "501", "booking_id": "77", "patient_id": ADA, "arrived": "true"},
    {"id": "503", "booking_id": "80", "patient_id": BEN, "arrived": "true"},
]
WRITTEN = {"treatment_notes": "88", "patient_forms": "91", "communications": "41"}
TABLES = {"treatment_notes": "progress_notes", "patient_forms": "forms", "communications": "communications"}
CODES = {
    "treatment_notes": "note_without_appointment",
    "patient_forms": "form_without_appointment",
    "communications": "link_conflict",
}


def written() -> dict[str, list[dict[str, str | None]]]:
    """Of each kind: Ben's about Ada's visit, Ben's about the class, Cy's about the class, Ben's about his own."""
    about = [(BEN, "77"), (BEN, "79"), (CY, "79"), (BEN, "78")]
    return {
        kind: [
            {"id": f"{key}{number}", "patient_id": client, "booking_id": visit}
            for number, (client, visit) in enumerate(about)
        ]
        for kind, key in WRITTEN.items()
    }


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    with engine_in(tmp_path_factory.mktemp("own")) as runtime:
        files = export(*DIARY, patients=PEOPLE, patient_cases=CASES, appointments=VISITS, attendees=PLACES, **written())
        yield Desk(runtime).tried(files)


def test_the_trial_balances_and_the_links_of_all_records_are_their_own_clients(tried: Tried) -> None:
    assert tried.told["balanced"], tried.codes
    assert not tried.codes & {"cells_not_found", "cells_in_doubt", "link_broken"}
    whose = {one["id"]: one["client_id"] for table in ("appointments", "cases") for one in tried.records(table)}
    records = [one for table in ("appointments", *TABLES.values()) for one in tried.records(table)]
    links = [(one, one.get("appointment_id") or one.get("case_id")) for one in records]
    assert [one["source_id"] for one, to in links if to and whose[to] != one["client_id"]] == []
    assert sum(to is not None for _, to in links) == 1 + 2 * len(TABLES)


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_was_written_comes_without_somebody_elses_visit_and_is_told(tried: Tried, kind: str) -> None:
    led = [tried.record(TABLES[kind], f"{WRITTEN[kind]}{n}")["appointment_id"] for n in range(4)]
    own, of_class = (
        next(one["id"] for one in tried.records("appointments") if one["source_id"] == key)
        for key in ("78", f"79:{BEN}")
    )
    assert led == [None, of_class, None, own]
    told = [(one["level"], one["count"]) for one in tried.problems(CODES[kind], kind)]
    assert told
    assert {level for level, _ in told} == {"warning"}
    assert {count for _, count in told} == {2}


def test_no_visit_counts_against_another_clients_course(tried: Tried) -> None:
    found = {one["source_id"]: one["case_id"] for one in tried.records("appointments")}
    course = Ids(tried.clinic.migration.workspace_id, "cliniko").derive("cases", "patient_cases", "52")
    assert found == {"77": None, "78": course, f"79:{ADA}": None, f"79:{BEN}": None, "80": None}
    assert [p["count"] for p in tried.problems("appointment_case_unknown", "appointments")] == [1]
    assert [p["count"] for p in tried.problems("appointment_case_unknown", "patient_cases")] == [2]


def test_a_later_export_never_leads_to_another_clients_record_of_an_earlier_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with engine_in(tmp_path_factory.mktemp("later")) as runtime:
        first = Desk(runtime).clinic()
        first.tried(export(*DIARY, patients=PEOPLE, appointments=VISITS[:2], patient_cases=CASES)).finalised()
        clinic = clinic_in(runtime, first.migration.workspace_id)
        clinic.hand_over(export(patients=PEOPLE[1:], **written()))
        clinic.drain()
        clinic.start_trial()
        clinic.drain()
        later = told_of(clinic)
        own = Ids(clinic.migration.workspace_id, "cliniko").derive("appointments", "appointments", "78")
        for kind, table in TABLES.items():
            led = [later.record(table, f"{WRITTEN[kind]}{n}")["appointment_id"] for n in range(4)]
            assert led == [None, None, None, own], kind
        assert later.told["balanced"], later.codes
