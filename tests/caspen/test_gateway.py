"""People's changes in a workspace are marked and raise its version; the snapshot shows them."""

import pytest

from app.caspen.gateway import Gateway, NotThere, create_workspace
from app.caspen.stores import Stores
from app.caspen.tables import Client, Service
from app.caspen.workspace_snapshot import load_workspace
from tests.caspen.story import WORKSPACE, client_id, live_clinic, workspace_version

MEGAN = "megan@example.com"


@pytest.fixture
def gateway(stores: Stores) -> Gateway:
    return Gateway(stores, WORKSPACE, MEGAN)


def test_every_change_raises_the_version(stores: Stores, gateway: Gateway) -> None:
    versions = [workspace_version(stores)]
    place = gateway.add_location("North")
    versions.append(workspace_version(stores))
    invited = gateway.invite_user("Sam Lee", "sam@example.com", "practitioner")
    versions.append(workspace_version(stores))
    gateway.accept_invitation(invited.user_id)
    versions.append(workspace_version(stores))
    gateway.archive("locations", place)
    versions.append(workspace_version(stores))
    assert versions == sorted(set(versions))
    gateway.counts()
    assert workspace_version(stores) == versions[-1], "looking changes nothing"


def test_only_a_role_that_sees_clients_gets_a_calendar(stores: Stores, gateway: Gateway) -> None:
    sees = gateway.invite_user("Sam Lee", "sam@example.com", "practitioner_admin")
    does_not = gateway.invite_user("Ana Ferreira", "ana@example.com", "receptionist", invite="not_invited")
    assert sees.practitioner_id is not None
    assert does_not.practitioner_id is None
    assert gateway.counts()["practitioners"] == 1


def test_a_practitioner_has_accepted_when_the_user_has(stores: Stores, gateway: Gateway) -> None:
    invited = gateway.invite_user("Sam Lee", "sam@example.com", "practitioner")
    (before,) = load_workspace(stores, WORKSPACE).practitioners
    gateway.accept_invitation(invited.user_id)
    (after,) = load_workspace(stores, WORKSPACE).practitioners
    assert (before.accepted, after.accepted) == (False, True)
    assert (after.name, after.email, after.active) == ("Sam Lee", "sam@example.com", True)


@pytest.mark.parametrize("leaves", [False, True])
@pytest.mark.parametrize("invite", ["not_invited", "invited", "accepted"])
def test_only_a_person_with_an_open_invitation_is_awaited(
    stores: Stores, gateway: Gateway, invite: str, leaves: bool
) -> None:
    user = gateway.invite_user("Sam Lee", "sam@example.com", "practitioner", invite=invite).user_id
    if leaves:
        gateway.deactivate_user(user)
    (person,) = load_workspace(stores, WORKSPACE).practitioners
    assert person.is_awaited is (invite == "invited" and not leaves)


def test_a_user_who_leaves_keeps_the_calendar_but_no_seat(stores: Stores, gateway: Gateway) -> None:
    invited = gateway.invite_user("Sam Lee", "sam@example.com", "practitioner")
    gateway.deactivate_user(invited.user_id)
    facts = load_workspace(stores, WORKSPACE)
    assert (facts.users[0].active, facts.practitioners[0].active) == (False, False)


def test_the_snapshot_has_locations_and_services(stores: Stores, gateway: Gateway) -> None:
    gateway.add_location("North", timezone="Australia/Perth")
    gateway.add_location("South", archived=True)
    gateway.add_service("Initial consultation", duration=45)
    gateway.add_service("Report", kind="activity")
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


def test_the_snapshot_omits_deleted_objects(stores: Stores, gateway: Gateway) -> None:
    gateway.delete("locations", gateway.add_location("North"))
    assert load_workspace(stores, WORKSPACE).locations == ()
    assert gateway.counts()["locations"] == 0
    assert gateway.find("locations", "North") is None


def test_names_are_found_whatever_their_case(gateway: Gateway) -> None:
    place = gateway.add_location("Harbour  Street")
    assert gateway.find("locations", "harbour street") == place


def test_an_edit_of_an_imported_client_bears_the_editor(stores: Stores, gateway: Gateway) -> None:
    live_clinic(stores)
    gateway.edit("clients", client_id(), {"email": "z@example.com"})
    with stores.live.database.read() as session:
        edited = session.get_one(Client, (WORKSPACE, client_id()))
    assert (edited.edited_by, edited.version, edited.source_id) == (MEGAN, 2, "1000")
    assert edited.edited_at is not None


@pytest.mark.parametrize("field", ["source_id", "content_hash", "workspace_id", "nickname", "deleted_at"])
def test_people_cannot_edit_the_source_of_a_record(stores: Stores, gateway: Gateway, field: str) -> None:
    live_clinic(stores)
    with pytest.raises(ValueError, match=field):
        gateway.edit("clients", client_id(), {field: "x"})


def test_a_missing_object_cannot_be_edited(stores: Stores, gateway: Gateway) -> None:
    version = workspace_version(stores)
    with pytest.raises(NotThere):
        gateway.edit("clients", client_id(), {"email": None})
    with pytest.raises(NotThere):
        Gateway(stores, "wsp_other", MEGAN).add_location("North")
    assert workspace_version(stores) == version


def test_another_clinics_objects_are_out_of_reach(stores: Stores, gateway: Gateway) -> None:
    create_workspace(stores, "wsp_other", "Other")
    place = gateway.add_location("North")
    with pytest.raises(NotThere):
        Gateway(stores, "wsp_other", MEGAN).archive("locations", place)
    assert load_workspace(stores, "wsp_other").locations == ()


def test_creating_an_existing_workspace_changes_nothing(stores: Stores, gateway: Gateway) -> None:
    gateway.add_location("North")
    create_workspace(stores, WORKSPACE, "Another name")
    assert load_workspace(stores, WORKSPACE).workspace.name == "Harbour Street Physiotherapy"


def test_services_made_by_people_are_not_booked_online(stores: Stores, gateway: Gateway) -> None:
    made = gateway.add_service("Initial consultation")
    with stores.live.database.read() as session:
        assert session.get_one(Service, (WORKSPACE, made)).online_booking is False


def test_loading_a_missing_workspace_raises(stores: Stores) -> None:
    with pytest.raises(LookupError):
        load_workspace(stores, "wsp_other")
