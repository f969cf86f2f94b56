"""People's work in a workspace is marked as theirs and raises its version; facts tell what is there."""

import pytest

from app.caspen.gateway import Gateway, NotThere, create_workspace
from app.caspen.stores import Stores
from app.caspen.tables import Client, Service
from app.caspen.workspace_snapshot import load_workspace
from tests.caspen.story import WORKSPACE, client_id, live_clinic, workspace_version

MEGAN = "megan@example.com"


@pytest.fixture
def desk(stores: Stores) -> Gateway:
    return Gateway(stores, WORKSPACE, MEGAN)


def test_every_change_raises_the_version(stores: Stores, desk: Gateway) -> None:
    seen = [workspace_version(stores)]
    place = desk.add_location("North")
    seen.append(workspace_version(stores))
    invited = desk.invite_user("Sam Lee", "sam@example.com", "practitioner")
    seen.append(workspace_version(stores))
    desk.accept_invitation(invited.user_id)
    seen.append(workspace_version(stores))
    desk.archive("locations", place)
    seen.append(workspace_version(stores))
    assert seen == sorted(set(seen))
    desk.counts()
    assert workspace_version(stores) == seen[-1], "looking changes nothing"


def test_who_sees_clients_gets_a_calendar_and_who_does_not_gets_none(stores: Stores, desk: Gateway) -> None:
    sees = desk.invite_user("Sam Lee", "sam@example.com", "practitioner_admin")
    does_not = desk.invite_user("Ana Ferreira", "ana@example.com", "receptionist", invite="not_invited")
    assert sees.practitioner_id is not None
    assert does_not.practitioner_id is None
    assert desk.counts()["practitioners"] == 1


def test_a_practitioner_has_accepted_when_the_user_has(stores: Stores, desk: Gateway) -> None:
    invited = desk.invite_user("Sam Lee", "sam@example.com", "practitioner")
    (before,) = load_workspace(stores, WORKSPACE).practitioners
    desk.accept_invitation(invited.user_id)
    (after,) = load_workspace(stores, WORKSPACE).practitioners
    assert (before.accepted, after.accepted) == (False, True)
    assert (after.name, after.email, after.active) == ("Sam Lee", "sam@example.com", True)


@pytest.mark.parametrize("leaves", [False, True])
@pytest.mark.parametrize("invite", ["not_invited", "invited", "accepted"])
def test_only_a_person_with_an_open_invitation_is_awaited(
    stores: Stores, desk: Gateway, invite: str, leaves: bool
) -> None:
    user = desk.invite_user("Sam Lee", "sam@example.com", "practitioner", invite=invite).user_id
    if leaves:
        desk.deactivate_user(user)
    (person,) = load_workspace(stores, WORKSPACE).practitioners
    assert person.is_awaited is (invite == "invited" and not leaves)


def test_a_user_who_leaves_keeps_the_calendar_but_no_seat(stores: Stores, desk: Gateway) -> None:
    invited = desk.invite_user("Sam Lee", "sam@example.com", "practitioner")
    desk.deactivate_user(invited.user_id)
    facts = load_workspace(stores, WORKSPACE)
    assert (facts.users[0].active, facts.practitioners[0].active) == (False, False)


def test_facts_tell_places_and_services(stores: Stores, desk: Gateway) -> None:
    desk.add_location("North", timezone="Australia/Perth")
    desk.add_location("South", archived=True)
    desk.add_service("Initial consultation", duration=45)
    desk.add_service("Report", kind="activity")
    facts = load_workspace(stores, WORKSPACE)
    assert [(p.name, p.timezone, p.archived) for p in facts.locations] == [
        ("North", "Australia/Perth", False),
        ("South", "Australia/Sydney", True),
    ]
    assert sorted((s.id[:4], s.name, s.kind) for s in facts.services) == [
        ("act_", "Report", "activity"),
        ("ser_", "Initial consultation", "appointment"),
    ]
    assert facts.version == workspace_version(stores)
    assert facts.named["categories"].keys() == {"general"}
    assert set(facts.zones.values()) == {"Australia/Perth", "Australia/Sydney"}


def test_what_people_deleted_is_not_told(stores: Stores, desk: Gateway) -> None:
    desk.delete("locations", desk.add_location("North"))
    assert load_workspace(stores, WORKSPACE).locations == ()
    assert desk.counts()["locations"] == 0
    assert desk.find("locations", "North") is None


def test_names_are_found_whatever_their_case(desk: Gateway) -> None:
    place = desk.add_location("Harbour  Street")
    assert desk.find("locations", "harbour street") == place


def test_an_edit_of_an_imported_client_bears_the_editor(stores: Stores, desk: Gateway) -> None:
    live_clinic(stores)
    desk.edit("clients", client_id(), {"email": "z@example.com"})
    with stores.live.database.read() as session:
        edited = session.get_one(Client, (WORKSPACE, client_id()))
    assert (edited.edited_by, edited.version, edited.source_id) == (MEGAN, 2, "1000")
    assert edited.edited_at is not None


@pytest.mark.parametrize("field", ["source_id", "content_hash", "workspace_id", "nickname", "deleted_at"])
def test_people_cannot_edit_where_a_record_came_from(stores: Stores, desk: Gateway, field: str) -> None:
    live_clinic(stores)
    with pytest.raises(ValueError, match=field):
        desk.edit("clients", client_id(), {field: "x"})


def test_what_is_not_there_cannot_be_edited(stores: Stores, desk: Gateway) -> None:
    version = workspace_version(stores)
    with pytest.raises(NotThere):
        desk.edit("clients", client_id(), {"email": None})
    with pytest.raises(NotThere):
        Gateway(stores, "wsp_other", MEGAN).add_location("North")
    assert workspace_version(stores) == version


def test_another_clinics_objects_are_out_of_reach(stores: Stores, desk: Gateway) -> None:
    create_workspace(stores, "wsp_other", "Other")
    place = desk.add_location("North")
    with pytest.raises(NotThere):
        Gateway(stores, "wsp_other", MEGAN).archive("locations", place)
    assert load_workspace(stores, "wsp_other").locations == ()


def test_a_workspace_that_is_there_stays_as_it_is(stores: Stores, desk: Gateway) -> None:
    desk.add_location("North")
    create_workspace(stores, WORKSPACE, "Another name")
    assert load_workspace(stores, WORKSPACE).workspace.name == "Harbour Street Physiotherapy"


def test_services_made_by_people_are_not_booked_online(stores: Stores, desk: Gateway) -> None:
    made = desk.add_service("Initial consultation")
    with stores.live.database.read() as session:
        assert session.get_one(Service, (WORKSPACE, made)).online_booking is False


def test_a_workspace_that_is_not_there_has_no_facts(stores: Stores) -> None:
    with pytest.raises(LookupError):
        load_workspace(stores, "wsp_other")
