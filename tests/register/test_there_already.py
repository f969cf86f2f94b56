"""Problems of things that a workspace has already: from an earlier move, or made by people."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from app.caspen.gateway import Gateway
from app.caspen.record_ids import Ids, new_id
from app.caspen.tables import Client, CustomField
from app.mapping.plan import IDENTITY, Choice
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from tests.harness.clinic import MEGAN, Clinic, clinic_in, runtime_in
from tests.register.story import DIARY, Desk, Files, Tried, export, told_of

BORN = {"date_of_birth": "1980-02-13"}
ZOE = {**BORN, "email": "zoe@home.example", "phone_mobile": "0400 111 222"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("again")) as runtime:
        yield Desk(runtime)


def made(clinic: Clinic, thing: Client | CustomField) -> str:
    """Something that people made in a clinic's workspace."""
    thing.workspace_id = clinic.migration.workspace_id
    thing.id = new_id(str(thing.__tablename__))
    with clinic.runtime.caspen.live.database.write() as session:
        add(session, thing)
        return thing.id


def add(session: Session, thing: Client | CustomField) -> None:
    session.add(thing)
    session.flush()


def client(**more: Any) -> Client:
    known: dict[str, Any] = {"first_name": "Zoë", "last_name": "O'Brien", "date_of_birth": date(1980, 2, 13)} | more
    return Client(workspace_id="", id="", **known)


def field(name: str, type_: str, options: list[dict[str, Any]] | None = None) -> CustomField:
    return CustomField(workspace_id="", id="", name=name, type=type_, options=options)


def tried(clinic: Clinic, files: Files, chosen: Mapping[str, Choice] | None = None) -> Tried:
    clinic.hand_over(files)
    clinic.drain()
    if chosen:
        with clinic.runtime.ledger.write() as session:
            plan = plan_of(clinic.migration).model_copy(update={"clients": dict(chosen)})
            save_plan(session, clinic.id, plan, MEGAN, confirmed=True)
    clinic.start_trial()
    clinic.drain()
    return told_of(clinic)


@pytest.mark.parametrize(
    "there",
    [
        client(email="ZOE@home.example"),
        client(phone_number="+61400111222"),
        client(first_name="zoë", email=ZOE["email"]),
    ],
    ids=["email", "phone", "case"],
)
def test_a_client_who_may_be_there_waits_for_the_clinic_and_so_does_the_history(desk: Desk, there: Client) -> None:
    clinic = desk.clinic()
    made(clinic, there)
    files = export(
        *DIARY, patients=[ZOE, {"id": "12", "first_name": "Bea"}], appointments=[{}, {"id": "78", "patient_ids": "12"}]
    )
    found = tried(clinic, files)
    [problem] = found.problems("existing_client_match")
    assert (problem["level"], problem["kind"], problem["count"], problem["source_id"]) == ("held", "patients", 1, "11")
    assert [p["source_id"] for p in found.problems("parent_not_imported", "appointments")] == ["77"]
    assert (found.kind("patients")["held"], found.kind("appointments")["held"]) == (1, 1)
    assert [a["source_id"] for a in found.records("appointments")] == ["78"]
    assert found.answer["balanced"]


@pytest.mark.parametrize(
    "there",
    [client(email="other@home.example"), client(date_of_birth=date(1980, 2, 14), email=ZOE["email"]), client()],
    ids=["another address", "another birthday", "name and birthday alone"],
)
def test_a_namesake_is_another_client(desk: Desk, there: Client) -> None:
    clinic = desk.clinic()
    made(clinic, there)
    found = tried(clinic, export(patients=[ZOE]))
    assert found.problems("existing_client_match") == []
    assert found.kind("patients")["created"] == 1


def test_a_class_goes_on_without_the_member_who_waits(desk: Desk) -> None:
    clinic = desk.clinic()
    made(clinic, client(email=ZOE["email"]))
    together = {"patient_ids": "11, 12", "max_attendees": "5"}
    found = tried(clinic, export(*DIARY, patients=[ZOE, {"id": "12", "first_name": "Bea"}], appointments=[together]))
    assert [a["source_id"] for a in found.records("appointments")] == ["77:12"]
    assert [p["level"] for p in found.problems("parent_not_imported", "appointments")] == ["warning"]
    assert found.answer["balanced"]


def test_a_client_whom_the_clinic_links_gets_the_history(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made(clinic, client(email=ZOE["email"]))
    found = tried(clinic, export(patients=[ZOE], patient_cases=[{}]), {"11": Choice(to="match", id=there)})
    assert found.problems("existing_client_match") == []
    assert (found.kind("patients")["unchanged"], found.records("clients")) == (1, [])
    assert found.record("cases", "51")["client_id"] == there
    assert found.answer["balanced"]
    assert clinic.finalised().state() is State.FINALISED


def test_a_client_whom_the_clinic_creates_is_one_of_their_own(desk: Desk) -> None:
    clinic = desk.clinic()
    made(clinic, client(email=ZOE["email"]))
    found = tried(clinic, export(patients=[ZOE], patient_cases=[{}]), {"11": Choice(to="create")})
    assert [c["source_id"] for c in found.records("clients")] == ["11"]
    assert found.problems("existing_client_match") == []


def test_a_client_whom_the_clinic_leaves_out_is_left_out_with_the_history(desk: Desk) -> None:
    clinic = desk.clinic()
    found = tried(clinic, export(patients=[ZOE, {"id": "12"}], patient_cases=[{}]), {"11": Choice(to="leave_out")})
    assert (found.kind("patients")["left_out"], found.kind("patient_cases")["left_out"]) == (1, 1)
    assert found.answer["balanced"]


def test_a_question_of_the_same_name_and_type_is_the_one_that_is_there(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made(clinic, field("sport", "short_text"))
    found = tried(clinic, export("custom_fields", "custom_field_values"))
    assert found.record("custom_field_values", "11/f1")["custom_field_id"] == there
    assert (found.kind("custom_fields")["unchanged"], found.records("custom_fields")) == (1, [])
    assert found.problems("custom_field_type_conflict") == []
    assert found.answer["balanced"]


def test_a_question_with_the_same_name_and_another_type_becomes_a_second_field(desk: Desk) -> None:
    clinic = desk.clinic()
    made(clinic, field("Sport", "date"))
    found = tried(clinic, export("custom_fields", "custom_field_values"))
    [problem] = found.problems("custom_field_type_conflict")
    assert (problem["level"], problem["kind"], problem["source_id"]) == ("warning", "custom_fields", "f1")
    assert [(f["name"], f["type"]) for f in found.records("custom_fields")] == [("Sport (Cliniko)", "short_text")]
    assert found.answer["balanced"]


def test_answers_that_can_be_chosen_are_those_of_the_question_that_is_there(desk: Desk) -> None:
    clinic = desk.clinic()
    options = [{"id": "a", "label": "Rowing", "archived": False}, {"id": "b", "label": "Chess", "archived": False}]
    there = made(clinic, field("Sport", "single_choice", options))
    asked = {"field_type": "radiobuttons", "option_token": "o1", "option_name": "rowing"}
    given = {"value": "", "option_tokens": "o1"}
    found = tried(clinic, export(custom_fields=[asked], custom_field_values=[given]))
    value = found.record("custom_field_values", "11/f1")
    assert (value["custom_field_id"], value["option_ids"]) == (there, ["a"])
    assert found.answer["balanced"]


def test_a_detail_goes_to_the_field_that_the_clinic_has_for_it(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made(clinic, field("Medicare number", "short_text"))
    made(clinic, field("Reminder preference", "date"))
    found = tried(clinic, export(patients=[{"medicare": "2123 45670 1", "reminder_type": "SMS"}]))
    values = {v["source_id"]: v["custom_field_id"] for v in found.records("custom_field_values")}
    assert values["11:field:Medicare number"] == there
    assert [f["name"] for f in found.records("custom_fields")] == ["Reminder preference (Cliniko)"]
    assert found.answer["balanced"]


@pytest.mark.parametrize("is_changed", [True, False])
def test_a_second_move_finds_what_the_first_has_brought(desk: Desk, is_changed: bool) -> None:
    """A client whom a person edited is held only if the later export brings something else than the first one."""
    files = export(*DIARY, patients=[ZOE, {"id": "12", "first_name": "Bea"}], custom_fields=[{}], patient_cases=[{}])
    first = desk.clinic().tried(files).finalised()
    workspace = first.migration.workspace_id
    bea = Ids(workspace, "cliniko").derive("clients", "patients", "12")
    Gateway(desk.runtime.caspen, workspace, "Megan").edit("clients", bea, {"last_name": "Brown"})
    later = [ZOE, {"id": "12", "first_name": "Beatrix" if is_changed else "Bea"}]
    files = export(*DIARY, patients=later, custom_fields=[{}], patient_cases=[{}])
    found = tried(clinic_in(desk.runtime, workspace), files)
    people = found.kind("patients")
    assert (people["unchanged"], people["held"], people["created"]) == (2 - is_changed, int(is_changed), 0)
    [again] = found.problems("already_imported", "patients")
    assert (again["level"], again["count"]) == ("info", 2 - is_changed)
    changed = [(p["level"], p["count"], p["source_id"]) for p in found.problems("changed_in_caspen", "patients")]
    assert changed == [("held", 1, "12")] * is_changed
    assert found.problems("existing_client_match") == []
    assert found.problems("custom_field_type_conflict") == []
    assert found.answer["balanced"]


def test_a_second_move_brings_what_changed_up_to_date(desk: Desk) -> None:
    first = desk.clinic().tried(export(patients=[ZOE])).finalised()
    found = tried(
        clinic_in(desk.runtime, first.migration.workspace_id), export(patients=[ZOE | {"last_name": "Brown"}])
    )
    assert found.kind("patients")["updated"] == 1
    assert found.problems("already_imported", "patients")[0]["count"] == 1


@pytest.mark.parametrize(("days", "warnings"), [(13, 0), (16, 1)])
def test_an_export_that_is_old_when_it_goes_live_is_reported(desk: Desk, days: int, warnings: int) -> None:
    made = datetime.now(UTC).date() - timedelta(days=days)
    clinic = desk.clinic().tried({f"Patients-Cliniko-{made:%Y%m%d}.csv": str(export()["patients.csv"])}).finalised()
    found = told_of(clinic)
    assert [(p["level"], p["kind"]) for p in found.problems("export_stale")] == [("warning", None)] * warnings


@pytest.mark.parametrize("to", ["match", "create", "leave_out"])
def test_a_choice_about_a_client_holds_only_while_the_row_is_the_same_person(desk: Desk, to: str) -> None:
    chosen = {"11": Choice.model_validate({"to": to, "id": "x", "whom": IDENTITY})}
    clinic = desk.clinic()
    there = made(clinic, client(email="zoe@home.example"))
    chosen["11"] = chosen["11"].model_copy(update={"id": there})
    same = tried(clinic, export(patients=[ZOE]), chosen)
    assert same.kind("patients")["held"] == 0

    clinic = desk.clinic()
    there = made(clinic, client(email="zoe@home.example"))
    chosen["11"] = chosen["11"].model_copy(update={"id": there})
    other = tried(clinic, export(patients=[{**ZOE, "first_name": "Ann", "last_name": "Lee"}]), chosen)
    assert other.kind("patients")["held"] == 1
    assert [problem["code"] for problem in other.problems("existing_client_match")] == ["existing_client_match"]


def test_a_choice_of_a_plan_file_about_a_client_always_holds(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made(clinic, client(first_name="Other", last_name="Person"))
    result = tried(clinic, export(patients=[ZOE]), {"11": Choice(to="match", id=there)})
    assert (result.kind("patients")["unchanged"], result.kind("patients")["held"]) == (1, 0)
