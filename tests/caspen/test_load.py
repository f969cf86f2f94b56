"""Loading a part: every row's fate, the fence, and workers that die or are late."""

import os
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.caspen.digests import Digest
from app.caspen.gateway import Gateway
from app.caspen.load_part import LoadFailed, claimed_before, load_part
from app.caspen.part_fences import Fate, PartKey, StaleEpoch
from app.caspen.readback import read_back
from app.caspen.row_codec import Unloadable
from app.caspen.stores import Stores
from tests.caspen.story import (
    IDS,
    MIGRATION,
    WORKSPACE,
    client,
    client_id,
    clinic,
    live_clinic,
    load,
    location,
    note,
    open_trial,
    query,
    rows,
    service,
    tamper_with,
    trial_of,
)


def test_a_new_record_is_created_with_its_derived_id(stores: Stores) -> None:
    store, loaded = trial_of(stores, rows(client("1558354464010667075")))
    assert loaded.fates == {2: Fate.CREATED}
    ((record_id, name),) = query(store, 'SELECT "id", "first_name" FROM {clients}')
    assert (record_id, name) == (client_id("1558354464010667075"), "Zoë")


def test_services_and_activities_have_different_id_prefixes(stores: Stores) -> None:
    store, _ = trial_of(stores, rows(service("1"), service("2", kind="activity")))
    prefixes = [record_id[:4] for (record_id,) in query(store, 'SELECT "id" FROM {services} ORDER BY "source_id"')]
    assert prefixes == ["ser_", "act_"]


def test_the_mapped_digest_equals_the_stored_digest(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic(5))
    stored = read_back(store, WORKSPACE)
    assert stored.digests == loaded.digests
    assert dict(stored.records) == loaded.records
    assert stored.altered_count == 0


def test_a_second_trial_of_a_finalised_clinic_changes_nothing(stores: Stores) -> None:
    live_clinic(stores)
    _, loaded = trial_of(stores, clinic(), 2)
    assert set(loaded.fates.values()) == {Fate.UNCHANGED}


def test_a_changed_row_is_updated_and_a_new_one_created(stores: Stores) -> None:
    live_clinic(stores)
    _, loaded = trial_of(stores, rows(client("1000", first_name="Zara"), client("1001"), client("4444")), 2)
    assert list(loaded.fates.values()) == [Fate.UPDATED, Fate.UNCHANGED, Fate.CREATED]


def test_a_changed_row_of_a_record_that_a_person_edited_is_held(stores: Stores) -> None:
    live_clinic(stores)
    Gateway(stores, WORKSPACE, "megan@example.com").edit("clients", client_id("1000"), {"email": "z@example.com"})
    store, loaded = trial_of(stores, rows(client("1000", title="Dr"), client("1001"), client("1002")), 2)
    assert [line for line, fate in loaded.fates.items() if fate is Fate.HELD] == list(loaded.held) == [2]
    assert loaded.held_ids == {2: (client_id("1000"),)}
    assert (client_id("1000"),) not in query(store, 'SELECT "id" FROM {clients}')
    assert read_back(store, WORKSPACE).digests == loaded.digests


def test_an_edit_that_the_export_agrees_with_is_unchanged(stores: Stores) -> None:
    live_clinic(stores)
    Gateway(stores, WORKSPACE, "megan@example.com").edit("clients", client_id("1000"), {"email": "z@example.com"})
    _, loaded = trial_of(stores, rows(client("1000", email="z@example.com")), 2)
    assert loaded.fates == {2: Fate.UNCHANGED}


def test_a_changed_row_of_a_record_that_a_person_deleted_is_held(stores: Stores) -> None:
    live_clinic(stores)
    Gateway(stores, WORKSPACE, "megan@example.com").delete("clients", client_id("1001"))
    _, loaded = trial_of(stores, rows(client("1001", title="Dr")), 2)
    assert loaded.fates == {2: Fate.HELD}


def test_a_row_of_several_records_has_one_fate(stores: Stores) -> None:
    live_clinic(stores)
    Gateway(stores, WORKSPACE, "megan@example.com").edit("locations", IDS.derive("locations", "businesses", "10"), {})
    Gateway(stores, WORKSPACE, "megan@example.com").edit("clients", client_id("1002"), {"title": "Dr"})
    mapped = [
        (2, (client("1000"), note("n1"))),
        (3, (client("1001", title="Ms"), note("71001", "1001"))),
        (4, (location(name="Moved"), note("n2", "1000"))),
        (5, (location(name="Moved"), note("71002", "1002"))),
        (6, (client("1002"), note("n3", "1002"))),
        (7, (client("1002", title="Ms"), note("n4", "1002"))),
    ]
    store, loaded = trial_of(stores, mapped, 2)
    new, changed, held = Fate.CREATED, Fate.UPDATED, Fate.HELD
    assert list(loaded.fates.values()) == [new, changed, new, held, held, held]
    assert loaded.kept == (4,)
    assert loaded.orphans == ()
    assert load(stores, store, mapped, trial=2).kept == (4,), "the fence keeps the lines"
    keys = {key for (key,) in query(store, 'SELECT "source_id" FROM {progress_notes}')}
    assert keys == {"n1", "71001", "n2", "71002"}
    assert query(store, 'SELECT "id" FROM {locations}') == []


def test_the_same_part_twice_is_written_once(stores: Stores) -> None:
    store, first = trial_of(stores, clinic())
    again = load(stores, store, clinic(), epoch=1)
    assert again.adopted
    assert replace(again, adopted=False) == first
    assert len(query(store, 'SELECT "id" FROM {clients}')) == 3


def test_a_new_holder_of_a_part_adopts_the_written_records(stores: Stores) -> None:
    store, first = trial_of(stores, clinic())
    assert load(stores, store, [], epoch=2).digests == first.digests


def test_a_worker_with_an_old_epoch_writes_nothing(stores: Stores) -> None:
    store = open_trial(stores)
    load(stores, store, clinic(1), epoch=5)
    with pytest.raises(StaleEpoch):
        load(stores, store, clinic(2), epoch=4)
    assert len(query(store, 'SELECT "id" FROM {clients}')) == 1


def test_a_part_that_nobody_wrote_is_not_claimed(stores: Stores) -> None:
    store = open_trial(stores)
    assert claimed_before(store, PartKey(MIGRATION, 1, 1, 1)) is None


def test_a_worker_that_is_killed_before_the_commit_leaves_nothing_behind(url: str, stores: Stores) -> None:
    store = open_trial(stores)
    stores.dispose()
    child = os.fork()
    if child == 0:
        _load_and_die(url)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert query(store, 'SELECT "part" FROM {fences}') == []
    assert query(store, 'SELECT "id" FROM {clients}') == []
    loaded = load(stores, store, clinic(), epoch=2)
    assert not loaded.adopted
    assert read_back(store, WORKSPACE).digests == loaded.digests


def _load_and_die(url: str) -> None:
    """Runs in its own process: writes fence and records, and ends the process instead of committing."""
    stores = Stores(url)
    store = stores.trial(MIGRATION, 1)
    sa.event.listen(store.database.engine, "commit", lambda _connection: os._exit(9))
    load(stores, store, clinic())
    os._exit(1)


def test_a_column_that_the_table_lacks_is_refused_by_name_alone(stores: Stores) -> None:
    with pytest.raises(Unloadable) as caught:
        trial_of(stores, rows(client("1", nickname="Secret Sue")))
    assert "clients.nickname" in str(caught.value)
    assert "Secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("first_name", None),
        ("first_name", 7),
        ("date_of_birth", "1990-01-02"),
        ("portal_access", 1),
        ("notes", "a\x00b"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(stores: Stores, column: str, value: object) -> None:
    with pytest.raises(Unloadable, match=f"clients.{column}"):
        trial_of(stores, rows(client("1", **{column: value})))


def test_a_refusing_database_quotes_no_patient(stores: Stores) -> None:
    store = open_trial(stores)
    tamper_with(store, "DROP TABLE {clients}")
    with pytest.raises(LoadFailed) as caught:
        load(stores, store, rows(client("1", first_name="Secret Sue")))
    error: BaseException | None = caught.value
    while error is not None:
        assert "Secret" not in str(error)
        error = error.__cause__ or error.__context__
    assert query(store, 'SELECT "part" FROM {fences}') == []


def test_an_empty_part_has_a_fence_too(stores: Stores) -> None:
    store = open_trial(stores)
    key = PartKey(MIGRATION, 1, 9, 1)
    assert load_part(stores, store, IDS, key, []).counts[Fate.CREATED] == 0
    assert load_part(stores, store, IDS, key, rows(client())).adopted


def test_digests_of_parts_add_up_in_any_order(stores: Stores) -> None:
    store = open_trial(stores)
    mapped = clinic(4)
    first = load(stores, store, mapped[9:], part=1)
    second = load(stores, store, mapped[:9], part=2)
    kinds = first.digests.keys() | second.digests.keys()
    added = {kind: second.digests.get(kind, Digest()) + first.digests.get(kind, Digest()) for kind in kinds}
    assert read_back(store, WORKSPACE).digests == added


def test_a_record_that_two_parts_bring_is_stored_once_and_does_not_balance(stores: Stores) -> None:
    """Such a mapping is wrong. The proof shows it on either database, and nothing fails halfway."""
    store = open_trial(stores)
    first = load(stores, store, rows(client("1"), client("2")), part=1)
    second = load(stores, store, rows(client("2", title="Dr"), client("3")), part=2)
    digest = read_back(store, WORKSPACE).digests["patients"]
    assert digest.count == 3
    assert digest != first.digests["patients"] + second.digests["patients"]
    assert query(store, 'SELECT "title" FROM {clients} WHERE "source_id" = \'2\'') == [("Dr",)]


def test_an_unpaired_surrogate_is_refused_without_the_record(stores: Stores) -> None:
    with pytest.raises(Unloadable) as caught:
        trial_of(stores, rows(client("1", first_name="Secret \ud83d")))
    assert "Secret" not in repr(caught.value.__context__)
