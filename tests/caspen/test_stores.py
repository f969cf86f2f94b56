"""Each trial has its own store, made from an unchanged workspace and dropped completely."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import select

from app.caspen.gateway import Gateway
from app.caspen.stores import Stores, WorkspaceChanged, trial_name
from app.caspen.tables import Client
from tests.caspen.story import MIGRATION, WORKSPACE, client, clinic, load, open_trial, query, rows, workspace_version


def test_a_trial_is_not_made_from_a_workspace_that_has_changed(stores: Stores) -> None:
    looked_at = workspace_version(stores)
    Gateway(stores, WORKSPACE, "megan@example.com").add_location("North")
    with pytest.raises(WorkspaceChanged):
        stores.create_trial(WORKSPACE, MIGRATION, 1, looked_at)
    assert not stores.exists(stores.trial(MIGRATION, 1))
    assert stores.trial_names() == []


def test_a_trial_of_an_unknown_workspace_is_not_made(stores: Stores) -> None:
    with pytest.raises(WorkspaceChanged):
        stores.create_trial("wsp_other", MIGRATION, 1, 1)


def test_making_a_trial_twice_gives_the_same_store(stores: Stores) -> None:
    store = open_trial(stores)
    load(stores, store, clinic(1))
    assert len(query(open_trial(stores), 'SELECT "id" FROM {clients}')) == 1


def test_a_dropped_trial_leaves_nothing(stores: Stores, tmp_path: Path) -> None:
    store = open_trial(stores)
    load(stores, store, clinic())
    assert stores.trial_names() == [store.name]
    stores.drop_trial(store)
    stores.drop_trial(store)
    assert not stores.exists(store)
    assert stores.trial_names() == []
    assert not list(tmp_path.rglob("trial_*"))


def test_two_trials_are_separate(stores: Stores) -> None:
    first, second = open_trial(stores, 1), open_trial(stores, 2)
    load(stores, first, clinic())
    assert query(second, 'SELECT "id" FROM {clients}') == []


def test_a_statement_is_compiled_once_for_all_trials(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[str] = []
    visit: Callable[..., str] = SQLCompiler.visit_select

    def visited(*given: object, **more: object) -> str:
        put.append(visit(*given, **more))
        return put[-1]

    monkeypatch.setattr(SQLCompiler, "visit_select", visited)
    for number in (1, 2):
        asked = select(Client.id).where(Client.id == f"cli_{number}", Client.part == number)
        with open_trial(stores, number).database.read() as session:
            assert session.exec(asked).all() == []
    assert len([words for words in put if "part" in words]) == 1


def test_people_can_work_while_a_trial_is_loaded(stores: Stores) -> None:
    """Loading a part holds no lock on the live workspace."""
    store = open_trial(stores)
    with store.database.connection():  # a part that is being written
        Gateway(stores, WORKSPACE, "megan@example.com").add_location("North")


def test_two_workers_load_parts_of_one_trial_at_once(stores: Stores) -> None:
    store = open_trial(stores)
    parts = [rows(*[client(str(part * 1000 + n)) for n in range(1, 200)]) for part in range(1, 9)]
    with ThreadPoolExecutor(4) as workers:
        loaded = list(workers.map(lambda n: load(stores, store, parts[n - 1], part=n), range(1, 9)))
    assert sum(each.digests["patients"].count for each in loaded) == len(query(store, 'SELECT "id" FROM {clients}'))


def test_indexes_can_be_made_twice(stores: Stores) -> None:
    store = open_trial(stores)
    stores.index_trial(store)
    stores.index_trial(store)


@pytest.mark.parametrize("migration_id", ["mig_01", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a" * 80, "odd/name; DROP", "x"])
def test_the_name_of_a_trial_is_legal_everywhere(migration_id: str) -> None:
    name = trial_name(migration_id, 12)
    assert len(name) <= 63
    assert name.replace("_", "").isalnum()
    assert name.endswith("_12")


def test_long_ids_that_begin_alike_have_names_of_their_own() -> None:
    assert trial_name("a" * 60 + "1", 1) != trial_name("a" * 60 + "2", 1)


def test_only_trials_can_be_dropped_by_name(stores: Stores) -> None:
    for name in ("live", "public", "trial_../live"):
        with pytest.raises(ValueError, match="trial"):
            stores.drop_named(name)
