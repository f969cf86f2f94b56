"""A gone row is listed once, by the id that it had in the earlier export, if the later export would have it.

Keys of records go on behind the id of their row: the visit of a member, the answer of a client, the start of weekly
hours. A gone row of attendees is listed though the visit's own row stands.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.worker.runtime import Runtime
from tests.harness.clinic import clinic_in, runtime_in, runtime_of_copy
from tests.shapes.export import KINDS
from tests.shapes.shapes import REFERENCE, delimited

Rows = dict[str, list[dict[str, str]]]
ONE, TWO, THREE = "1000001", "1000002", "1558354464010667075"
GROUP = {"Maximum Number of Patients": "6"}
DAYS = ("2023-01-10", "2024-06-10", "2026-02-10")
"""The days of the visits 81, 82 and 87, and of the creation of the three clients."""


def _rows() -> Rows:
    rows = {kind: [dict(row) for row in several] for kind, several in KINDS.items() if kind != "patient_files"}
    visit, attendee = rows["appointments"][0], rows["attendees"][0]
    rows["appointments"] += [
        {**visit, "Appointment ID": "85", **GROUP, "PatientID(s)": f"{ONE}, {TWO}, {THREE}"},
        {**visit, "Appointment ID": "86", **GROUP, "PatientID(s)": f"{ONE}, {TWO}"},
        {**visit, "Appointment ID": "87", "PatientID(s)": THREE},
        {**visit, "Appointment ID": "88", **GROUP, "PatientID(s)": f"{ONE}, {TWO}"},
    ]
    for number, client in (("85", ONE), ("85", TWO), ("85", THREE), ("88", ONE), ("88", TWO)):
        own = {"Attendee ID": f"{number}{client}", "Appointment ID": number, "Patient ID": client}
        rows["attendees"].append({**attendee, **own, "Notes": "Long. " * 60})
    for row in rows["patients"]:
        row["Medicare"] = row["Concession Type"] = "Words"
    for number, day in zip(("81", "82", "87"), DAYS, strict=True):
        row = next(row for row in rows["appointments"] if row["Appointment ID"] == number)
        row |= {"Start Time": f"{day} 09:00:00 +1100", "End Time": f"{day} 10:00:00 +1100"}
    for row, day in zip(rows["patients"], DAYS, strict=True):
        row["Created At"] = f"{day} 09:00:00 +1100"
    rows["custom_field_values"].append({**rows["custom_field_values"][0], "Patient ID": TWO})
    return rows


@pytest.fixture(scope="module")
def went_live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("went_live")
    with runtime_in(home / "var") as runtime:
        clinic_in(runtime).tried(REFERENCE.files(_rows())).finalised()
    return home / "var"


@pytest.fixture
def runtime_live(went_live: Path, tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(went_live, tmp_path / "var") as runtime:
        yield runtime


def _without(kind: str, **cells: str) -> Rows:
    """The export without the rows of a kind that have these cells."""
    rows, wanted = _rows(), {name.replace("_", " "): cell for name, cell in cells.items()}
    kept = [row for row in rows[kind] if not wanted.items() <= row.items()]
    assert len(kept) < len(rows[kind])
    rows[kind] = kept
    return rows


def _listed(runtime: Runtime, files: dict[str, bytes]) -> set[tuple[str, str]]:
    later = clinic_in(runtime).tried(files)
    assert later.trial.balanced
    lines = [line for line in later.problems("trial:1") if line.code == "gone_from_export"]
    assert len(lines) == len({(line.kind, line.source_id) for line in lines})
    return {(str(line.kind), str(line.source_id)) for line in lines}


def _lacking() -> dict[str, tuple[Rows, set[tuple[str, str]]]]:
    """Exports that lack rows, each with the rows that are listed."""
    group, no_member = _without("appointments", Appointment_ID="85"), _without("attendees", Attendee_ID=f"85{TWO}")
    group["attendees"] = [row for row in group["attendees"] if row["Appointment ID"] != "85"]
    listed_too = _rows()
    listed_too["attendees"] = no_member["attendees"]
    for rows in (no_member,):
        row = next(row for row in rows["appointments"] if row["Appointment ID"] == "85")
        row["PatientID(s)"] = f"{ONE}, {THREE}"
    hours, words, field = _rows(), _rows(), _rows()
    hours["practitioner_availability"][0]["Starts At"] = "10:00"
    for row in field["patients"]:
        row["Concession Type"] = ""
    words["custom_field_values"] = words["custom_field_values"][:1]
    return {
        "nothing": (_rows(), set()),
        "a group with its rows of attendees": (group, {("appointments", "85")}),
        "a row of attendees": (listed_too, {("attendees", f"85:{TWO}")}),
        "a row of attendees and the client in the list": (no_member, {("attendees", f"85:{TWO}")}),
        "the start of weekly hours": (hours, {("practitioner_availability", "41/09:00")}),
        "an answer": (words, {("custom_field_values", f"{TWO}/f1")}),
        "every value of a detail": (field, set()),
        "a client of a list": (_in_list_alone(), set()),
    }


def _in_list_alone() -> Rows:
    rows = _rows()
    next(row for row in rows["appointments"] if row["Appointment ID"] == "86")["PatientID(s)"] = ONE
    return rows


LACKING = _lacking()


@pytest.mark.parametrize("lacking", LACKING)
def test_a_gone_row_is_listed_once_by_its_own_id(runtime_live: Runtime, lacking: str) -> None:
    rows, listed = LACKING[lacking]
    assert _listed(runtime_live, REFERENCE.files(rows)) == listed


def test_a_row_of_attendees_that_waits_is_not_gone(runtime_live: Runtime) -> None:
    rows = _rows()
    rows["patients"][1] |= {"First Name": "", "Last Name": ""}
    assert _listed(runtime_live, REFERENCE.files(rows)) == set()


@pytest.mark.parametrize("survivor", [ONE, "1000009"])
def test_the_visit_of_a_client_who_was_merged_is_not_gone_and_stands_once(runtime_live: Runtime, survivor: str) -> None:
    rows = _rows()
    for row in rows["patients"]:
        row["Merged With Patient ID"] = row["Merged At"] = ""
    rows["patients"].append({**rows["patients"][0], "Patient ID": "1000009"})
    rows["patients"][1] |= {"Merged With Patient ID": survivor, "Merged At": "2026-01-01 09:00:00 +1100"}
    later = clinic_in(runtime_live).tried(REFERENCE.files(rows))
    assert "gone_from_export" not in later.codes("trial:1")
    later.finalised()
    live = runtime_live.caspen.live
    with live.database.connection(reading=True) as connection:
        found = connection.exec_driver_sql("SELECT source_id FROM appointments WHERE group_id IS NOT NULL").scalars()
        visits = {str(key) for key in found}
    whom = {ONE, survivor}
    assert visits == {f"{row}:{client}" for row in ("85", "86", "88") for client in whom} | {f"85:{THREE}"}


RANGES = {
    "appointments": ("Appointments", "Appointment ID", {"81": DAYS[0], "82": DAYS[1], "87": DAYS[2]}),
    "patients": ("Patients", "Patient ID", {ONE: DAYS[0], TWO: DAYS[1], THREE: DAYS[2]}),
}


@pytest.mark.parametrize("is_whole", [False, True])
@pytest.mark.parametrize("kind", RANGES)
def test_only_rows_within_the_dates_of_partial_files_are_gone(runtime_live: Runtime, kind: str, is_whole: bool) -> None:
    label, key, days = RANGES[kind]
    rows = _rows()
    table = [row for row in rows.pop(kind) if row[key] not in days]
    rows.pop("attendees")
    files = REFERENCE.files(rows)
    header = KINDS[kind][0]
    for since, until in (("20240101", "20240630"), ("20240701", "20251231")):
        dates = f" ({since[-4]})" if is_whole else f"-From{since}-To{until}"
        files[f"{label}-Cliniko-20260301{dates}.csv"] = delimited(
            [*table, {**header, **dict.fromkeys(header, "")}]
        ).encode()
    gone = {source_id for listed_kind, source_id in _listed(runtime_live, files) if listed_kind == kind}
    assert gone & set(days) == (set(days) if is_whole else {name for name, day in days.items() if day == DAYS[1]})
