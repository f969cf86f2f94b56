"""A clinic chooses the type of its own fields before they exist: a number, yes or no, a list. No answer is lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.mapping.plan import Choice, Plan
from app.migration.advance import WrongState
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from tests.harness.clinic import MEGAN, Clinic, clinic_in, runtime_in
from tests.register.story import Desk, Files, Tried, export, told_of
from tests.register.test_there_already import field, made

WEIGHT = {"field_token": "w", "field_name": "Weight"}
LEFT = {"field_token": "l", "field_name": "Left handed", "field_type": "radiobuttons"}
CLIENTS = [{"id": str(number), "first_name": f"Ann{number}"} for number in (11, 12, 13, 14)]
ASKED = [
    WEIGHT,
    LEFT | {"option_token": "y", "option_name": "Yes"},
    LEFT | {"option_token": "n", "option_name": "No"},
]
ANSWERS = [
    *(WEIGHT | {"patient_id": p, "value": v} for p, v in (("11", "1,072.50"), ("12", "about 80 kg"), ("13", "64"))),
    *(LEFT | {"patient_id": p, "value": "", "option_tokens": o} for p, o in (("11", "y"), ("12", "n"), ("13", "both"))),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("chosen")) as runtime:
        yield Desk(runtime)


def tried(clinic: Clinic, files: Files, **choices: Any) -> Tried:
    clinic.hand_over(files)
    clinic.drain()
    plan = plan_of(clinic.migration)
    with clinic.runtime.ledger.write() as session:
        chosen = Plan.model_validate(plan.model_dump() | choices)
        save_plan(session, clinic.id, chosen, MEGAN, confirmed=True)
    clinic.start_trial()
    clinic.drain()
    return told_of(clinic)


def answers() -> Files:
    asked = [{key: cell for key, cell in row.items() if key != "field_type"} for row in ANSWERS]
    return export(patients=CLIENTS, custom_fields=ASKED, custom_field_values=asked)


def fields(found: Tried) -> dict[str, str]:
    return {f["name"]: f["type"] for f in found.records("custom_fields")}


def said(found: Tried) -> dict[str, Any]:
    return {v["source_id"]: v["option_ids"] or v["text"] for v in found.records("custom_field_values")}


def test_a_word_in_a_number_field_stays_as_text_in_a_second_field_and_is_counted(desk: Desk) -> None:
    found = tried(desk.clinic(), answers(), field_types={"w": "number"})
    assert fields(found) == {"Weight": "number", "Weight (text)": "long_text", "Left handed": "single_choice"}
    values = said(found)
    assert (values["11/w"], values["13/w"], values["12/w:text"]) == ("1072.50", "64", "about 80 kg")
    [problem] = found.problems("custom_value_misfit")
    assert (problem["level"], problem["kind"], problem["count"]) == ("warning", "custom_field_values", 1)
    assert found.answer["balanced"]


def test_a_choice_of_yes_and_no_may_be_a_field_for_yes_or_no(desk: Desk) -> None:
    found = tried(desk.clinic(), answers(), field_types={"l": "yes_no"})
    assert fields(found)["Left handed"] == "yes_no"
    values = said(found)
    assert (values["11/l"], values["12/l"], values["13/l:text"]) == ("true", "false", "both")
    assert [f["options"] for f in found.records("custom_fields")] == [None, None, None]
    assert found.answer["balanced"]


def test_a_choice_may_be_a_list_with_the_same_options(desk: Desk) -> None:
    found = tried(desk.clinic(), answers(), field_types={"l": "dropdown", "w": "dropdown"})
    assert fields(found) == {"Weight": "short_text", "Left handed": "dropdown"}, "text has no options"
    assert said(found)["11/l"] == ["y"]
    assert found.problems("custom_value_misfit") == []


def test_a_question_that_only_a_column_names_may_be_a_number_too(desk: Desk) -> None:
    asked = [row | {"custom:Height": height} for row, height in zip(CLIENTS, ("180", "tall", "", "1.7"), strict=True)]
    found = tried(desk.clinic(), export(patients=asked), field_types={"name:height": "number"})
    assert fields(found) == {"Height": "number", "Height (text)": "long_text"}
    assert sorted(said(found).values()) == ["1.7", "180", "tall"]
    assert [p["count"] for p in found.problems("custom_value_misfit", "patients")] == [1]
    assert found.answer["balanced"]


def test_the_field_that_caspen_has_takes_what_it_can_hold(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made(clinic, field("weight", "number"))
    whole = export(patients=CLIENTS, custom_fields=[WEIGHT], custom_field_values=[WEIGHT | {"value": "72"}])
    matched = {"w": Choice(to="match", id=there)}
    found = tried(clinic, whole, field_types={"w": "number"}, fields=matched)
    assert (fields(found), said(found)) == ({}, {"11/w": "72"})
    assert found.record("custom_field_values", "11/w")["custom_field_id"] == there


def test_a_match_that_cannot_hold_every_answer_becomes_a_second_field_and_is_reported(desk: Desk) -> None:
    clinic = desk.clinic()
    there = made(clinic, field("weight", "number"))
    found = tried(clinic, answers(), field_types={"w": "number"}, fields={"w": Choice(to="match", id=there)})
    assert fields(found)["Weight (Cliniko)"] == "number"
    assert said(found)["12/w:text"] == "about 80 kg"
    assert [p["source_id"] for p in found.problems("custom_field_type_conflict")] == ["w"]
    assert found.answer["balanced"]


def test_a_new_field_with_an_existing_name_gets_another_name(desk: Desk) -> None:
    clinic = desk.clinic()
    made(clinic, field("weight", "short_text"))
    found = tried(clinic, answers(), fields={"w": Choice(to="create")})
    assert "Weight (Cliniko)" in fields(found)


def test_what_a_field_is_stays_once_it_is_live(desk: Desk) -> None:
    first = desk.clinic()
    tried(first, answers(), field_types={"w": "number"})
    first.finalised()
    assert first.state() is State.FINALISED
    with pytest.raises(WrongState), first.runtime.ledger.write() as session:
        save_plan(session, first.id, plan_of(first.migration), MEGAN)
    again = tried(clinic_in(desk.runtime, first.migration.workspace_id), answers(), field_types={"l": "yes_no"})
    assert fields(again)["Weight"] == "number"
    assert fields(again)["Left handed"] == "single_choice"
    assert (again.kind("custom_field_values")["unchanged"], again.kind("custom_fields")["unchanged"]) == (6, 3)


def test_reading_says_how_many_answers_would_not_fit(desk: Desk) -> None:
    clinic = desk.read(answers()).clinic
    from app.wizard.migration_overview import inventory_of

    with clinic.runtime.ledger.read() as session:
        inventory = inventory_of(session, clinic.migration)
    assert inventory is not None
    weight, left = inventory.questions["w"], inventory.questions["l"]
    assert (weight.type, weight.answers, dict(weight.misfits)) == ("short_text", 3, {"number": 1, "yes_no": 3})
    assert (left.answers, dict(left.misfits)) == (3, {"yes_no": 1})
    assert [option.label for option in left.options] == ["Yes", "No"], "what somebody answered stays in the export"
