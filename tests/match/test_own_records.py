"""A row whose record an earlier move brought is that record, whatever names and older choices say.

Generated over the roles and the older choices of a plan.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.caspen.record_ids import Ids
from app.caspen.workspace_snapshot import (
    WorkspaceLocation,
    WorkspacePractitioner,
    WorkspaceService,
    WorkspaceSnapshot,
    WorkspaceUser,
)
from app.mapping.kind_roles import MATCHED, KindRole
from app.mapping.plan import CREATE, Choice, Plan
from app.matching.matches import Suggestions, plan_from
from app.matching.matches import suggest as suggest_for
from app.reading.inventory import Inventory
from tests.match.test_match import SOURCE as ONE_TABLE_EACH
from tests.match.test_match import export, ref, workspace

KINDS = {
    KindRole.LOCATION: "businesses",
    KindRole.USER: "users",
    KindRole.PRACTITIONER: "practitioners",
    KindRole.SERVICE: "appointment_types",
}
SOURCE = replace(
    ONE_TABLE_EACH,
    kinds=tuple(
        replace(kind, tables=("services", "activities")) if kind.role is KindRole.SERVICE else kind
        for kind in ONE_TABLE_EACH.kinds
    ),
)
NAME, NATIVE = "Sam Lee", "native"


def suggest(inventory: Inventory, facts: WorkspaceSnapshot, old: Plan | None = None) -> Suggestions:
    return suggest_for(inventory, facts, old, source=SOURCE)


def own_id(role: KindRole, table: str = "", key: str = "21") -> str:
    return Ids("wsp_demo", SOURCE.name).derive(table or role.value, KINDS[role], key)


def facts_of(role: KindRole, names: Mapping[str, str]) -> WorkspaceSnapshot:
    """A workspace with records of a role: names by id."""
    mail = "sam@clinic.example"
    made: dict[KindRole, list[Any]] = {
        KindRole.LOCATION: [WorkspaceLocation(id_, name, "Australia/Sydney", False) for id_, name in names.items()],
        KindRole.USER: [
            WorkspaceUser(id_, name, mail, "practitioner", "accepted", True) for id_, name in names.items()
        ],
        KindRole.PRACTITIONER: [
            WorkspacePractitioner(id_, f"usr_{id_}", name, mail, True, True) for id_, name in names.items()
        ],
        KindRole.SERVICE: [WorkspaceService(id_, name, "appointment", False) for id_, name in names.items()],
    }
    return workspace(**{role.value: tuple(made[role])})


def older(own: str) -> Mapping[str, tuple[Choice | None, Choice]]:
    """Choices of an older plan, each with what becomes of it. A choice of a person has the name of that time."""
    return {
        "none": (None, CREATE),
        "matched by itself with a namesake": (Choice(to="match", id=NATIVE), CREATE),
        "matched by itself with its record": (Choice(to="match", id=own), CREATE),
        "matched by a person with its record": (Choice(to="match", id=own, whom=NAME), CREATE),
        "created by a person": (Choice(to="create", whom=NAME), CREATE),
        "matched by a person": (chosen := Choice(to="match", id=NATIVE, whom=NAME), chosen),
        "left out by a person": (left := Choice(to="leave_out", whom=NAME), left),
    }


@pytest.mark.parametrize("live_name", [NAME, "Renamed since"])
@pytest.mark.parametrize("has_namesake", [True, False])
@pytest.mark.parametrize("case", older(""))
@pytest.mark.parametrize("role", MATCHED)
def test_only_a_persons_choice_comes_before_the_rows_own_record(
    role: KindRole, case: str, has_namesake: bool, live_name: str
) -> None:
    own = own_id(role)
    choice, expected = older(own)[case]
    if expected.to == "match" and not has_namesake:
        expected = CREATE  # what a person chose does not exist any more
    facts = facts_of(role, {own: live_name} | ({NATIVE: NAME} if has_namesake else {}))
    plan = Plan.model_validate({role.value: {"21": choice}} if choice else {})
    suggestions = suggest(export(**{KINDS[role]: (ref("21", NAME, appointments=3),)}), facts, plan)
    [suggestion] = suggestions.roles[role]
    assert (suggestion.choice, suggestion.certainty, suggestion.own) == (expected, "sure", own)
    assert plan_from(suggestions).choice(role, "21") == expected


@pytest.mark.parametrize("role", MATCHED)
def test_a_second_row_of_the_same_name_does_not_take_the_record_of_the_first(role: KindRole) -> None:
    rows = (ref("20", NAME, email="sam@clinic.example"), ref("21", NAME, email="sam@clinic.example"))
    suggestions = suggest(export(**{KINDS[role]: rows}), facts_of(role, {own_id(role): NAME}))
    first, second = suggestions.roles[role]
    assert (first.choice, first.certainty == "sure", first.own) == (CREATE, False, None)
    assert second.own == own_id(role)


@pytest.mark.parametrize("role", MATCHED)
def test_a_name_without_a_row_leads_to_its_record_and_writes_nothing(role: KindRole) -> None:
    own = own_id(role)
    rows = (ref("21", "No name is known", named_only=True),)
    [suggestion] = suggest(export(**{KINDS[role]: rows}), facts_of(role, {own: NAME})).roles[role]
    assert (suggestion.choice, suggestion.certainty) == (Choice(to="match", id=own), "sure")


@pytest.mark.parametrize("whom", ["", NAME, "Somebody else"])
@pytest.mark.parametrize("role", MATCHED)
def test_a_match_of_an_earlier_move_is_kept_unless_a_person_made_it_for_another_name(role: KindRole, whom: str) -> None:
    rows = {KINDS[role]: (ref("21", NAME, appointments=3), ref("22", "New one"))}
    earlier = {role: {"21": Choice(to="match", id=NATIVE, whom=whom), "22": Choice(to="match", id="gone")}}
    facts = facts_of(role, {NATIVE: "Renamed since", "other": "Another"})
    known, new = suggest_for(export(**rows), facts, source=SOURCE, earlier=earlier).roles[role]
    expected = CREATE if whom == "Somebody else" else Choice(to="match", id=NATIVE)
    assert (known.choice, known.certainty == "sure") == (expected, expected != CREATE)
    assert new.choice == CREATE, "what it was matched with does not exist any more"


@pytest.mark.parametrize(("table", "nature"), [("activities", "activity"), ("services", "appointment")])
@pytest.mark.parametrize("name", ["Consult", "Phone call"])
def test_a_service_stays_what_the_earlier_move_made_of_it(table: str, nature: str, name: str) -> None:
    own = own_id(KindRole.SERVICE, table)
    other = Plan.model_validate({"service_kinds": {"21": "appointment" if nature == "activity" else "activity"}})
    for plan in (Plan(), other):
        rows = (ref("21", name, appointments=2),)
        suggestions = suggest(export(appointment_types=rows), facts_of(KindRole.SERVICE, {own: name}), plan)
        [suggestion] = suggestions.roles[KindRole.SERVICE]
        assert (suggestion.own, suggestion.nature) == (own, nature)
        assert plan_from(suggestions).service_kinds == {"21": nature}


@pytest.mark.parametrize("old", [None, "source:21"])
def test_the_default_location_is_the_rows_own_record(old: str | None) -> None:
    own = own_id(KindRole.LOCATION)
    rows = (ref("21", "Harbour", appointments=5),)
    suggestions = suggest(
        export(businesses=rows), facts_of(KindRole.LOCATION, {own: "Newport"}), Plan(default_location=old)
    )
    assert suggestions.default_location == own
