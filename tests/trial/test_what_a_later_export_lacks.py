"""A later export that lacks a file or a row changes no record that an earlier import brought.

References of every kind lead to targets that only the workspace has: by id, and by name where the export names them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.caspen.tables import OBJECTS
from app.golive.live_check import check_live
from app.mapping.columns import normalise_header
from app.migration.states import State
from app.sources.cliniko.source import SOURCE
from app.worker.runtime import Runtime
from tests.harness.clinic import clinic_in, runtime_in, runtime_of_copy
from tests.trial.linked_export import linked_rows
from tests.trial.test_records_changed_by_hand import Rows, export_files

Live = dict[tuple[str, str], dict[str, Any]]
EXPORTS = ("ids", "names")
HELD_WITHOUT_MERGE = {"treatment_notes": 1}
"""The note of a merged client: only the client's own row tells of the merge."""
HELD_WITHOUT_ATTENDEES = {"appointments": 1}
"""The class whose clients no row but those of attendees names."""
CLASS = "85"
"""The visit of two clients in the linked export."""


def _asked(token: str, name: str, type_: str, *options: str, other: str = "") -> list[dict[str, str]]:
    field = {"Section Token": "s1", "Section Name": "Sport", "Field Token": token, "Field Name": name}
    field |= {"Field Type": type_, "Archived": "false", "Other Enabled": other}
    return [{**field, "Option Token": f"{token}{n}", "Option Name": o} for n, o in enumerate(options)] or [
        {**field, "Option Token": "", "Option Name": ""}
    ]


def _by_ids() -> Rows:
    """The linked export with custom fields of every type and their answers, and references to members of a class."""
    rows = linked_rows()
    rows["custom_fields"] = [
        *_asked("f1", "Goals", "paragraph"),
        *_asked("f2", "Team", "text"),
        *_asked("f3", "Since", "date"),
        *_asked("f4", "Side", "radiobuttons", "Left", "Right", other="true"),
        *_asked("f5", "Sports", "checkboxes", "Rowing", "Chess", "Golf"),
        *_asked("f6", "Unused", "radiobuttons", "One", "Two"),
    ]
    answer = {"Patient ID": "1000001", "Value": "", "Option Tokens": "", "Other Value": ""}
    rows["custom_field_values"] = [
        {**answer, "Field Token": "f1", "Field Name": "Goals", "Value": "Walk"},
        {**answer, "Field Token": "f2", "Field Name": "Team", "Value": "Reds"},
        {**answer, "Field Token": "f3", "Field Name": "Since", "Value": "2020-03-04"},
        {**answer, "Field Token": "f4", "Field Name": "Side", "Option Tokens": "f41", "Other Value": "both"},
        {**answer, "Field Token": "f5", "Field Name": "Sports", "Option Tokens": '["f50","f52"]'},
        {**answer, "Field Token": "f5", "Field Name": "Sports", "Option Tokens": "f51", "Patient ID": "1000002"},
        {**answer, "Field Token": "f3", "Field Name": "Since", "Value": "as a child", "Patient ID": "1000002"},
        {**answer, "Field Token": "f5", "Field Name": "Sports", "Value": "Judo", "Patient ID": "1558354464010667075"},
    ]
    for kind, key, own in (
        ("patient_forms", "Patient Form ID", "145"),
        ("communications", "Communication ID", "155"),
    ):
        first = rows[kind][0]
        rows[kind] += [
            {**first, key: own, "Appointment ID": CLASS, "Attendee ID": ""},
            {**first, key: f"{own}6", "Appointment ID": "", "Attendee ID": "96", "Patient ID": "1000002"},
        ]
    for row in rows["attendees"]:
        row["Notes"] = ""  # a visit of one client has the note of the attendee's row
    note = rows["treatment_notes"][0]
    rows["treatment_notes"] += [
        {**note, "Treatment Note ID": "1361", "Appointment ID": CLASS, "Attendee ID": ""},
        {**note, "Treatment Note ID": "1362", "Appointment ID": "", "Attendee ID": "96", "Patient ID": "1000002"},
    ]
    rows["practitioner_availability"][0]["Business ID"] = "1"
    return rows


def _by_names() -> Rows:
    """The same export, with a name in place of each id that may be a name."""
    rows = _by_ids()
    for row in rows["patients"]:
        row["Referring Doctor ID"] = ""
        row["Referring Doctor"] = "Dr René Norgate"
    for row in rows["appointments"]:
        row |= {"Practitioner": "Siobhán Néill", "Business": "Café Street Physiotherapy"}
        row |= {"Practitioner ID": "", "Business ID": "", "Appointment Type": "Première visite"}
        row["Appointment Type ID"] = ""
    for row in rows["custom_field_values"]:
        row["Field Token"] = ""
    return rows


ROWS = {"ids": _by_ids, "names": _by_names}
BESIDE = frozenset({"medical_alerts", "patient_files"})
"""Kinds whose rows have no record of their own, but fill the records of other rows or name files in the export."""
KINDS = tuple(kind.name for kind in SOURCE.kinds if kind.imported and kind.name in _by_ids())
ALONE = tuple(name for name in KINDS if name not in BESIDE)
TARGETS = tuple(
    name
    for name in ALONE
    if name in {p.column.links_to for kind in SOURCE.kinds if kind.imported for p in kind.columns}
)
"""The kinds to which rows of other kinds refer."""
DROPPED = tuple(
    (export, kind, place) for kind in TARGETS for place in range(len(_by_ids()[kind])) for export in EXPORTS
)


@dataclass(frozen=True)
class WentLive:
    homes: dict[str, Path]


@pytest.fixture(scope="module")
def went_live(tmp_path_factory: pytest.TempPathFactory) -> WentLive:
    homes = {}
    for export, rows in ROWS.items():
        homes[export] = tmp_path_factory.mktemp(export) / "var"
        with runtime_in(homes[export]) as runtime:
            clinic = clinic_in(runtime).tried(export_files(rows()))
            assert clinic.trial.balanced
            assert not any(line["held"] or line["refused"] for line in clinic.trial.kinds)
            assert clinic.finalised().state() is State.FINALISED
    return WentLive(homes)


@pytest.fixture
def runtime_live(went_live: WentLive, export: str, tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(went_live.homes[export], tmp_path / "var") as runtime:
        yield runtime


def whole(runtime: Runtime) -> Live:
    """Every live record, with all columns."""
    rows: Live = {}
    with runtime.caspen.live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            table = str(model.__tablename__)
            found = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
            rows |= {(table, str(row["id"])): dict(row) for row in found}
    return rows


def differing(before: Live, after: Live) -> list[str]:
    lines = []
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if old is None or new is None:
            row = old or new or {}
            lines.append(f"{'new' if old is None else 'gone'}: {place[0]} {row['source_kind']} {row['source_id']}")
        elif old != new:
            own = [n for n in old if old[n] != new[n] and n not in ("migration_id", "content_hash", "version")]
            lines.append(f"{place[0]} {old['source_id']}: " + ", ".join(f"{n} {old[n]!r} > {new[n]!r}" for n in own))
    return lines


def _goes_live(runtime: Runtime, rows: Rows) -> None:
    before = whole(runtime)
    later = clinic_in(runtime).tried(export_files({kind: some for kind, some in rows.items() if some}))
    assert later.trial.balanced
    held = {line["kind"]: line["held"] for line in later.trial.kinds if line["held"]}
    assert held in ({}, HELD_WITHOUT_MERGE, HELD_WITHOUT_ATTENDEES)
    later.finalised()
    assert later.state() is State.FINALISED
    assert differing(before, whole(runtime)) == []
    assert all(check.holds for check in check_live(runtime))


def test_the_first_export_refers_to_every_kind_that_a_column_can_refer_to() -> None:
    rows = _by_ids()
    links = {(kind.name, p.column.links_to, p.headers) for kind in SOURCE.kinds if kind.imported for p in kind.columns}
    for kind, target, headers in links:
        known = {normalise_header(header) for header in headers}
        if target in KINDS and not known & {"folderpatientid", "formtemplateid", "attendeeids"}:
            filled = {normalise_header(header) for row in rows.get(kind, ()) for header, cell in row.items() if cell}
            assert known & filled, (kind, target)


@pytest.mark.parametrize("export", EXPORTS)
def test_the_same_export_changes_nothing(runtime_live: Runtime, export: str) -> None:
    _goes_live(runtime_live, ROWS[export]())


@pytest.mark.parametrize("kind", [kind for kind in ALONE if kind != "patients"])
@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_without_a_file_changes_nothing(runtime_live: Runtime, export: str, kind: str) -> None:
    _goes_live(runtime_live, {**ROWS[export](), kind: []})


@pytest.mark.parametrize(("export", "kind", "place"), DROPPED)
def test_an_export_without_a_row_changes_nothing(runtime_live: Runtime, export: str, kind: str, place: int) -> None:
    rows = ROWS[export]()
    del rows[kind][place]
    _goes_live(runtime_live, rows)


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_with_the_first_client_alone_changes_nothing(runtime_live: Runtime, export: str) -> None:
    rows = ROWS[export]()
    _goes_live(runtime_live, {**rows, "patients": rows["patients"][:1]})


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_with_clients_and_what_refers_alone_changes_nothing(runtime_live: Runtime, export: str) -> None:
    """No kind to which another kind refers has a file, except for the clients."""
    _goes_live(
        runtime_live,
        {kind: [] if kind in TARGETS and kind != "patients" else rows for kind, rows in ROWS[export]().items()},
    )
