"""Direct changes of a store are detected before and after promotion, on either database."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.caspen.bookkeeping import BOOKKEEPING, BY_COLUMN
from app.caspen.canonical_values import moment_text
from app.caspen.edit_entries import entries, is_chained
from app.caspen.gateway import Gateway
from app.caspen.live_verification import LedgerMoments, LiveVerification, verify_live
from app.caspen.promote import Unproven
from app.caspen.row_codec import shape
from app.caspen.statements import at
from app.caspen.stores import Store, Stores
from app.caspen.tables import OBJECTS
from app.caspen.undo import Why, undo
from tests.caspen.story import (
    MIGRATION,
    NOON,
    WORKSPACE,
    client_id,
    clinic,
    go_live,
    live_clinic,
    tamper_with,
    trial_of,
)
from tests.world.tampering import TABLES, Tamper, covered, kinds

MEGAN = "megan@example.com"
EVERY = kinds()
ON = [
    *(pytest.param("sqlite", tamper, id=f"sqlite: {tamper.name}") for tamper in EVERY),
    *(pytest.param("postgres", t, id=f"postgres: {t.name}", marks=pytest.mark.postgres) for t in EVERY[::4]),
]


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every record of a store, with all columns."""
    tables = {}
    with store.database.connection(reading=True) as connection:
        for model in OBJECTS:
            name = str(model.__tablename__)
            sql = sa.text(f'SELECT * FROM {at(store.schema, name)} ORDER BY "workspace_id", "id"')
            tables[name] = [tuple(row) for row in connection.execute(sql)]
    return tables


def checked(stores: Stores, trial: Store, approved: Any = None) -> LiveVerification:
    known = LedgerMoments({MIGRATION: moment_text(NOON)}, approved)
    return verify_live(stores, trial, WORKSPACE, MIGRATION, known=known)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_a_table_is_tampered_with(table: str) -> None:
    assert covered(table) == {column.name for column in shape(table).table.columns}


def test_every_bookkeeping_column_has_a_writer() -> None:
    for table in TABLES:
        assert set(shape(table).rest) <= BY_COLUMN.keys()
    assert len(BY_COLUMN) == len(BOOKKEEPING)


@pytest.mark.parametrize(("url", "tamper"), ON, indirect=["url"])
def test_a_changed_trial_goes_live_as_approved_or_not_at_all(stores: Stores, tamper: Tamper) -> None:
    store, loaded = trial_of(stores, clinic(3))
    go_live(stores, store, loaded.digests)
    honest = everything(stores.live)
    undo(stores, WORKSPACE, MIGRATION)
    nothing = everything(stores.live)
    if not tamper.act(store, 1):
        return
    try:
        go_live(stores, store, loaded.digests)
    except Unproven:
        assert everything(stores.live) == nothing
    else:
        assert everything(stores.live) == honest


@pytest.mark.parametrize(("url", "tamper"), ON, indirect=["url"])
def test_a_changed_live_workspace_is_detected(stores: Stores, tamper: Tamper) -> None:
    store, loaded = trial_of(stores, clinic(3))
    go_live(stores, store, loaded.digests)
    honest = everything(stores.live)
    assert checked(stores, store, loaded.digests).holds
    if tamper.act(stores.live, 2):
        others = {row[0] for rows_ in everything(stores.live).values() for row in rows_} - {WORKSPACE}
        assert others or not checked(stores, store, loaded.digests).holds or everything(stores.live) == honest


def test_an_act_counts_when_its_marks_are_removed(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    desk = Gateway(stores, WORKSPACE, MEGAN)
    desk.delete("clients", client_id("1000"))
    desk.edit("clients", client_id("1001"), {"title": "Dr"})
    assert checked(stores, store, loaded.digests).holds
    tamper_with(stores.live, 'UPDATE {clients} SET "deleted_at" = NULL, "edited_at" = NULL, "version" = 1')
    verification = checked(stores, store, loaded.digests)
    assert {record.id for record in verification.altered} == {client_id("1000"), client_id("1001")}
    assert {(record.id, record.why) for record in undo(stores, WORKSPACE, MIGRATION).kept} >= {
        (client_id("1000"), Why.DELETED),
        (client_id("1001"), Why.EDITED),
    }


def test_an_edit_does_not_cover_later_tampering(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    Gateway(stores, WORKSPACE, MEGAN).edit("clients", client_id("1000"), {"title": "Dr"})
    tamper_with(stores.live, "UPDATE {clients} SET \"alert\" = 'None' WHERE \"source_id\" = '1000'")
    assert [record.id for record in checked(stores, store, loaded.digests).altered] == [client_id("1000")]


def test_an_entry_that_was_changed_or_removed_breaks_the_chain(stores: Stores) -> None:
    live_clinic(stores)
    desk = Gateway(stores, WORKSPACE, MEGAN)
    for number in (1000, 1001, 1002):
        desk.edit("clients", client_id(str(number)), {"title": "Dr"})

    def holds() -> bool:
        with stores.live.database.connection(reading=True) as connection:
            return is_chained(connection, stores.live.schema, WORKSPACE)

    assert holds()
    with stores.live.database.connection(reading=True) as connection:
        acts = [entry.act for entry in entries(connection, stores.live.schema, WORKSPACE)]
    assert acts == ["edited"] * 3
    tamper_with(stores.live, 'UPDATE {edits} SET "by" = \'somebody\' WHERE "number" = 2')
    assert not holds()
    tamper_with(stores.live, f'UPDATE {{edits}} SET "by" = \'{MEGAN}\' WHERE "number" = 2')
    assert holds()
    tamper_with(stores.live, 'DELETE FROM {edits} WHERE "number" = 2')
    assert not holds()


def test_only_records_that_nobody_made_are_reported_as_added(stores: Stores) -> None:
    store, loaded = trial_of(stores, clinic())
    go_live(stores, store, loaded.digests)
    made = Gateway(stores, WORKSPACE, MEGAN).add("clients", {"first_name": "Ann", "last_name": "New"})
    assert checked(stores, store, loaded.digests).holds
    tamper_with(stores.live, "DELETE FROM {edits}")
    assert [record.id for record in checked(stores, store, loaded.digests).added] == [made]
