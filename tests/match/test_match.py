"""Suggested matches for the people, locations and services of an export, with their reasons."""

import pytest

from app.caspen.workspace_snapshot import (
    WorkspaceDetails,
    WorkspaceLocation,
    WorkspacePractitioner,
    WorkspaceService,
    WorkspaceSnapshot,
    WorkspaceUser,
)
from app.index.use_counts import ReferredThing
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice, Plan
from app.mapping.traits import Schedule
from app.matching.matches import Suggestion, Suggestions, plan_from
from app.matching.matches import suggest as suggest_for
from app.reading.inventory import Inventory
from tests.index.story import kind

SOURCE = Source(
    "elsewhere",
    "Elsewhere",
    (
        kind("businesses", "locations"),
        kind("users", "users"),
        kind("practitioners", "practitioners"),
        kind("appointment_types", "services", schedule=Schedule(activity_words=("report", "phone call"))),
    ),
)


def export(**references: tuple[ReferredThing, ...]) -> Inventory:
    return Inventory(references=references)


def ref(id_: str, name: str, *, active: bool = True, appointments: int = 0, **more: str | bool) -> ReferredThing:
    return ReferredThing(id_, name, active, appointments, **more)  # type: ignore[arg-type]  # keyword texts only


def workspace(**parts: object) -> WorkspaceSnapshot:
    return WorkspaceSnapshot(WorkspaceDetails("wsp_demo", "Harbour Street", "Australia/Sydney", "AU"), **parts)  # type: ignore[arg-type]  # a builder


def location(id_: str, name: str, *, archived: bool = False) -> WorkspaceLocation:
    return WorkspaceLocation(id_, name, "Australia/Sydney", archived)


def user(id_: str, name: str, email: str | None) -> WorkspaceUser:
    return WorkspaceUser(id_, name, email, "practitioner", "accepted", True)


def practitioner(id_: str, name: str, email: str | None = None, *, active: bool = True) -> WorkspacePractitioner:
    return WorkspacePractitioner(id_, f"usr_{id_}", name, email, active, True)


def service(id_: str, name: str) -> WorkspaceService:
    return WorkspaceService(id_, name, "appointment", False)


def suggest(inventory: Inventory, facts: WorkspaceSnapshot, old: Plan | None = None) -> Suggestions:
    return suggest_for(inventory, facts, old, source=SOURCE)


def summarised(suggestion: Suggestion) -> tuple[str, str | None, str, str]:
    return suggestion.choice.to, suggestion.choice.id, suggestion.why, suggestion.certainty


def test_a_location_of_the_same_name_is_matched() -> None:
    suggestions = suggest(
        export(businesses=(ref("1", "Harbour  street"), ref("2", "Hill Top"))),
        workspace(locations=(location("loc_A", "Harbour Street"), location("loc_B", "City"))),
    )

    assert [summarised(s) for s in suggestions.roles[KindRole.LOCATION]] == [
        ("match", "loc_A", "Same name", "sure"),
        ("create", None, "", "none"),
    ]


def test_the_only_location_on_both_sides_is_proposed_but_not_taken() -> None:
    suggestions = suggest(
        export(businesses=(ref("1", "Main"),)), workspace(locations=(location("loc_A", "Harbour Street"),))
    )

    assert summarised(suggestions.roles[KindRole.LOCATION][0]) == (
        "match",
        "loc_A",
        "The only one on both sides",
        "unsure",
    )
    assert plan_from(suggestions).locations == {}


def test_a_user_matches_by_email_and_only_unsurely_by_name() -> None:
    suggestions = suggest(
        export(users=(ref("1", "Ann Lee", email="ann@old.example"), ref("2", "Bo Roe", email="bo@harbour.example"))),
        workspace(
            users=(user("usr_A", "Ann Lee", "ann@harbour.example"), user("usr_B", "B Roe", "BO@harbour.example"))
        ),
    )

    assert [summarised(s) for s in suggestions.roles[KindRole.USER]] == [
        ("match", "usr_A", "Same name", "unsure"),
        ("match", "usr_B", "Same e-mail", "sure"),
    ]
    assert plan_from(suggestions).users == {"2": Choice(to="match", id="usr_B")}


def test_a_practitioner_matches_by_the_email_of_the_user() -> None:
    suggestions = suggest(
        export(
            users=(ref("9", "A. Ferreira", email="ana@harbour.example"),),
            practitioners=(ref("1", "A. Ferreira", user="9"), ref("2", "Dr Tom Ng")),
        ),
        workspace(
            practitioners=(
                practitioner("pra_A", "Ana Ferreira", "ana@harbour.example"),
                practitioner("pra_T", "Tom Ng"),
            )
        ),
    )

    assert [summarised(s) for s in suggestions.roles[KindRole.PRACTITIONER]] == [
        ("match", "pra_A", "Same e-mail", "sure"),
        ("match", "pra_T", "Same name", "sure"),
    ]


def test_a_last_name_alone_is_an_unsure_match() -> None:
    suggestions = suggest(
        export(practitioners=(ref("1", "Thomas Ng"),)), workspace(practitioners=(practitioner("pra_T", "Tom Ng"),))
    )

    assert summarised(suggestions.roles[KindRole.PRACTITIONER][0]) == (
        "match",
        "pra_T",
        "Last name is the same",
        "unsure",
    )
    assert plan_from(suggestions).practitioners == {}


def test_two_matching_people_give_no_match() -> None:
    suggestions = suggest(
        export(practitioners=(ref("1", "Kim Ng"),)),
        workspace(practitioners=(practitioner("pra_A", "Tom Ng"), practitioner("pra_B", "Amy Ng", "amy@hill.example"))),
    )

    assert summarised(suggestions.roles[KindRole.PRACTITIONER][0]) == (
        "create",
        None,
        "Two people fit: Tom Ng and Amy Ng (amy@hill.example)",
        "unsure",
    )


def test_the_active_person_of_two_namesakes_matches() -> None:
    suggestions = suggest(
        export(practitioners=(ref("1", "Sam Lee"),)),
        workspace(practitioners=(practitioner("pra_A", "Sam Lee", active=False), practitioner("pra_B", "Sam Lee"))),
    )

    assert summarised(suggestions.roles[KindRole.PRACTITIONER][0]) == ("match", "pra_B", "Same name", "sure")


def test_an_unsure_match_never_takes_a_certain_match() -> None:
    suggestions = suggest(
        export(practitioners=(ref("1", "Thomas Ng"), ref("2", "Tom Ng"), ref("3", "tom ng"))),
        workspace(practitioners=(practitioner("pra_T", "Tom Ng"),)),
    )

    assert [summarised(s) for s in suggestions.roles[KindRole.PRACTITIONER]] == [
        ("create", None, "Tom Ng in Caspen is matched to Tom Ng already", "unsure"),
        ("match", "pra_T", "Same name", "sure"),
        ("create", None, "Tom Ng in Caspen is matched to Tom Ng already", "unsure"),
    ]


def test_services_match_by_name_and_new_services_have_a_nature() -> None:
    suggestions = suggest(
        export(
            appointment_types=(
                ref("1", "massage"),
                ref("2", "Report writing"),
                ref("3", "Phone-call"),
                ref("4", "Yoga"),
            )
        ),
        workspace(services=(service("ser_M", "Massage"),)),
    )

    types = suggestions.roles[KindRole.SERVICE]
    assert summarised(types[0]) == ("match", "ser_M", "Same name", "sure")
    assert [t.nature for t in types] == [None, "activity", "activity", "appointment"]
    assert plan_from(suggestions).service_kinds == {}


def test_an_earlier_choice_is_kept_while_its_object_exists() -> None:
    old = Plan(
        practitioners={
            "1": Choice(to="match", id="pra_T"),
            "2": Choice(to="match", id="pra_GONE"),
            "3": Choice(to="leave_out"),
        },
        leave_out_kinds=("treatment_notes",),
    )

    suggestions = suggest(
        export(practitioners=(ref("1", "Somebody Else"), ref("2", "Amy Roe"), ref("3", "Old Hand"))),
        workspace(practitioners=(practitioner("pra_T", "Tom Ng"), practitioner("pra_R", "Amy Roe"))),
        old,
    )

    assert [summarised(s) for s in suggestions.roles[KindRole.PRACTITIONER]] == [
        ("match", "pra_T", "Chosen before", "sure"),
        ("match", "pra_R", "Same name", "sure"),
        ("leave_out", None, "Chosen before", "sure"),
    ]
    assert plan_from(suggestions).leave_out_kinds == ("treatment_notes",)
    assert plan_from(suggestions).practitioners["3"] == Choice(to="leave_out")


def test_in_an_empty_workspace_everything_is_created() -> None:
    suggestions = suggest(
        export(
            businesses=(ref("1", "Main", appointments=5), ref("2", "Old", active=False, appointments=50)),
            practitioners=(ref("1", "Sam Lee"),),
        ),
        workspace(),
    )

    plan = plan_from(suggestions)
    assert plan == Plan(default_location="source:1")


def test_appointments_without_a_business_go_where_most_appointments_are() -> None:
    businesses = (ref("1", "Main", appointments=5), ref("2", "City", appointments=50))
    there = workspace(locations=(location("loc_C", "City"),))

    assert suggest(export(businesses=businesses), workspace()).default_location == "source:2"
    assert suggest(export(businesses=businesses), there).default_location == "loc_C"
    assert suggest(export(), there).default_location == "loc_C"
    assert suggest(export(), workspace()).default_location is None


OBJECTS = {
    "businesses": ("locations", location("x_1", "Elsewhere")),
    "users": ("users", user("x_1", "Ann Lee", "ann@harbour.example")),
    "practitioners": ("practitioners", practitioner("x_1", "Ann Lee")),
    "appointment_types": ("services", service("x_1", "Massage")),
}


@pytest.mark.parametrize("to", ["match", "create", "leave_out"])
@pytest.mark.parametrize("kind_name", OBJECTS)
def test_a_choice_does_not_move_to_another_name_under_the_same_id(kind_name: str, to: str) -> None:
    place, thing = OBJECTS[kind_name]
    role = KindRole(place)
    choice = Choice.model_validate({"to": to, "id": "x_1" if to == "match" else None, "whom": "Prac Zero"})
    plan, facts = Plan.model_validate({place: {"21": choice}}), workspace(**{place: (thing, thing)})

    same = suggest(export(**{kind_name: (ref("21", "prac  zero", appointments=1),)}), facts, plan)
    assert summarised(same.roles[role][0]) == (to, choice.id, "Chosen before", "sure")
    assert same.old == plan

    other = suggest(export(**{kind_name: (ref("21", "Zoe Swapped", appointments=1),)}), facts, plan)
    suggestion = other.roles[role][0]
    assert suggestion.certainty == "unsure"
    assert suggestion.why == "You chose for Prac Zero, who had this number in the export before. Choose again"
    assert getattr(other.old, place) == {}


def test_a_choice_of_a_plan_file_holds_whatever_the_name_is() -> None:
    plan = Plan(practitioners={"21": Choice(to="match", id="x_1")})
    suggestions = suggest(
        export(practitioners=(ref("21", "Zoe"),)), workspace(practitioners=(practitioner("x_1", "Ann"),)), plan
    )
    assert summarised(suggestions.roles[KindRole.PRACTITIONER][0]) == ("match", "x_1", "Chosen before", "sure")


def test_the_stored_form_of_a_choice_without_a_name_is_unchanged() -> None:
    assert Choice(to="match", id="x").model_dump(mode="json") == {"to": "match", "id": "x"}
    assert '"whom":"Zoe"' in Plan(users={"1": Choice(to="create", whom="Zoe")}).canonical()
