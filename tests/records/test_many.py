"""A client with 100,000 notes is shown as fast as a client with ten, in as little memory."""

import time
import tracemalloc
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.caspen.gateway import create_workspace
from app.caspen.stores import Store, Stores
from app.caspen.tables import ProgressNote
from app.records.kinds.progress_notes import KIND
from app.records.query import find
from app.records.section import tabs
from app.records.sections import SECTIONS
from tests.caspen.story import NOON, WORKSPACE, client_id, clinic, trial_of
from tests.records.story import shown

MANY = 100_000
SECONDS = 0.5  # of this process's own time, on a machine that others use too
MEGABYTES = 8


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    folder: Path = tmp_path_factory.mktemp("many")
    made = Stores(f"sqlite:///{folder}/live.sqlite")
    made.start()
    create_workspace(made, WORKSPACE, "Harbour Street Physiotherapy")
    return made


@pytest.fixture(scope="module")
def trial(stores: Stores) -> Store:
    """A client with a note for every minute of ten weeks."""
    store = trial_of(stores, clinic(1))[0]
    table = ProgressNote.metadata.tables["progress_notes"]
    with store.database.connection() as connection:
        (pattern,) = connection.execute(sa.select(table)).mappings()
        rows = [{**pattern, "id": f"not_{n:026}", "note_date": NOON.replace(year=2000 + n % 20)} for n in range(MANY)]
        connection.execute(sa.insert(table), rows)
    stores.index_trial(store)
    return store


@pytest.mark.parametrize("page", [10, MANY // 20, MANY // 10])
def test_any_page_of_a_hundred_thousand_notes_is_fast_and_small(stores: Stores, trial: Store, page: int) -> None:
    began = time.process_time()
    page_of_notes = shown(stores, trial, "notes", page=page)
    tabs_ = tabs(SECTIONS, trial, WORKSPACE, client_id())
    spent = time.process_time() - began
    assert (page_of_notes.total, len(page_of_notes.lines)) == (MANY + 1, 10)
    assert {tab.name: tab.count for tab in tabs_}["notes"] == MANY + 1
    assert spent < SECONDS, f"page {page} took {spent:.2f} s of work"
    began = time.process_time()
    assert len(find(trial, WORKSPACE, KIND, page=page // 5).records) == 50
    spent = time.process_time() - began
    assert spent < SECONDS, f"page {page // 5} of all notes took {spent:.2f} s of work"
    tracemalloc.start()
    shown(stores, trial, "notes", page=page)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEGABYTES * 2**20, f"page {page} took {peak / 2**20:.1f} MB"
