"""A row that equals what the earlier import brought brings nothing: it is unchanged, whatever people did since.

A person's change stays, and an untouched live record is left as it is, to the byte.
"""

from typing import Any

import pytest

from app.caspen.gateway import Gateway
from app.caspen.load_part import load_part
from app.caspen.part_fences import Fate, PartKey
from app.caspen.promote import Promoted, Promotion, promote
from app.caspen.statements import at, fetch
from app.caspen.stores import Store, Stores
from app.caspen.tables import OBJECTS
from tests.caspen.story import IDS, NOON, WORKSPACE, clinic, live_clinic, location, rows, workspace_version
from tests.caspen.test_claimed_acts import CHANGED, CLAIMS, changed, claim, first_of, id_of

LATER = "mig_02"
ACTS = ("edited", "deleted", *CLAIMS)
EVERY = [(table, act) for table in CHANGED for act in ACTS]
ON = [
    *(pytest.param("sqlite", *each, id=f"sqlite: {' '.join(each)}") for each in EVERY),
    *(
        pytest.param("postgres", *each, id=f"postgres: {' '.join(each)}", marks=pytest.mark.postgres)
        for each in EVERY[::5]
    ),
]


def touch(stores: Stores, table: str, act: str) -> None:
    desk = Gateway(stores, WORKSPACE, "megan@example.com")
    if act == "edited":
        desk.edit(table, id_of(table), CHANGED[table])
    elif act == "deleted":
        desk.delete(table, id_of(table))
    else:
        claim(stores.live, table, act)
        with stores.live.database.connection() as connection:
            (column, value) = next(iter(CHANGED[table].items()))
            sql = f"UPDATE {at(stores.live.schema, table)} SET \"{column}\" = '{value}' WHERE \"id\" = '{id_of(table)}'"
            connection.exec_driver_sql(sql)


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every live record, with all columns."""
    with store.database.connection(reading=True) as connection:
        return {
            str(model.__tablename__): fetch(
                connection, f'SELECT * FROM {at(store.schema, str(model.__tablename__))} ORDER BY "id"'
            )
            for model in OBJECTS
        }


def later(stores: Stores, mapped: Any, earlier: frozenset[str] | None = None) -> tuple[dict[int, Fate], Promoted]:
    """A later migration of another ledger, which knows the migrations `earlier`, goes live a day later."""
    store = stores.create_trial(WORKSPACE, LATER, 1, workspace_version(stores))
    loaded = load_part(stores, store, IDS, PartKey(LATER, 1, 1, 1), mapped, moment=NOON)
    what = Promotion(WORKSPACE, LATER, 1, loaded.digests, earlier)
    return dict(loaded.fates), promote(stores, store, what, moment=NOON.replace(day=3))


@pytest.mark.parametrize(("url", "table", "act"), ON, indirect=["url"])
def test_the_earlier_row_of_a_touched_record_is_unchanged_and_the_act_stays(
    stores: Stores, table: str, act: str
) -> None:
    live_clinic(stores)
    touch(stores, table, act)
    before = everything(stores.live)
    fates, done = later(stores, clinic())
    assert set(fates.values()) == {Fate.UNCHANGED}
    assert not done.created + done.updated
    assert [conflict.id for conflict in done.conflicts if conflict.is_new] == []
    assert done.unchanged.total() == len(fates)
    assert everything(stores.live) == before


@pytest.mark.parametrize(("url", "table", "act"), ON, indirect=["url"])
def test_an_act_after_the_trial_of_the_earlier_row_is_no_conflict_of_the_export(
    stores: Stores, table: str, act: str
) -> None:
    live_clinic(stores)
    store = stores.create_trial(WORKSPACE, LATER, 1, workspace_version(stores))
    loaded = load_part(stores, store, IDS, PartKey(LATER, 1, 1, 1), clinic(), moment=NOON)
    touch(stores, table, act)
    before = everything(stores.live)
    done = promote(stores, store, Promotion(WORKSPACE, LATER, 1, loaded.digests), moment=NOON)
    assert [(conflict.id, conflict.is_new) for conflict in done.conflicts] == [(id_of(table), False)]
    assert everything(stores.live) == before


@pytest.mark.parametrize("table", CHANGED)
def test_a_changed_row_leaves_every_other_live_record_as_it_is(stores: Stores, table: str) -> None:
    """The ledger of the later migration does not know the first one, as that of a command with a database."""
    live_clinic(stores)
    before = everything(stores.live)
    mapped = [*changed(table), *((line + 100, records) for line, records in clinic() if records != (first_of(table),))]
    _, done = later(stores, mapped, earlier=frozenset())
    assert dict(+done.updated) == {first_of(table).source_kind: 1}
    after = everything(stores.live)
    for name, records in before.items():
        differing = [row for row, now in zip(records, after[name], strict=True) if row != now]
        assert len(differing) == (name == table), name
    with stores.live.database.connection(reading=True) as connection:
        names = 'SELECT "migration_id" FROM ' + at(stores.live.schema, table) + ' WHERE "id" = ?'
        assert fetch(connection, names, (id_of(table),)) == [(LATER,)]


def test_the_records_of_a_migration_that_did_not_go_live_are_taken_over(stores: Stores) -> None:
    """Its records were committed, and the ledger never settled it."""
    live_clinic(stores, rows(location()))
    store = stores.create_trial(WORKSPACE, LATER, 1, workspace_version(stores))
    loaded = load_part(stores, store, IDS, PartKey(LATER, 1, 1, 1), rows(location()), moment=NOON)
    what = Promotion(WORKSPACE, LATER, 1, loaded.digests, frozenset(), frozenset({"mig_01"}))
    promote(stores, store, what, moment=NOON)
    with stores.live.database.connection(reading=True) as connection:
        named = fetch(connection, f'SELECT "migration_id" FROM {at(stores.live.schema, "locations")}')
    assert named == [(LATER,)]
