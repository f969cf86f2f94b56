"""The approved trial becomes the live workspace: exactly, once, and without overwriting people's changes."""

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from app.caspen.digests import Digest
from app.caspen.gateway import Gateway
from app.caspen.promote import Promotion, Unproven, promote
from app.caspen.readback import read_back
from app.caspen.stores import Stores
from app.caspen.tables import Client
from tests.caspen.story import (
    MIGRATION,
    NOON,
    WORKSPACE,
    client,
    client_id,
    clinic,
    go_live,
    live_clinic,
    load,
    open_trial,
    query,
    rows,
    tamper_with,
    trial_of,
    workspace_version,
)


def test_the_live_workspace_holds_the_reviewed_records(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic(5))
    done = go_live(stores, store, loaded.digests)
    assert done.created["patients"] == 5
    assert done.live == loaded.digests == read_back(stores.live, WORKSPACE).digests


@pytest.mark.parametrize("url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_postgresql_knows_how_many_records_came(stores: Stores) -> None:
    """Else it plans the next undo for empty tables, and the page of the undo takes minutes."""
    store, loaded = trial_of(stores, clinic(300))
    go_live(stores, store, loaded.digests)
    counted = "SELECT reltuples FROM pg_class WHERE relname = 'clients' AND relnamespace = '{schema}'::regnamespace"
    assert query(stores.live, counted.replace("{schema}", stores.live.schema)) == [(300.0,)]


def test_nothing_is_live_before_the_promotion(stores: Stores) -> None:
    trial_of(stores, clinic())
    assert read_back(stores.live, WORKSPACE).digests == {}


def test_promoting_twice_changes_nothing_the_second_time(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    before = query(stores.live, "SELECT * FROM {clients} ORDER BY 1, 2")
    again = go_live(stores, store, loaded.digests)
    assert not +again.created
    assert not +again.updated
    assert again.unchanged["patients"] == 3
    assert query(stores.live, "SELECT * FROM {clients} ORDER BY 1, 2") == before
    assert query(stores.live, 'SELECT "id" FROM {journal}') == []


def test_what_is_replaced_is_kept_in_the_journal(stores: Stores) -> None:
    live_clinic(stores)
    mapped = rows(client("1000", first_name="Zara"), client("1001"))
    store, loaded = trial_of(stores, mapped, 2)
    done = promote(stores, store, Promotion(WORKSPACE, "mig_02", 2, loaded.digests), moment=NOON)
    assert (done.updated["patients"], done.unchanged["patients"]) == (1, 1)
    ((table, record_id, row),) = query(stores.live, 'SELECT "object", "id", "row" FROM {journal}')
    assert (table, record_id) == ("clients", client_id("1000"))
    assert json.loads(row)["first_name"] == "Zoë"
    assert query(stores.live, 'SELECT "first_name" FROM {clients} WHERE "source_id" = \'1000\'') == [("Zara",)]


def test_a_change_by_a_person_after_the_trial_is_a_conflict_and_kept(stores: Stores) -> None:
    live_clinic(stores)
    store, loaded = trial_of(stores, rows(*[client(str(n), title="Dr") for n in (1000, 1001, 1002)]), 2)
    desk = Gateway(stores, WORKSPACE, "megan@example.com")
    desk.edit("clients", client_id("1000"), {"email": "z@example.com"})
    desk.delete("clients", client_id("1001"))
    done = go_live(stores, store, loaded.digests, 2)
    assert [(conflict.id, conflict.deleted) for conflict in done.conflicts] == [
        (client_id("1000"), False),
        (client_id("1001"), True),
    ]
    assert done.updated["patients"] == 1
    assert done.unchanged["patients"] == 0
    with stores.live.database.read() as session:
        edited = session.get_one(Client, (WORKSPACE, client_id("1000")))
        deleted = session.get_one(Client, (WORKSPACE, client_id("1001")))
        assert (edited.email, edited.title, edited.edited_by) == ("z@example.com", None, "megan@example.com")
        assert deleted.deleted_at is not None


def test_the_approved_digest_is_the_live_digest_plus_the_conflicts(stores: Stores) -> None:
    live_clinic(stores)
    store, loaded = trial_of(stores, rows(client("1000", title="Dr"), client("1001")), 2)
    Gateway(stores, WORKSPACE, "megan@example.com").edit("clients", client_id("1000"), {"title": "Prof"})
    done = go_live(stores, store, loaded.digests, 2)
    (conflict,) = done.conflicts
    aside = Digest()
    aside.add(conflict.id, conflict.trial_hash)
    assert done.live["patients"] + aside == loaded.digests["patients"]


def test_a_trial_that_differs_from_the_approval_does_not_go_live(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    version = workspace_version(stores)
    tamper_with(store, "UPDATE {clients} SET \"last_name\" = 'Other' WHERE \"source_id\" = '1001'")
    with pytest.raises(Unproven) as caught:
        go_live(stores, store, loaded.digests)
    assert caught.value.kinds == ["patients"]
    assert query(stores.live, 'SELECT "id" FROM {clients}') == []
    assert workspace_version(stores) == version


def test_a_record_that_vanished_from_the_trial_is_missed(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    tamper_with(store, "DELETE FROM {progress_notes} WHERE \"source_id\" = '71000'")
    with pytest.raises(Unproven, match="treatment_notes"):
        go_live(stores, store, loaded.digests)


def test_going_live_raises_the_workspace_version_and_dates_new_clients(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    version = workspace_version(stores)
    go_live(stores, store, loaded.digests)
    assert workspace_version(stores) == version + 1
    with stores.live.database.read() as session:
        made = session.get_one(Client, (WORKSPACE, client_id()))
        assert (made.created_at, made.migration_id, made.version) == (NOON, MIGRATION, 1)
        assert made.source_created_at == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_parts_that_were_loaded_apart_go_live_together(stores: Stores) -> None:
    store = open_trial(stores)
    mapped = clinic(4)
    loaded = [load(stores, store, mapped[:9], part=1), load(stores, store, mapped[9:], part=2)]
    kinds = {kind for each in loaded for kind in each.digests}
    approved = {kind: sum((each.digests.get(kind, Digest()) for each in loaded), Digest()) for kind in kinds}
    assert go_live(stores, store, approved).live == approved


def test_a_worker_that_is_killed_before_the_commit_leaves_the_workspace_as_it_was(url: str, stores: Stores) -> None:
    live_clinic(stores)
    store, loaded = trial_of(stores, clinic(5), 2)
    before = query(stores.live, "SELECT * FROM {clients} ORDER BY 1, 2")
    version = workspace_version(stores)
    stores.dispose()
    child = os.fork()
    if child == 0:
        _promote_and_die(url, loaded.digests)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert query(stores.live, "SELECT * FROM {clients} ORDER BY 1, 2") == before
    assert workspace_version(stores) == version
    assert go_live(stores, store, loaded.digests, 2).created["patients"] == 2


def _promote_and_die(url: str, approved: Mapping[str, Digest]) -> None:
    """Runs in its own process: writes everything, and ends the process instead of committing."""
    stores = Stores(url)
    sa.event.listen(stores.live.database.engine, "commit", lambda _connection: os._exit(9))
    go_live(stores, stores.trial(MIGRATION, 2), approved, 2)
    os._exit(1)


def test_an_edit_at_the_same_moment_comes_before_or_after_and_is_never_lost(stores: Stores) -> None:
    live_clinic(stores)
    store, loaded = trial_of(stores, rows(*[client(str(n), title="Dr") for n in (1000, 1001, 1002)]), 2)
    desk = Gateway(stores, WORKSPACE, "megan@example.com")
    with ThreadPoolExecutor(2) as both:
        editing = both.submit(desk.edit, "clients", client_id("1001"), {"email": "z@example.com"})
        done = both.submit(go_live, stores, store, loaded.digests, 2).result()
        editing.result()
    ((email, title),) = query(stores.live, 'SELECT "email", "title" FROM {clients} WHERE "source_id" = \'1001\'')
    assert email == "z@example.com"
    assert (title == "Dr") is (not done.conflicts)
