"""Live records of every kind whose columns claim a person's act without an entry: SQL or another program set them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.caspen.bookkeeping import PEOPLE
from app.caspen.stores import Store
from app.caspen.undo import Why
from app.golive.live_check import check_live
from app.migration.states import Event, State
from app.sources.cliniko.source import SOURCE
from app.worker.runtime import Runtime
from tests.harness.clinic import Clinic, clinic_in, runtime_in, runtime_of_copy
from tests.trial.test_records_changed_by_hand import (
    Made,
    brought_otherwise,
    export_files,
    made_records,
    several_rows,
)
from tests.world.tampering import content_of

CLAIMS: dict[str, Any] = {
    "edited_at": "2026-04-01T00:00:00.000000Z",
    "edited_by": "another program",
    "deleted_at": "2026-04-01T00:00:00.000000Z",
    "version": 2,
}

CHANGED_MOMENT = "2020-02-03T04:05:06.000000Z"


@dataclass(frozen=True)
class WentLive:
    """A clinic that went live: a copy of its folder, and one live record of every kind and table."""

    home: Path
    migration_id: str
    records: Sequence[Made]


@pytest.fixture(scope="module")
def went_live(tmp_path_factory: pytest.TempPathFactory) -> WentLive:
    home = tmp_path_factory.mktemp("went_live")
    with runtime_in(home / "var") as runtime:
        clinic = clinic_in(runtime).tried(export_files(several_rows())).finalised()
        assert clinic.state() is State.FINALISED
        first = {(record.kind, record.table): record for record in reversed(made_records(runtime.caspen.live))}
    return WentLive(home / "var", clinic.id, list(first.values()))


@pytest.fixture
def runtime_live(went_live: WentLive, tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(went_live.home, tmp_path / "var") as runtime:
        yield runtime


def _claim(live: Store, record: Made, column: str) -> None:
    """Changes a value of a live record and one column of people's acts, as another program would."""
    with live.database.connection() as connection:
        row = connection.exec_driver_sql(f"SELECT * FROM {record.table} WHERE id = ?", (record.id,)).mappings().one()
        values = {name: f"{row[name]} more" for name in content_of(record.table, "text") if row[name]}
        values |= {name: row[name] + 1 for name in content_of(record.table, "number") if row[name] is not None}
        values |= {name: CHANGED_MOMENT for name in content_of(record.table, "moment") if row[name]}
        changed, value = next(iter(values.items()))
        sql = f'UPDATE {record.table} SET "{changed}" = ?, "{column}" = ? WHERE id = ?'
        assert connection.exec_driver_sql(sql, (value, CLAIMS[column], record.id)).rowcount == 1


def _claim_every(live: Store, records: Sequence[Made], column: str) -> list[tuple[Any, ...]]:
    """Claims an act on every record. Returns the rows of the records after it."""
    for record in records:
        _claim(live, record, column)
    return _rows(live, records)


def _rows(live: Store, records: Sequence[Made]) -> list[tuple[Any, ...]]:
    with live.database.connection(reading=True) as connection:
        return [
            tuple(connection.exec_driver_sql(f"SELECT * FROM {record.table} WHERE id = ?", (record.id,)).one())
            for record in records
        ]


def _altered(runtime: Runtime) -> set[str]:
    (checked,) = check_live(runtime)
    assert checked.verification is not None
    return {record.id for record in checked.verification.altered}


def test_every_column_of_peoples_acts_is_claimed() -> None:
    assert CLAIMS.keys() == set(PEOPLE)


def test_a_record_of_every_kind_that_makes_records_claims_an_act(went_live: WentLive) -> None:
    kinds = {record.kind for record in went_live.records}
    moving = {kind.name for kind in SOURCE.kinds if kind.imported}
    assert moving - kinds == {"attendees", "medical_alerts"}, "their rows are part of a visit's and a client's record"


@pytest.mark.parametrize("is_changed", [True, False])
@pytest.mark.parametrize("column", CLAIMS)
def test_a_later_export_keeps_every_record_that_claims_an_act(
    went_live: WentLive, runtime_live: Runtime, column: str, is_changed: bool
) -> None:
    """Also when a row differs from what the first export brought."""
    live = runtime_live.caspen.live
    before = _claim_every(live, went_live.records, column)
    assert _altered(runtime_live) == {record.id for record in went_live.records}
    for record in went_live.records if is_changed else ():
        brought_otherwise(live, record)
        before = _rows(live, went_live.records)
    later = clinic_in(runtime_live).tried(export_files(several_rows()))
    assert later.trial.balanced
    ids = {record.id for record in made_records(runtime_live.caspen.trial(later.id, 1))}
    assert [record for record in went_live.records if is_changed and record.id in ids] == []
    later.finalised()
    assert later.state() is State.FINALISED
    assert _rows(live, went_live.records) == before
    assert _altered(runtime_live) == {record.id for record in went_live.records}


@pytest.mark.parametrize("column", CLAIMS)
def test_an_undo_keeps_and_names_every_record_that_claims_an_act(
    went_live: WentLive, runtime_live: Runtime, column: str
) -> None:
    live = runtime_live.caspen.live
    before = _claim_every(live, went_live.records, column)
    move = Clinic(runtime_live, went_live.migration_id)
    move.act(Event.UNDO)
    move.drain()
    assert move.state() is State.UNDONE
    assert _rows(live, went_live.records) == before
    kept = {each["id"]: each["why"] for each in move.migration.report["undone"]["kept"]}
    why = Why.DELETED if column == "deleted_at" else Why.EDITED
    assert {kept.get(record.id) for record in went_live.records} == {why}
