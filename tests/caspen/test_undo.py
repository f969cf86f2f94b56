"""Undoing a finalised migration keeps people's later changes."""

from app.caspen.gateway import Gateway
from app.caspen.load_part import load_part
from app.caspen.part_fences import Fate, PartKey
from app.caspen.promote import Promotion, promote
from app.caspen.readback import read_back
from app.caspen.stores import Stores
from app.caspen.tables import Appointment
from app.caspen.undo import Why, preview_undo, undo
from tests.caspen.story import (
    IDS,
    MIGRATION,
    NOON,
    WORKSPACE,
    client,
    client_id,
    clinic,
    live_clinic,
    query,
    rows,
    service,
    trial_of,
    workspace_version,
)

MEGAN = "megan@example.com"
LATER = "mig_02"


def test_undoing_restores_the_workspace(stores: Stores) -> None:
    live_clinic(stores)
    done = undo(stores, WORKSPACE, MIGRATION)
    assert done.removed["clients"] == 3
    assert done.kept == []
    assert read_back(stores.live, WORKSPACE).digests == {}


def test_importing_again_after_an_undo_is_a_first_import(stores: Stores) -> None:
    live_clinic(stores)
    undo(stores, WORKSPACE, MIGRATION)
    _, loaded = trial_of(stores, clinic(), 2)
    assert set(loaded.fates.values()) == {Fate.CREATED}


def test_what_a_later_migration_replaced_returns(stores: Stores) -> None:
    live_clinic(stores)
    before = read_back(stores.live, WORKSPACE).digests
    everything = query(stores.live, "SELECT * FROM {clients} ORDER BY 1, 2")
    prices = query(stores.live, "SELECT * FROM {services} ORDER BY 1, 2")
    changed = client("1000", first_name="Zara", address={"line1": 'Ünder the "Bridge"\'s end'}, portal_access=True)
    mapped = rows(changed, client("4444"), service(duration=60))
    store = stores.create_trial(WORKSPACE, LATER, 2, workspace_version(stores))
    loaded = load_part(stores, store, IDS, PartKey(LATER, 2, 1, 1), mapped, moment=NOON)
    promote(stores, store, Promotion(WORKSPACE, LATER, 2, loaded.digests), moment=NOON)
    assert read_back(stores.live, WORKSPACE).digests != before
    done = undo(stores, WORKSPACE, LATER)
    assert (done.restored["clients"], done.restored["services"], done.removed["clients"]) == (1, 1, 1)
    assert query(stores.live, "SELECT * FROM {clients} ORDER BY 1, 2") == everything
    assert query(stores.live, "SELECT * FROM {services} ORDER BY 1, 2") == prices
    assert query(stores.live, 'SELECT "id" FROM {journal}') == []


def test_touched_records_are_kept_with_the_reason(stores: Stores) -> None:
    live_clinic(stores)
    desk = Gateway(stores, WORKSPACE, MEGAN)
    desk.edit("clients", client_id("1000"), {"title": "Dr"})
    desk.delete("clients", client_id("1001"))
    done = undo(stores, WORKSPACE, MIGRATION)
    assert {kept.id: kept.why for kept in done.kept} == {
        client_id("1000"): Why.EDITED,
        client_id("1001"): Why.DELETED,
    }
    assert len(query(stores.live, 'SELECT "id" FROM {clients}')) == 2


def test_a_client_with_a_new_visit_is_kept_with_the_records_of_the_visit(stores: Stores) -> None:
    live_clinic(stores)
    with stores.live.database.write() as session:
        session.add(
            Appointment(
                workspace_id=WORKSPACE,
                id="app_by_hand",
                location_id=IDS.derive("locations", "businesses", "10"),
                practitioner_id=IDS.derive("practitioners", "practitioners", "30"),
                service_id=IDS.derive("services", "appointment_types", "40"),
                client_id=client_id("1002"),
                starts_at=NOON,
                ends_at=NOON,
                duration=30,
                edited_at=NOON,
                edited_by=MEGAN,
            )
        )
    done = undo(stores, WORKSPACE, MIGRATION)
    assert {record.why for record in done.kept} == {Why.IN_USE}
    kept = sorted(record.table for record in done.kept)
    assert kept == ["categories", "clients", "locations", "practitioners", "services", "taxes", "users"]


def test_a_preview_equals_the_undo_and_changes_nothing(stores: Stores) -> None:
    live_clinic(stores)
    before = read_back(stores.live, WORKSPACE).digests
    shown = preview_undo(stores, WORKSPACE, MIGRATION)
    assert read_back(stores.live, WORKSPACE).digests == before
    assert undo(stores, WORKSPACE, MIGRATION) == shown


def test_undoing_twice_changes_nothing_more(stores: Stores) -> None:
    live_clinic(stores)
    done = undo(stores, WORKSPACE, MIGRATION)
    version = workspace_version(stores)
    everything = read_back(stores.live, WORKSPACE).digests
    assert undo(stores, WORKSPACE, MIGRATION) == done
    assert read_back(stores.live, WORKSPACE).digests == everything
    assert workspace_version(stores) >= version
