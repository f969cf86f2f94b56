"""Every reference of a trial leads to a record, in the trial or in the live workspace."""

from collections.abc import Iterator

from app.caspen.gateway import Gateway
from app.caspen.references import Dangling, dangling_links
from app.caspen.stores import Stores
from app.caspen.tables import BY_NAME, OBJECTS
from app.mapping.rows import Record
from tests.caspen.story import (
    IDS,
    NOON,
    WORKSPACE,
    appointment,
    client,
    client_id,
    clinic,
    live_clinic,
    note,
    practitioner,
    rows,
    trial_of,
)


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


def _between_clients() -> Iterator[tuple[str, str]]:
    """Every reference from a table of clients' own records to another."""
    for model in OBJECTS:
        for reference in model.references:
            if model.is_of_client() and any(BY_NAME[table].is_of_client() for table in reference.tables):
                yield str(model.__tablename__), reference.column


def _with(column: str, to: str, of: str) -> dict[str, Record]:
    """By table, one more record of a client, with such a reference."""
    told = {"client_id": client_id(of), column: to}
    sent = {"channel": "sms", "direction": "sent", "occurred_at": NOON, **told}
    return {
        "appointments": appointment("9", of, **{column: to}),
        "progress_notes": note("9", of, **{column: to}),
        "forms": Record("forms", "patient_forms", "9", {"name": "Intake", "content": [], **told}),
        "communications": Record("communications", "communications", "9", sent),
    }


def test_a_link_to_a_record_of_another_client_is_told_and_one_to_the_clients_own_is_not(stores: Stores) -> None:
    case = Record("cases", "patient_cases", "60", {"client_id": client_id("1001"), "name": "Knee"})
    there = {
        "case_id": IDS.derive("cases", "patient_cases", "60"),
        "appointment_id": IDS.derive("appointments", "appointments", "51001"),
    }
    pairs, found = list(_between_clients()), {}
    for number, of in enumerate(("1000", "1001"), start=1):
        more = [_with(column, there[column], of)[table] for table, column in pairs]
        store, _ = trial_of(stores, [*clinic(2), (90, (case, *more))], number)
        found[of] = [(one.table, one.column, one.count) for one in dangling_links(stores, store, WORKSPACE)]
    assert sorted(found["1000"]) == sorted((table, column, 1) for table, column in pairs)
    assert found["1001"] == []


def test_whose_a_record_is_that_only_the_workspace_has_is_not_asked(stores: Stores) -> None:
    live_clinic(stores, clinic(2))
    visit = IDS.derive("appointments", "appointments", "51001")
    store, _ = trial_of(stores, rows(note("9", "1000", appointment_id=visit)), 2)
    assert dangling_links(stores, store, WORKSPACE) == ()
