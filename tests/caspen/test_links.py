"""Every reference of a trial leads to a record, in the trial or in the live workspace."""

from collections.abc import Iterator

from app.caspen.gateway import Gateway
from app.caspen.references import Dangling, dangling_links
from app.caspen.stores import Stores
from app.caspen.tables import BY_NAME, OBJECTS
from app.mapping.rows import Record, Value
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


def test_a_complete_clinic_has_no_broken_reference(stores: Stores) -> None:
    store, _ = trial_of(stores, clinic())
    assert dangling_links(stores, store, WORKSPACE) == ()


def test_a_visit_of_a_missing_client_is_broken(stores: Stores) -> None:
    store, _ = trial_of(stores, [*clinic(1), (99, (appointment("1", of="404"), appointment("2", of="404")))])
    (broken,) = dangling_links(stores, store, WORKSPACE)
    assert (broken.table, broken.column, broken.count) == ("appointments", "client_id", 2)


def test_every_id_of_a_list_is_checked(stores: Stores) -> None:
    desk = Gateway(stores, WORKSPACE, "megan@example.com")
    place = desk.add_location("North")
    referrer = practitioner(user_id="usr_none", location_ids=[place, "loc_none"])
    store, loaded = trial_of(stores, rows(referrer))
    broken = dangling_links(stores, store, WORKSPACE)
    assert [(column.column, column.count) for column in broken] == [("user_id", 1), ("location_ids", 1)]
    assert isinstance(broken[0], Dangling)
    assert loaded.records == {"practitioners": 1}


def test_a_reference_may_lead_into_the_live_workspace(stores: Stores) -> None:
    live_clinic(stores)
    store, _ = trial_of(stores, rows(appointment("9"), note("9")), 2)
    assert dangling_links(stores, store, WORKSPACE) == ()


def test_a_referrer_may_be_a_client_or_a_contact(stores: Stores) -> None:
    live_clinic(stores)
    store, _ = trial_of(stores, rows(client("1", referred_by_id="con_none"), client("2", referred_by_id="cli_none")), 2)
    (broken,) = dangling_links(stores, store, WORKSPACE)
    assert broken.count == 2


def _between_clients() -> Iterator[tuple[str, str]]:
    """Every reference between tables of clients' own records."""
    for model in OBJECTS:
        for reference in model.references:
            if model.is_of_client() and any(BY_NAME[table].is_of_client() for table in reference.tables):
                yield str(model.__tablename__), reference.column


def _with(column: str, to: str, of: str) -> dict[str, Record]:
    """One more record of a client by table, with such a reference."""
    reference = {"client_id": client_id(of), column: to}
    form: dict[str, Value] = {"name": "Intake", "content": [], **reference}
    sent: dict[str, Value] = {"channel": "sms", "direction": "sent", "occurred_at": NOON, **reference}
    return {
        "appointments": appointment("9", of, **{column: to}),
        "progress_notes": note("9", of, **{column: to}),
        "forms": Record("forms", "patient_forms", "9", form),
        "communications": Record("communications", "communications", "9", sent),
    }


def test_only_a_reference_to_another_clients_record_is_broken(stores: Stores) -> None:
    case = Record("cases", "patient_cases", "60", {"client_id": client_id("1001"), "name": "Knee"})
    there = {
        "case_id": IDS.derive("cases", "patient_cases", "60"),
        "appointment_id": IDS.derive("appointments", "appointments", "51001"),
    }
    pairs, broken = list(_between_clients()), {}
    for number, of in enumerate(("1000", "1001"), start=1):
        more = [_with(column, there[column], of)[table] for table, column in pairs]
        store, _ = trial_of(stores, [*clinic(2), (90, (case, *more))], number)
        broken[of] = [(fault.table, fault.column, fault.count) for fault in dangling_links(stores, store, WORKSPACE)]
    assert sorted(broken["1000"]) == sorted((table, column, 1) for table, column in pairs)
    assert broken["1001"] == []


def test_the_client_of_a_live_record_is_not_compared(stores: Stores) -> None:
    live_clinic(stores, clinic(2))
    visit = IDS.derive("appointments", "appointments", "51001")
    store, _ = trial_of(stores, rows(note("9", "1000", appointment_id=visit)), 2)
    assert dangling_links(stores, store, WORKSPACE) == ()
