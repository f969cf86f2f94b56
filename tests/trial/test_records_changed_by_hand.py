"""A record that a person changed in Caspen stays, and no other record of its row: a later export brings the others.

A record of a client who is held is held with the client, and a row that equals the earlier one is unchanged.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from app.caspen.gateway import Gateway
from app.caspen.stores import Store
from app.caspen.tables import OBJECTS
from app.migration.states import State
from app.trial.trial_damage import trial_fault
from app.worker.runtime import Runtime
from tests.harness.clinic import WORKSPACE, Clinic, clinic_in, runtime_in
from tests.shapes.export import BESIDE
from tests.shapes.shapes import REFERENCE
from tests.trial.linked_export import linked_rows

Rows = dict[str, list[dict[str, str]]]
CHANGED = "changed_in_caspen"
EDITED = ("note", "display_name", "name", "first_name", "text", "body")  # the first that a table has is edited
SEVERAL = frozenset({"made of names", "patients", "practitioners", "practitioner_availability", "appointments"})
"""The kinds of which a row of `several_rows` makes several records, and the records that rows only name."""


class Made(NamedTuple):
    """A record of a trial, with the part and line of the row it was made of."""

    part: int
    line: int
    table: str
    kind: str
    source_id: str
    id: str


def several_rows() -> Rows:
    """The linked export, with rows that make several records."""
    rows = linked_rows()
    rows["attendees"][-1]["Notes"] = "A long note. " * 40
    for row in rows["patients"]:
        row["Medicare"] = row["Medicare Reference Number"] = ""
    rows["patients"][0] |= {"Medicare": "2950123456", "Medicare Reference Number": "1"}
    practitioner, hours = rows["practitioners"][0], rows["practitioner_availability"][0]
    rows["practitioners"].append({**practitioner, "Practitioner ID": "22", "User ID": ""})
    for row in rows["practitioner_availability"]:
        row["Availabilities"] = ""
    rows["practitioner_availability"].append(
        {
            **hours,
            "Availability ID": "42",
            "Day Of Week": "4",
            "Starts At": "",
            "Ends At": "",
            "Availabilities": json.dumps(
                [{"starts_at": "09:00", "ends_at": "12:00"}, {"starts_at": "13:00", "ends_at": "17:00"}]
            ),
        }
    )
    return rows


def export_files(rows: Rows) -> dict[str, str | bytes]:
    return {**REFERENCE.files(rows), **BESIDE}


def made_records(store: Store) -> list[Made]:
    """All records of a store that an import made, in the order in which promotion writes tables."""
    records = []
    with store.database.connection(reading=True) as connection:
        for model in OBJECTS:
            name = str(model.__tablename__)
            of_table = connection.exec_driver_sql(
                f"SELECT part, line, source_kind, source_id, id FROM {name} WHERE source_kind IS NOT NULL ORDER BY id"
            )
            records += [Made(part or 0, line or 0, name, kind, key, own) for part, line, kind, key, own in of_table]
    return records


@dataclass(frozen=True)
class WentLive:
    """A clinic that went live: a copy of its folder, and the rows of its trial that made several records."""

    home: Path
    rows: Sequence[tuple[Made, ...]]


@pytest.fixture(scope="module")
def went_live(tmp_path_factory: pytest.TempPathFactory) -> WentLive:
    home = tmp_path_factory.mktemp("went_live")
    with runtime_in(home / "var") as runtime:
        clinic = clinic_in(runtime).tried(export_files(several_rows()))
        assert clinic.trial.balanced
        by_row: dict[tuple[int, int], list[Made]] = defaultdict(list)
        for record in made_records(runtime.caspen.trial(clinic.id, 1)):
            by_row[record.part, record.line].append(record)
        clinic.finalised()
        assert clinic.state() is State.FINALISED
    return WentLive(home / "var", [tuple(records) for records in by_row.values() if len(records) > 1])


@pytest.fixture
def runtime_live(went_live: WentLive, tmp_path: Path) -> Iterator[Runtime]:
    shutil.copytree(went_live.home, tmp_path / "var")
    with runtime_in(tmp_path / "var") as runtime:
        yield runtime


def _kind(row: Sequence[Made]) -> str:
    return row[0].kind if row[0].part else "made of names"


def test_rows_of_every_such_kind_make_several_records(went_live: WentLive) -> None:
    assert {_kind(row) for row in went_live.rows} == SEVERAL


def _change(gateway: Gateway, record: Made, act: str) -> None:
    if act == "deleted":
        gateway.delete(record.table, record.id)
        return
    model = next(model for model in OBJECTS if model.__tablename__ == record.table)
    column = next((name for name in EDITED if name in model.model_fields), None)
    gateway.edit(record.table, record.id, {column: "Changed by hand"} if column else {"ends_at": "18:30"})


def brought_otherwise(store: Store, record: Made) -> None:
    """Makes the first export one that brought another value of the record: the row of a later export differs."""
    with store.database.connection() as connection:
        connection.exec_driver_sql(f"UPDATE {record.table} SET content_hash = '00' WHERE id = ?", (record.id,))


def _records_of(store: Store, clients: set[str]) -> set[str]:
    """The records that belong to these clients."""
    records = set[str]()
    with store.database.connection(reading=True) as connection:
        for model in OBJECTS:
            if model.is_of_client():
                owned = connection.exec_driver_sql(f"SELECT id, client_id FROM {model.__tablename__}")
                records |= {own for own, client in owned if client in clients}
    return records


def _take_away(store: Store, record: Made) -> None:
    """Deletes a live record with all its traces, so that the later export brings the record for the first time."""
    with store.database.connection() as connection:
        connection.exec_driver_sql(f"DELETE FROM {record.table} WHERE id = ?", (record.id,))


@pytest.mark.parametrize("act", ["edited", "deleted"])
@pytest.mark.parametrize("place", [0, -1])
def test_a_record_that_a_person_changed_keeps_no_other_record_of_its_row_back(
    went_live: WentLive, runtime_live: Runtime, place: int, act: str
) -> None:
    gateway = Gateway(runtime_live.caspen, WORKSPACE, "megan@harbour.example")
    changed = [row[place] for row in went_live.rows]
    new = [record for row in went_live.rows for record in row if record is not row[place]]
    held_clients = {record.id for record in changed if record.table == "clients"}
    of_held = held_clients | _records_of(runtime_live.caspen.live, held_clients)
    for record in changed:
        _change(gateway, record, act)
        brought_otherwise(runtime_live.caspen.live, record)
    for record in new:
        _take_away(runtime_live.caspen.live, record)
    later = clinic_in(runtime_live).tried(export_files(several_rows()))
    assert "link_broken" not in later.codes("trial:1")
    assert later.trial.balanced
    ids = {record.id for record in made_records(runtime_live.caspen.trial(later.id, 1))}
    assert [record for record in new if record.id not in ids | of_held] == []
    assert [record for record in [*changed, *new] if record.id in ids and record.id in of_held] == []
    assert [record for record in changed if record.id in ids] == []
    with_client = {"patients"} if of_held else set()
    lines = [line for line in later.problems("trial:1") if line.code == CHANGED]
    assert {str(line.kind) for line in lines if line.level == "warning"} == SEVERAL - {"made of names"} - with_client
    held = {str(line.kind) for line in lines if line.level == "held"}
    assert held & SEVERAL == with_client, "each of the other rows brings something"
    assert trial_fault(runtime_live, later.migration, later.trial, thorough=True) is None
    later.finalised()
    assert later.state() is State.FINALISED
    assert later.migration.report["conflicts"] == []


def _class_without(client: str) -> Rows:
    """The linked export before a client joined the class 85."""
    rows = linked_rows()
    rows["attendees"] = [
        row for row in rows["attendees"] if (row["Appointment ID"], row["Patient ID"]) != ("85", client)
    ]
    rows["treatment_notes"] = [row for row in rows["treatment_notes"] if row["Treatment Note ID"] != "136"]
    return rows


def _outcomes(clinic: Clinic, kind: str) -> dict[str, int]:
    line = next(line for line in clinic.trial.kinds if line["kind"] == kind)
    return {name: line[name] for name in ("read", "created", "updated", "unchanged", "held") if line[name]}


def _visits(clinic: Clinic) -> dict[str, Made]:
    """The live visits by source id."""
    records = made_records(clinic.runtime.caspen.live)
    return {record.source_id: record for record in records if record.kind == "appointments"}


def test_a_client_who_joins_a_class_comes_with_visit_and_note_although_another_visit_was_changed(
    clinic: Clinic,
) -> None:
    clinic.tried(export_files(_class_without("1000002"))).finalised()
    live = {
        record.source_id: record for record in made_records(clinic.runtime.caspen.live) if record.kind == "appointments"
    }
    gateway = Gateway(clinic.runtime.caspen, WORKSPACE, "megan@harbour.example")
    gateway.edit("appointments", live["85:1000001"].id, {"note": "Brings her own mat"})
    brought_otherwise(clinic.runtime.caspen.live, live["85:1000001"])
    later = clinic_in(clinic.runtime).tried(export_files(linked_rows()))
    assert "link_broken" not in later.codes("trial:1")
    assert later.trial.balanced
    assert _outcomes(later, "appointments") == {"read": 4, "created": 1, "unchanged": 3}
    assert _outcomes(later, "treatment_notes") == {"read": 6, "created": 1, "unchanged": 5}
    [line] = [line for line in later.problems("trial:1") if line.code == CHANGED]
    assert (line.kind, line.source_id, line.level) == ("appointments", "85", "warning")
    later.finalised()
    assert later.state() is State.FINALISED
    with clinic.runtime.caspen.live.database.connection(reading=True) as connection:
        notes: dict[str, str | None] = dict(
            connection.exec_driver_sql("SELECT source_id, note FROM appointments WHERE source_id LIKE '85:%'").all()
        )
    assert notes == {"85:1000001": "Brings her own mat", "85:1000002": None}


@pytest.mark.parametrize("is_changed", [True, False])
def test_a_class_of_which_a_visit_was_changed_is_held_if_it_brings_another_value_of_the_visit(
    clinic: Clinic, is_changed: bool
) -> None:
    clinic.tried(export_files(linked_rows())).finalised()
    visit = _visits(clinic)["85:1000001"]
    Gateway(clinic.runtime.caspen, WORKSPACE, "megan@harbour.example").edit(
        "appointments", visit.id, {"note": "Brings her own mat"}
    )
    if is_changed:
        brought_otherwise(clinic.runtime.caspen.live, visit)
    later = clinic_in(clinic.runtime).tried(export_files(linked_rows()))
    assert later.trial.balanced
    held = {"held": 1} if is_changed else {}
    assert _outcomes(later, "appointments") == {"read": 4, "unchanged": 4 - is_changed} | held
    assert _outcomes(later, "attendees") == {"read": 5, "unchanged": 5 - is_changed} | held
    lines = {(line.code, line.source_id, line.level) for line in later.problems("trial:1") if line.level == "held"}
    expected = {(CHANGED, "85", "held"), ("parent_not_imported", "95", "held")}
    assert lines == (expected if is_changed else set())
    later.finalised()
    assert later.state() is State.FINALISED
