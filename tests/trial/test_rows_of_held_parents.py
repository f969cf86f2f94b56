"""Rows of every relation whose parent a person changed or deleted in Caspen: held with the parent, or brought.

The contract holds a child of a held client. A person who deletes a record in Caspen takes the children with it that
cannot be without it. A record that was only edited is there: its children lead to it, unless it is a held client.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.caspen.gateway import Gateway
from app.caspen.references import parents_of
from app.caspen.tables import OBJECTS
from app.golive.live_check import check_live
from app.migration.states import State
from app.sources.cliniko.source import SOURCE
from app.trial.trial_damage import trial_fault
from app.worker.runtime import Runtime
from tests.harness.clinic import WORKSPACE, Clinic, clinic_in, runtime_in, runtime_of_copy
from tests.shapes.export import FOLDER, SCAN
from tests.trial.linked_export import linked_rows
from tests.trial.test_records_changed_by_hand import (
    EDITED,
    Made,
    Rows,
    brought_otherwise,
    export_files,
    made_records,
)

PARENT = "parent_not_imported"
PARENTS: Mapping[str, str] = {
    "businesses": "1",
    "practitioners": "21",
    "appointment_types": "51",
    "custom_fields": "f1",
    "contacts": "61",
    "patients": "1000001",
    "patient_cases": "71",
    "appointments": "81",
    "treatment_note_templates": "111",
    "patient_form_templates": "121",
    "users": "11",
}
"""One row of every kind to which rows of other kinds refer."""
CHILDREN: Mapping[str, Mapping[str, str]] = {
    "practitioner_reference_numbers": {"Reference Number ID": "39", "Name": "Another"},
    "practitioner_availability": {"Availability ID": "49", "Day Of Week": "5"},
    "custom_field_values": {"Patient ID": "1000001"},
    "patient_cases": {"Case ID": "79"},
    "appointments": {"Appointment ID": "89"},
    "attendees": {"Attendee ID": "99", "Appointment ID": "89", "Patient Case ID": ""},
    "unavailable_blocks": {"Unavailable Block ID": "109"},
    "treatment_notes": {"Treatment Note ID": "139"},
    "patient_forms": {"Patient Form ID": "149"},
    "communications": {"Communication ID": "159"},
    "patient_files": {
        "Attachment ID": "169",
        "File Name": "other.pdf",
        "Path": f"{FOLDER}/other.pdf",
        "SHA256": "",
        "Size": "",
    },
}
"""The values in which the new row of a kind differs from the kind's first row, which needs one of PARENTS."""


def _links(kind: str) -> dict[str, bool]:
    """The kinds to which rows of a kind refer, each with whether a row cannot be without."""
    described = SOURCE.kind(kind)
    links = {str(p.column.links_to): False for p in described.columns if p.column.links_to}
    columns = [p for p in described.columns if p.column.links_to]
    return links | {str(p.column.links_to): True for p in columns if p.column.required}


def _needs(kind: str) -> frozenset[str]:
    """The kinds of the records without which a record of a kind cannot be in Caspen."""
    tables = {table for each in parents_of(SOURCE.kind(kind).tables[0]) for table in each.tables}
    moving = (SOURCE.kind(name) for name in _links(kind) if SOURCE.kind(name).imported)
    return frozenset(target.name for target in moving if target.tables[0] in tables)


def _rows() -> Rows:
    """The linked export, in which each first row refers to PARENTS. The answer is of another client."""
    rows = linked_rows()
    rows["custom_field_values"][0]["Patient ID"] = "1000002"
    return rows


def _later_files() -> dict[str, str | bytes]:
    """The same export with a new row of every kind of CHILDREN."""
    rows = _rows()
    for kind, changes in CHILDREN.items():
        rows[kind].append({**rows[kind][0], **changes})
    return {**export_files(rows), CHILDREN["patient_files"]["Path"]: SCAN + b"another"}


@dataclass(frozen=True)
class WentLive:
    home: Path
    parents: Mapping[str, Made]


@pytest.fixture(scope="module")
def went_live(tmp_path_factory: pytest.TempPathFactory) -> WentLive:
    home = tmp_path_factory.mktemp("went_live")
    with runtime_in(home / "var") as runtime:
        clinic = clinic_in(runtime).tried(export_files(_rows())).finalised()
        assert clinic.state() is State.FINALISED
        parents = {
            record.kind: record
            for record in made_records(runtime.caspen.live)
            if PARENTS.get(record.kind) == record.source_id and record.table in SOURCE.kind(record.kind).tables[:1]
        }
    assert parents.keys() == PARENTS.keys()
    return WentLive(home / "var", parents)


@pytest.fixture
def runtime_live(went_live: WentLive, tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(went_live.home, tmp_path / "var") as runtime:
        yield runtime


def _act(runtime: Runtime, parent: Made, act: str) -> None:
    gateway = Gateway(runtime.caspen, WORKSPACE, "megan@harbour.example")
    if act.startswith("deleted"):
        gateway.delete(parent.table, parent.id)
    else:
        model = next(model for model in OBJECTS if model.__tablename__ == parent.table)
        column = next(name for name in EDITED if name in model.model_fields)
        gateway.edit(parent.table, parent.id, {column: "Changed by hand"})
    if act.endswith("changed row"):
        brought_otherwise(runtime.caspen.live, parent)


def _whole(runtime: Runtime) -> dict[tuple[str, str], tuple[Any, ...]]:
    live, rows = runtime.caspen.live, dict[tuple[str, str], tuple[Any, ...]]()
    with live.database.connection(reading=True) as connection:
        for record in made_records(live):
            found = connection.exec_driver_sql(f"SELECT * FROM {record.table} WHERE id = ?", (record.id,))
            rows[record.table, record.id] = tuple(found.one())
    return rows


def _counts(clinic: Clinic, kind: str) -> dict[str, int]:
    line = next(line for line in clinic.trial.kinds if line["kind"] == kind)
    return {name: line[name] for name in ("created", "updated", "held") if line[name]}


def test_every_relation_of_every_kind_has_a_parent_and_a_child() -> None:
    relations = {(kind.name, name) for kind in SOURCE.kinds if kind.imported for name in _links(kind.name)}
    moving = {(kind, name) for kind, name in relations if SOURCE.kind(name).imported}
    assert {name for _, name in moving} - PARENTS.keys() == {"attendees"}, "a visit's own row is its record"
    assert {kind for kind, name in moving if _links(kind)[name]} - CHILDREN.keys() == {"medical_alerts"}, "no record"


@pytest.mark.parametrize("act", ["deleted", "deleted, changed row", "edited", "edited, changed row"])
@pytest.mark.parametrize("kind", PARENTS)
def test_a_new_row_is_held_with_its_parent_and_every_other_row_comes(
    went_live: WentLive, runtime_live: Runtime, kind: str, act: str
) -> None:
    _act(runtime_live, went_live.parents[kind], act)
    before = _whole(runtime_live)
    later = clinic_in(runtime_live).tried(_later_files())
    assert "link_broken" not in later.codes("trial:1")
    assert later.trial.balanced
    holds_children = act.startswith("deleted") or (kind == "patients" and act.endswith("changed row"))
    is_held = act.endswith("changed row")
    needs = {child for child in CHILDREN if holds_children and kind in _needs(child) and kind != child}
    if "appointments" in needs:
        needs |= {"attendees"}
    with_row = {kind, "attendees"} if kind == "appointments" else {kind}  # the attendee 91 is part of the visit 81
    for child in CHILDREN:
        old = {"held": 1} if is_held and child in with_row else {}
        assert _counts(later, child) == ({"held": 1} if child in needs else {"created": 1, **old}), child
    reported = {(line.kind, line.level) for line in later.problems("trial:1") if line.code == PARENT}
    assert reported == {(child, "held") for child in needs | (with_row - {kind} if is_held else set())}
    assert trial_fault(runtime_live, later.migration, later.trial, thorough=True) is None
    later.finalised()
    assert later.state() is State.FINALISED
    after = _whole(runtime_live)
    assert {place: row for place, row in after.items() if place in before} == before, "every live record stays"
    assert all(check.holds for check in check_live(runtime_live))


@pytest.mark.parametrize("act", ["edited", "deleted"])
@pytest.mark.parametrize("is_new", [True, False])
def test_an_alert_of_a_client_is_held_with_the_clients_row(
    went_live: WentLive, runtime_live: Runtime, act: str, is_new: bool
) -> None:
    live = runtime_live.caspen.live
    client = next(r for r in made_records(live) if (r.table, r.source_id) == ("clients", "1000002"))
    _act(runtime_live, client, act)
    rows = _rows()
    if is_new:
        rows["medical_alerts"].append({**rows["medical_alerts"][0], "Medical Alert ID": "172", "Name": "Nuts"})
    later = clinic_in(runtime_live).tried(export_files(rows))
    assert later.trial.balanced
    assert _counts(later, "patients") == ({"held": 1} if is_new else {})
    assert _counts(later, "medical_alerts") == ({"held": 2} if is_new else {})
    reported = {(line.kind, line.code) for line in later.problems("trial:1") if line.level == "held"}
    assert reported == ({("patients", "changed_in_caspen"), ("medical_alerts", PARENT)} if is_new else set())
    later.finalised()
    assert later.state() is State.FINALISED


def test_a_class_goes_on_without_the_new_visit_of_a_held_client(went_live: WentLive, runtime_live: Runtime) -> None:
    """A client who is not held and one who is join the same class."""
    rows, attendee = _rows(), linked_rows()["attendees"][0]
    joined = {"1000001": "105", "1558354464010667075": "106"}
    _act(runtime_live, went_live.parents["patients"], "edited, changed row")
    rows["appointments"].append({**rows["appointments"][2], "Appointment ID": "88"})
    rows["attendees"] += [
        {**attendee, "Attendee ID": own, "Appointment ID": "88", "Patient ID": client, "Patient Case ID": ""}
        for client, own in joined.items()
    ]
    later = clinic_in(runtime_live).tried(export_files(rows))
    assert later.trial.balanced
    assert _counts(later, "appointments") == {"created": 1}
    assert _counts(later, "attendees") == {"created": 1, "held": 1}
    reported = {(line.kind, line.source_id, line.level) for line in later.problems("trial:1") if line.code == PARENT}
    assert reported == {("attendees", "105", "held")}, "the class itself comes whole"
    visits = {r.source_id for r in made_records(runtime_live.caspen.trial(later.id, 1)) if r.table == "appointments"}
    assert "88:1558354464010667075" in visits
    assert "88:1000001" not in visits
    later.finalised()
    assert later.state() is State.FINALISED


def test_a_class_of_held_clients_alone_is_held(went_live: WentLive, runtime_live: Runtime) -> None:
    rows, attendee = _rows(), linked_rows()["attendees"][0]
    _act(runtime_live, went_live.parents["patients"], "deleted")
    rows["appointments"].append({**rows["appointments"][2], "Appointment ID": "88"})
    rows["attendees"].append({**attendee, "Attendee ID": "105", "Appointment ID": "88", "Patient Case ID": ""})
    later = clinic_in(runtime_live).tried(export_files(rows))
    assert later.trial.balanced
    assert _counts(later, "appointments") == _counts(later, "attendees") == {"held": 1}
    records = made_records(runtime_live.caspen.trial(later.id, 1))
    assert [record for record in records if record.source_id.partition(":")[0] == "88"] == []
