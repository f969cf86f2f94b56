"""A trial in which records name other clients' visits and cases: each is imported with its own client, and reported."""

from collections.abc import Iterator, Mapping

import pytest

from app.caspen.record_ids import Ids, new_id
from app.caspen.tables import Client
from app.mapping.plan import Choice
from app.migration.plans import plan_of, save_plan
from app.resolving import RULES, own_records, settle_index
from tests.harness.clinic import MEGAN, Clinic, clinic_in, runtime_in
from tests.register.story import DIARY, Desk, Files, Tried, export, told_of

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
CLASS = {"id": "79", "patient_ids": f"{ADA}, {BEN}", "max_attendees": "8", "patient_case_id": "52"}
WITH_PLACES = {**CLASS, "id": "81", "patient_ids": f"{ADA}, {BEN}, {CY}"}
OF_NOBODY = {**CLASS, "id": "82", "patient_ids": f"{ADA}, {CY}"}
ALONE = {**CLASS, "id": "83", "patient_ids": BEN}
VISITS = [
    {"id": "77", "patient_ids": ADA, "patient_case_id": "52"},
    {"id": "78", "patient_ids": BEN, "patient_case_id": "52"},
    CLASS,
    {"id": "80", "patient_ids": BEN, "patient_case_id": ""},
    WITH_PLACES,
    OF_NOBODY,
    ALONE,
]
PLACES = [
    {"id": "501", "booking_id": "77", "patient_id": ADA, "arrived": "true"},
    {"id": "503", "booking_id": "80", "patient_id": BEN, "arrived": "true"},
    *({"id": f"51{one}", "booking_id": "81", "patient_id": one, "arrived": "true"} for one in (ADA, BEN)),
]
OWN_COURSE = {"78", f"79:{BEN}", f"81:{BEN}", f"83:{BEN}"}  # the visits that count against Ben's course
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
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("own")) as runtime:
        yield Desk(runtime)


@pytest.fixture(scope="module")
def tried(desk: Desk) -> Tried:
    return desk.tried(whole())


def whole() -> Files:
    return export(*DIARY, patients=PEOPLE, patient_cases=CASES, appointments=VISITS, attendees=PLACES, **written())


def later_in(desk: Desk, workspace: str, files: Files, clients: Mapping[str, str] | None = None) -> Tried:
    """One more move into a workspace. `clients` are matched with clients that people made there."""
    return in_(clinic_in(desk.runtime, workspace), files, clients)


def in_(clinic: Clinic, files: Files, clients: Mapping[str, str] | None = None) -> Tried:
    clinic.hand_over(files)
    clinic.drain()
    if clients:
        with clinic.runtime.ledger.write() as session:
            chosen = {key: Choice(to="match", id=there) for key, there in clients.items()}
            save_plan(session, clinic.id, plan_of(clinic.migration).model_copy(update={"clients": chosen}), MEGAN)
    clinic.start_trial()
    clinic.drain()
    return told_of(clinic)


def made_by_people(clinic: Clinic) -> str:
    """A client in a clinic's workspace whom no move brought."""
    there = Client(
        workspace_id=clinic.migration.workspace_id, id=new_id("clients"), first_name="Other", last_name="Name"
    )
    with clinic.runtime.caspen.live.database.write() as session:
        session.add(there)
        session.flush()
        return there.id


def test_the_trial_balances_and_the_links_of_all_records_are_their_own_clients(tried: Tried) -> None:
    assert tried.answer["balanced"], tried.codes
    assert not tried.codes & {"cells_not_found", "cells_in_doubt", "link_broken"}
    whose = {one["id"]: one["client_id"] for table in ("appointments", "cases") for one in tried.records(table)}
    records = [one for table in ("appointments", *TABLES.values()) for one in tried.records(table)]
    links = [(one, one.get("appointment_id") or one.get("case_id")) for one in records]
    assert [one["source_id"] for one, to in links if to and whose[to] != one["client_id"]] == []
    assert sum(to is not None for _, to in links) == len(OWN_COURSE) + 2 * len(TABLES)


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_note_is_imported_without_another_clients_visit_and_is_reported(tried: Tried, kind: str) -> None:
    led = [tried.record(TABLES[kind], f"{WRITTEN[kind]}{n}")["appointment_id"] for n in range(4)]
    own, of_class = (
        next(one["id"] for one in tried.records("appointments") if one["source_id"] == key)
        for key in ("78", f"79:{BEN}")
    )
    assert led == [None, of_class, None, own]
    reported = [(one["level"], one["count"]) for one in tried.problems(CODES[kind], kind)]
    assert reported
    assert {level for level, _ in reported} == {"warning"}
    assert {count for _, count in reported} == {2}


def test_no_visit_counts_against_another_clients_course(tried: Tried) -> None:
    found = {one["source_id"]: one["case_id"] for one in tried.records("appointments")}
    course = Ids(tried.clinic.migration.workspace_id, "cliniko").derive("cases", "patient_cases", "52")
    assert {key for key, case in found.items() if case} == OWN_COURSE
    assert {case for case in found.values() if case} == {course}
    reported = [
        p for p in tried.clinic.problems("trial:1") if (p.code, p.kind) == ("appointment_case_unknown", "appointments")
    ]
    assert {p.source_id for p in reported} == {"77", "79", "81", "82"}
    assert [p["count"] for p in tried.problems("appointment_case_unknown", "patient_cases")] == [2]


def test_a_later_export_never_leads_to_another_clients_record_of_an_earlier_one(desk: Desk) -> None:
    first = desk.clinic()
    there = made_by_people(first)
    in_(first, export(*DIARY, patients=PEOPLE, appointments=VISITS[:2], patient_cases=CASES), {BEN: there})
    workspace = first.finalised().migration.workspace_id
    later = later_in(desk, workspace, export(patients=PEOPLE, **written()), {BEN: there})
    own = Ids(workspace, "cliniko").derive("appointments", "appointments", "78")
    for kind, table in TABLES.items():
        led = [later.record(table, f"{WRITTEN[kind]}{n}")["appointment_id"] for n in range(4)]
        assert led == [None, None, None, own], kind
    assert later.answer["balanced"], later.codes


def test_two_clients_who_are_one_in_the_workspace_are_no_reason_to_refuse(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made_by_people(clinic)
    found = in_(clinic, whole(), {ADA: there, BEN: there})
    assert found.answer["balanced"], found.codes


def test_a_trial_that_hangs_a_record_on_another_clients_does_not_balance(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle_index, "RULES", tuple(rule for rule in RULES if rule is not own_records.apply))
    found = desk.tried(whole())
    broken = {(one["column"], one["count"]) for one in found.problems("link_broken")}
    assert not found.answer["balanced"]
    assert broken == {
        ("appointments.case_id", 2),
        *((f"{table}.appointment_id", 1) for table in TABLES.values()),
    }
    seen = [*found.problems("cells_not_found"), *found.problems("cells_in_doubt")]
    assert {one["kind"] for one in seen} >= {"treatment_notes", "communications"}
