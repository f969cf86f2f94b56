"""Every reference of a trial leads to a record, in the trial or in the live workspace."""

from app.caspen.gateway import Gateway
from app.caspen.links import Dangling, dangling_links
from app.caspen.stores import Stores
from tests.caspen.story import WORKSPACE, appointment, client, clinic, live_clinic, note, practitioner, rows, trial_of


def test_a_whole_clinic_has_no_broken_link(stores: Stores) -> None:
    store, _ = trial_of(stores, clinic())
    assert dangling_links(stores, store, WORKSPACE) == ()


def test_a_visit_of_a_client_who_is_not_there_is_told(stores: Stores) -> None:
    store, _ = trial_of(stores, [*clinic(1), (99, (appointment("1", of="404"), appointment("2", of="404")))])
    (broken,) = dangling_links(stores, store, WORKSPACE)
    assert (broken.table, broken.column, broken.count) == ("appointments", "client_id", 2)


def test_a_list_of_ids_is_followed_too(stores: Stores) -> None:
    desk = Gateway(stores, WORKSPACE, "megan@example.com")
    place = desk.add_location("North")
    told = practitioner(user_id="usr_none", location_ids=[place, "loc_none"])
    store, loaded = trial_of(stores, rows(told))
    found = dangling_links(stores, store, WORKSPACE)
    assert [(one.column, one.count) for one in found] == [("user_id", 1), ("location_ids", 1)]
    assert isinstance(found[0], Dangling)
    assert loaded.records == {"practitioners": 1}


def test_a_link_may_lead_into_the_live_workspace(stores: Stores) -> None:
    live_clinic(stores)
    store, _ = trial_of(stores, rows(appointment("9"), note("9")), 2)
    assert dangling_links(stores, store, WORKSPACE) == ()


def test_a_referrer_may_be_a_client_or_a_contact(stores: Stores) -> None:
    live_clinic(stores)
    store, _ = trial_of(stores, rows(client("1", referred_by_id="con_none"), client("2", referred_by_id="cli_none")), 2)
    (broken,) = dangling_links(stores, store, WORKSPACE)
    assert broken.count == 2
