"""Columns of people's acts that SQL or another program sets without an entry keep a record, and prove nothing."""

from itertools import product
from typing import Any

import pytest

from app.caspen.bookkeeping import PEOPLE
from app.caspen.canonical_values import moment_text
from app.caspen.gateway import Gateway
from app.caspen.live_verification import LedgerMoments, verify_live
from app.caspen.load_part import MappedRecord, RowRecords, load_part
from app.caspen.part_fences import Fate, PartKey
from app.caspen.promote import Promotion, promote
from app.caspen.statements import at, change, fetch
from app.caspen.stores import Store, Stores
from app.caspen.undo import Why, undo
from app.mapping.rows import Record
from tests.caspen.story import (
    IDS,
    MIGRATION,
    NOON,
    WORKSPACE,
    client,
    client_id,
    clinic,
    go_live,
    load,
    open_trial,
    rows,
    trial_of,
    workspace_version,
)

SECOND = "mig_02"
LATER = "2026-04-01T00:00:00.000000Z"
CLAIMS: dict[str, Any] = {"edited_at": LATER, "edited_by": "another program", "deleted_at": LATER, "version": 2}
CHANGED = {
    "locations": {"name": "Changed"},
    "users": {"title": "Changed"},
    "practitioners": {"display_name": "Changed"},
    "categories": {"name": "Changed"},
    "taxes": {"name": "Changed"},
    "services": {"name": "Changed"},
    "clients": {"title": "Changed"},
    "appointments": {"note": "Changed"},
    "progress_notes": {"title": "Changed"},
}
"""A change of one value by table. `clinic` has a record of each of these tables."""


EVERY = list(product(CHANGED, CLAIMS))
ON = [
    *(pytest.param("sqlite", *each, id=f"sqlite: {' '.join(each)}") for each in EVERY),
    *(
        pytest.param("postgres", *each, id=f"postgres: {' '.join(each)}", marks=pytest.mark.postgres)
        for each in EVERY[::5]
    ),
]


def first_of(table: str) -> MappedRecord:
    return next(record for _, records in clinic() for record in records if record.table == table)


def changed(table: str) -> list[RowRecords]:
    """The row of the table's first record, with another value."""
    record = first_of(table)
    return rows(Record(table, record.source_kind, record.key, {**record.values, **CHANGED[table]}))


def id_of(table: str) -> str:
    record = first_of(table)
    return IDS.derive(table, record.source_kind, record.key)


def claim(store: Store, table: str, column: str) -> None:
    """Sets one column of the table's first record, as another program would."""
    with store.database.connection() as connection:
        sql = f'UPDATE {at(store.schema, table)} SET "{column}" = ? WHERE "id" = ?'
        assert change(connection, sql, (CLAIMS[column], id_of(table))) == 1


def whole(store: Store, table: str) -> list[tuple[Any, ...]]:
    with store.database.connection(reading=True) as connection:
        return fetch(connection, f'SELECT * FROM {at(store.schema, table)} WHERE "id" = ?', (id_of(table),))


def live_and_claimed(stores: Stores, table: str, column: str) -> tuple[Store, list[tuple[Any, ...]]]:
    """The trial of a clinic that went live, and the table's first record after the claim on it."""
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    claim(stores.live, table, column)
    return store, whole(stores.live, table)


def why(column: str) -> Why:
    return Why.DELETED if column == "deleted_at" else Why.EDITED


def altered(stores: Stores, trial: Store) -> list[str]:
    known = LedgerMoments({MIGRATION: moment_text(NOON)})
    return [record.id for record in verify_live(stores, trial, WORKSPACE, MIGRATION, known=known).altered]


def test_every_column_of_peoples_acts_and_every_table_of_the_clinic_is_claimed() -> None:
    assert CLAIMS.keys() == set(PEOPLE)
    assert CHANGED.keys() == {record.table for _, records in clinic() for record in records}


@pytest.mark.parametrize(("url", "table", "column"), ON, indirect=["url"])
def test_a_later_export_holds_a_record_whose_columns_claim_an_act(stores: Stores, table: str, column: str) -> None:
    store, before = live_and_claimed(stores, table, column)
    assert altered(stores, store) == [id_of(table)]
    later, loaded = trial_of(stores, changed(table), 2)
    assert set(loaded.fates.values()) == {Fate.HELD}
    go_live(stores, later, loaded.digests, 2)
    assert whole(stores.live, table) == before
    assert altered(stores, later) == [id_of(table)], "the claim is no proof after the later export either"


@pytest.mark.parametrize(("url", "table", "column"), ON, indirect=["url"])
def test_a_claim_after_the_trial_is_a_listed_conflict(stores: Stores, table: str, column: str) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    later, loaded = trial_of(stores, changed(table), 2)
    claim(stores.live, table, column)
    before = whole(stores.live, table)
    done = go_live(stores, later, loaded.digests, 2)
    assert [(each.id, each.deleted) for each in done.conflicts] == [(id_of(table), column == "deleted_at")]
    assert whole(stores.live, table) == before
    assert altered(stores, later) == [id_of(table)]


@pytest.mark.parametrize(("url", "table", "column"), ON, indirect=["url"])
def test_an_undo_keeps_and_names_a_record_whose_columns_claim_an_act(stores: Stores, table: str, column: str) -> None:
    _, before = live_and_claimed(stores, table, column)
    done = undo(stores, WORKSPACE, MIGRATION)
    assert [kept.why for kept in done.kept if kept.id == id_of(table)] == [why(column)]
    assert {kept.why for kept in done.kept if kept.id != id_of(table)} <= {Why.IN_USE}
    assert whole(stores.live, table) == before


@pytest.mark.parametrize(("url", "table", "column"), ON, indirect=["url"])
def test_an_undo_restores_no_replaced_record_whose_columns_claim_an_act(
    stores: Stores, table: str, column: str
) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    later = stores.create_trial(WORKSPACE, SECOND, 2, workspace_version(stores))
    loaded = load_part(stores, later, IDS, PartKey(SECOND, 2, 1, 1), changed(table), moment=NOON)
    promote(stores, later, Promotion(WORKSPACE, SECOND, 2, loaded.digests), moment=NOON)
    claim(stores.live, table, column)
    before = whole(stores.live, table)
    done = undo(stores, WORKSPACE, SECOND)
    assert [(kept.id, kept.why) for kept in done.kept] == [(id_of(table), why(column))]
    assert done.restored.total() == 0
    assert whole(stores.live, table) == before


@pytest.mark.parametrize("by_gateway", [True, False])
def test_an_export_that_brings_what_the_clinic_already_edited_goes_live(stores: Stores, by_gateway: bool) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    if by_gateway:
        Gateway(stores, WORKSPACE, "megan@example.com").edit("clients", client_id(), {"title": "Dr"})
    else:
        claim(stores.live, "clients", "edited_at")
        with stores.live.database.connection() as connection:
            sql = f'UPDATE {at(stores.live.schema, "clients")} SET "title" = ? WHERE "id" = ?'
            change(connection, sql, ("Dr", client_id()))
    before = whole(stores.live, "clients")
    later = open_trial(stores, 2)
    loaded = load(stores, later, rows(client("1000", title="Dr")), trial=2)
    assert loaded.fates == {2: Fate.UNCHANGED}
    done = go_live(stores, later, loaded.digests, 2)
    assert (done.conflicts, dict(done.unchanged)) == ([], {"patients": 1})
    assert whole(stores.live, "clients") == before
