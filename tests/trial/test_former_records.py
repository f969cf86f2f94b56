"""A row of a later export becomes what it would become in an import of that export alone. Its old state goes.

Every record that a row can make beside or in place of its own is made in one export and not in the next, and the other
way round: the visit of one client, a group and a busy time, whole notes, details and answers of clients, weekly hours.
A record that a person changed stays, a column that the later file lacks changes nothing, and an undo brings all back.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from app.caspen.gateway import Gateway
from app.golive.live_check import check_live
from app.migration.states import Event, State
from app.sources.cliniko.own_fields import OWN_FIELDS
from app.sources.cliniko.patient_row import PatientRow
from app.sources.cliniko.source import SOURCE
from app.trial.trial_damage import trial_fault
from app.worker.runtime import Runtime
from tests.harness.clinic import WORKSPACE, Clinic, clinic_in, runtime_in, runtime_of_copy
from tests.shapes.export import KINDS
from tests.shapes.shapes import REFERENCE

Rows = dict[str, list[dict[str, str]]]
ONE, TWO, THREE = "1000001", "1000002", "1558354464010667075"
LONG = "A long note of the visit. " * 20
SHAPES: Mapping[str, Mapping[str, str]] = {
    "one client": {"PatientID(s)": ONE, "Maximum Number of Patients": "1"},
    "another client": {"PatientID(s)": TWO, "Maximum Number of Patients": "1"},
    "group": {"PatientID(s)": f"{ONE}, {TWO}", "Maximum Number of Patients": "6"},
    "other group": {"PatientID(s)": f"{ONE}, {THREE}", "Maximum Number of Patients": "6"},
    "busy": {"PatientID(s)": "", "Maximum Number of Patients": ""},
}
"""What a row of appointments may be."""
NOTES = ("", "short", LONG)
CHANGES = [*permutations(SHAPES, 2), *((shape, shape) for shape in SHAPES)]
VISITS = {str(8000 + n): change for n, change in enumerate((*a, *b) for a in CHANGES for b in permutations(NOTES, 2))}
"""By appointment: shape before and later, note before and later."""
WITH_ROWS = frozenset(list(VISITS)[::3])
"""The groups of these have rows of attendees too."""
OWN_VALUES = {"yes_no": "true", "short_text": "Words", "long_text": "Words"}
SLOTS = [{"starts_at": "09:00", "ends_at": "12:00"}, {"starts_at": "13:00", "ends_at": "17:00"}]
OWN_HEADERS = {
    "reminder_type": "Reminder Type",
    **{p.name: p.headers[0] for p in SOURCE.kind("patients").columns if p.headers},
}
TABLES = (
    "availability",
    "provider_numbers",
    "appointments",
    "appointment_groups",
    "busy_times",
    "communications",
    "custom_field_values",
)
Keys = set[tuple[str, str, str]]


def _visit(number: str, shape: str, note: str) -> dict[str, str]:
    return {**KINDS["appointments"][0], "Appointment ID": number, "Appointment Notes": note, **SHAPES[shape]}


def _attendees(number: str, shape: str, note: str) -> Iterator[dict[str, str]]:
    """The rows of attendees of a group."""
    for place, client in enumerate(SHAPES[shape]["PatientID(s)"].split(", ") if "group" in shape else ()):
        own = {"Attendee ID": f"{number}{place}", "Appointment ID": number, "Patient ID": client, "Notes": note}
        yield {**KINDS["attendees"][0], **own}


def _own_headers() -> dict[str, str]:
    """By header of a patient's file, a value of the detail that the column holds."""
    headers = {}
    for own in OWN_FIELDS:
        for name in sorted(own.columns):
            value = "someone@mail.example" if own.name == "Invoice email" else OWN_VALUES[own.type]
            headers[OWN_HEADERS[name]] = value
    return headers


def _rows(*, later: bool, with_attendees: bool = True) -> Rows:
    rows = {kind: [dict(row) for row in several] for kind, several in KINDS.items() if kind != "patient_files"}
    place = 1 if later else 0
    rows["appointments"] = [_visit(number, change[place], change[2 + place]) for number, change in VISITS.items()]
    rows["attendees"] = [
        row
        for number, change in VISITS.items()
        if number in WITH_ROWS
        for row in _attendees(number, change[place], change[2 + place])
    ]
    if not with_attendees:
        del rows["attendees"]
    rows["treatment_notes"] = [
        {**KINDS["treatment_notes"][0], "Treatment Note ID": f"9{number}", "Appointment ID": number}
        for number in list(VISITS)[::2]
    ]
    details = _own_headers()
    filled = {True: rows["patients"][0], False: rows["patients"][1]}
    for row in rows["patients"]:
        row |= dict.fromkeys(details, "") | {"Custom: Sport": "", "Custom: Team": "Reds"}
    filled[later] |= details | {"Custom: Sport": "Rowing"}
    rows["practitioner_availability"][0] |= {
        "Starts At": "",
        "Ends At": "",
        "Availabilities": json.dumps(SLOTS[1:] if later else SLOTS),
    }
    emptied = {"Availability ID": "42", "Day Of Week": "4", "Availabilities": "[]" if later else json.dumps(SLOTS)}
    rows["practitioner_availability"].append({**rows["practitioner_availability"][0], **emptied})
    if later:
        rows["practitioner_reference_numbers"][0]["Reference Number"] = ""
    return rows


def _with_answers(rows: Rows, *, later: bool) -> Rows:
    """The answers in a file of their own: one is cleared, one is filled."""
    for row in rows["patients"]:
        del row["Custom: Sport"], row["Custom: Team"]
    answer = KINDS["custom_field_values"][0]
    rows["custom_field_values"] = [
        {**answer, "Patient ID": ONE, "Value": "" if later else "Run"},
        {**answer, "Patient ID": TWO, "Value": "Swim" if later else ""},
    ]
    return rows


def _export(kind: str, *, later: bool) -> Mapping[str, str | bytes]:
    if kind == "lists":
        rows = _rows(later=later, with_attendees=False)
        del rows["custom_field_values"]
        return REFERENCE.files(rows)
    return REFERENCE.files(_with_answers(_rows(later=later), later=later))


def _keys(runtime: Runtime) -> Keys:
    live, keys = runtime.caspen.live, Keys()
    with live.database.connection(reading=True) as connection:
        for table in TABLES:
            rows = connection.exec_driver_sql(f"SELECT source_kind, source_id FROM {table} WHERE deleted_at IS NULL")
            keys |= {(table, str(kind), str(key)) for kind, key in rows}
    return keys


def _entries(runtime: Runtime) -> Keys:
    """What the live records say: which clients have a visit, or a whole note, and which rows are groups of several.

    What was a group stays one, also of one client, so that the visit keeps its id.
    """
    live, keys = runtime.caspen.live, {key for key in _keys(runtime) if key[1] != "appointments"}
    with live.database.connection(reading=True) as connection:
        for table in ("appointments", "communications"):
            visits = connection.exec_driver_sql(
                f"SELECT record.source_id, client.source_id FROM {table} AS record JOIN clients AS client "
                "ON client.id = record.client_id WHERE record.source_kind = 'appointments'"
            ).fetchall()
            members = [(table, str(key).partition(":")[0], str(client)) for key, client in visits]
            assert len(members) == len(set(members)), "no visit stands twice"
            keys.update(members)
        several = "SELECT group_id FROM appointments GROUP BY group_id HAVING count(*) > 1"
        groups = f"SELECT source_id FROM appointment_groups WHERE id IN ({several})"
        keys.update(("groups", "", str(key)) for key in connection.exec_driver_sql(groups).scalars())
        busy = connection.exec_driver_sql("SELECT source_id FROM busy_times WHERE source_kind = 'appointments'")
        keys.update(("busy", "", str(key)) for key in busy.scalars())
    return keys


@pytest.fixture(scope="module", params=["lists", "rows of their own"])
def went_live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    home = tmp_path_factory.mktemp("went_live")
    with runtime_in(home / "var") as runtime:
        clinic_in(runtime).tried(_export(request.param, later=False)).finalised()
    return str(request.param), home / "var"


@pytest.fixture
def runtime_live(went_live: tuple[str, Path], tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(went_live[1], tmp_path / "var") as runtime:
        yield runtime


def _alone(kind: str, folder: Path) -> Keys:
    with runtime_in(folder) as runtime:
        clinic_in(runtime).tried(_export(kind, later=True)).finalised()
        return _entries(runtime)


def _gone_members(kind: str) -> Keys:
    """The visits of clients whose row of attendees is gone from a group that is one still: they are listed instead."""
    keys = Keys()
    if kind == "lists":
        return keys
    for number in WITH_ROWS:
        before, after, note, _ = VISITS[number]
        if "group" in before and "group" in after:
            was, now = (set(SHAPES[shape]["PatientID(s)"].split(", ")) for shape in (before, after))
            keys |= {("appointments", number, client) for client in was - now}
            if note == LONG:
                keys |= {("communications", number, client) for client in was - now}
    return keys


def _differences(after: Keys, alone: Keys, later: Clinic) -> tuple[list[tuple[str, str, str]], ...]:
    """What is live beside what the later export makes alone, and what is not.

    A visit in use stays, and its row is reported. The note of what was a group stays the group's.
    """
    lines = [line for line in later.problems("trial:1") if line.code == "former_record_in_use"]
    in_use = {str(line.source_id) for line in lines}
    assert {line.level for line in lines} <= {"warning"}
    were_groups = {number for number, change in VISITS.items() if any("group" in shape for shape in change[:2])}
    notes = {key for key in alone if key[0] == "communications" and key[1] in were_groups}
    beside = [key for key in after - alone if in_use.isdisjoint(key[1:])]
    return sorted(beside), sorted(alone - after - notes)


def _undone(clinic: Clinic) -> None:
    clinic.act(Event.UNDO)
    clinic.drain()
    assert clinic.state() is State.UNDONE


def test_the_later_export_leaves_the_records_that_it_makes_alone_and_an_undo_brings_the_others_back(
    went_live: tuple[str, Path], runtime_live: Runtime, tmp_path: Path
) -> None:
    before = _keys(runtime_live)
    later = clinic_in(runtime_live).tried(_export(went_live[0], later=True))
    assert "link_broken" not in later.codes("trial:1")
    assert later.trial.balanced
    assert _keys(runtime_live) == before, "a trial changes nothing"
    assert trial_fault(runtime_live, later.migration, later.trial, thorough=True) is None
    later.finalised()
    assert later.state() is State.FINALISED
    alone = _alone(went_live[0], tmp_path / "alone") | _gone_members(went_live[0])
    assert _differences(_entries(runtime_live), alone, later) == ([], [])
    assert all(check.holds for check in check_live(runtime_live))
    again = clinic_in(runtime_live).tried(_export(went_live[0], later=True))
    assert {line.code for line in again.problems("trial:1")}.isdisjoint({"former_record_removed"})
    assert sum(line["updated"] + line["created"] for line in again.trial.kinds) == 0
    _undone(later)
    assert _keys(runtime_live) == before


def test_every_detail_is_read_from_its_columns() -> None:
    for own in OWN_FIELDS:
        assert own.columns, own.name
        for name in own.columns:
            cells: dict[str, Any] = {name: True if own.type == "yes_no" else "Words"}
            assert own.value(PatientRow(id="1", **cells)) is not None, (own.name, name)


def test_columns_that_the_later_file_lacks_change_nothing(went_live: tuple[str, Path], runtime_live: Runtime) -> None:
    before = {key for key in _keys(runtime_live) if key[0] == "custom_field_values"}
    rows = _rows(later=True)
    lacking = {*_own_headers(), "Custom: Sport", "Custom: Team"}
    rows["patients"] = [{name: cell for name, cell in row.items() if name not in lacking} for row in rows["patients"]]
    del rows["custom_field_values"]
    clinic_in(runtime_live).tried(REFERENCE.files(rows)).finalised()
    assert before <= _keys(runtime_live)


@pytest.mark.parametrize("act", ["edited", "deleted"])
def test_what_a_person_changed_stays_and_a_visit_that_is_another_now_waits(
    went_live: tuple[str, Path], runtime_live: Runtime, act: str
) -> None:
    gateway, live = Gateway(runtime_live.caspen, WORKSPACE, "megan@harbour.example"), runtime_live.caspen.live
    changed: Keys = set()
    number = next(n for n, change in VISITS.items() if change[:2] == ("one client", "group"))
    values = {
        "custom_field_values": ("text", f"{TWO}:field:Medicare number"),
        "appointments": ("note", number),
    }
    with live.database.connection(reading=True) as connection:
        ids = {
            table: connection.exec_driver_sql(f"SELECT id FROM {table} WHERE source_id = ?", (key,)).scalar_one()
            for table, (_, key) in values.items()
        }
    for table, (column, key) in values.items():
        if act == "edited":
            gateway.edit(table, ids[table], {column: "Changed by hand"})
            changed.add((table, table, key))
        else:
            gateway.delete(table, ids[table])
    later = clinic_in(runtime_live).tried(_export(went_live[0], later=True))
    assert later.trial.balanced
    held = {(line.kind, line.source_id) for line in later.problems("trial:1") if line.code == "changed_in_caspen"}
    assert held == ({("patients", TWO), ("appointments", number)} if act == "edited" else set())
    later.finalised()
    after = _keys(runtime_live)
    assert changed <= after
    members = {key for key in after if key[0] == "appointments" and key[2].startswith(f"{number}:")}
    assert (members == set()) is (act == "edited"), "the visit stands once"


def test_a_visit_of_another_shape_waits_where_a_record_that_the_export_lacks_leads_to_the_live_visit(
    went_live: tuple[str, Path], runtime_live: Runtime
) -> None:
    before = _keys(runtime_live)
    files = {name: file for name, file in _export(went_live[0], later=True).items() if "treatment_notes" not in name}
    later = clinic_in(runtime_live).tried(files)
    assert "link_broken" not in later.codes("trial:1")
    assert later.trial.balanced
    lines = [line for line in later.problems("trial:1") if line.code == "former_record_in_use"]
    waiting = {str(line.source_id) for line in lines if line.level == "held"}
    noted = {
        number for number, change in list(VISITS.items())[::2] if change[0] in ("one client", "group", "other group")
    }
    assert waiting
    assert waiting <= noted
    later.finalised()
    assert later.state() is State.FINALISED
    of_waiting = {key for key in _keys(runtime_live) if key[2].partition(":")[0] in waiting}
    assert of_waiting == {key for key in before if key[2].partition(":")[0] in waiting}


@pytest.mark.parametrize("first", ["the earlier", "the later"])
@pytest.mark.parametrize("third", [True, False], ids=["as the second", "as the first"])
def test_the_moves_are_undone_in_any_order(
    went_live: tuple[str, Path], runtime_live: Runtime, first: str, third: bool
) -> None:
    before, entries = _keys(runtime_live), _entries(runtime_live)
    second = clinic_in(runtime_live).tried(_export(went_live[0], later=True)).finalised()
    middle, entries_later = _keys(runtime_live), _entries(runtime_live)
    last = clinic_in(runtime_live).tried(_export(went_live[0], later=third)).finalised()
    if first == "the later":
        _undone(last)
        assert _keys(runtime_live) == middle
        _undone(second)
    else:
        _undone(second)
        assert _differences(_entries(runtime_live), entries_later if third else entries, last) == ([], [])
        _undone(last)
    assert _keys(runtime_live) == before


@pytest.mark.postgres
def test_on_postgres_the_same_records_go_and_return(postgres: str, tmp_path: Path) -> None:
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        clinic_in(runtime).tried(_export("lists", later=False)).finalised()
        before = _keys(runtime)
        second = clinic_in(runtime).tried(_export("lists", later=True)).finalised()
        assert _differences(_entries(runtime), _alone("lists", tmp_path / "alone"), second) == ([], [])
        third = clinic_in(runtime).tried(_export("lists", later=True)).finalised()
        _undone(second)
        assert _differences(_entries(runtime), _alone("lists", tmp_path / "alone again"), third) == ([], [])
        _undone(third)
        assert _keys(runtime) == before
