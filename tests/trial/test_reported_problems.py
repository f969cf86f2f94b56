"""Reported problems are compared with the raw rows: a refuted problem is a fault of reading."""

import csv
import io

import pytest

from app.migration.advance import GuardRefused
from app.reading import cut
from app.sources import SOURCES
from tests.harness.clinic import Clinic, clinic_files
from tests.world.spoiled import column, columns_swapped, kind_dropped, source


@pytest.fixture(autouse=True)
def honest_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test spoils is mended after it."""
    monkeypatch.setattr(cut, "part_columns", cut.part_columns)
    monkeypatch.setitem(SOURCES, source().name, source())


def table(header: list[str], *rows: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def reported(clinic: Clinic) -> set[tuple[str | None, str | None, str | None]]:
    """The faults that verification finds, without doubts."""
    codes = ("cells_not_found", "rows_miscounted")
    return {(line.kind, line.file, line.column) for line in clinic.problems("trial:1") if line.code in codes}


def test_visits_that_are_held_because_their_times_were_exchanged_are_named(clinic: Clinic) -> None:
    columns_swapped("appointments", 1)()
    clinic.tried()
    assert "bad_interval" in clinic.codes("trial:1") | clinic.codes("export:1")
    assert ("appointments", "Appointments.csv", "End Time") in reported(clinic)
    with pytest.raises(GuardRefused, match="trial_unbalanced"):
        clinic.approve()


def test_a_birthday_that_was_read_from_another_column_is_no_unreadable_birthday(clinic: Clinic) -> None:
    columns_swapped("patients", 2)()
    clinic.tried()
    assert "bad_date_of_birth" in clinic.codes("trial:1") | clinic.codes("export:1")
    assert {column for kind, _, column in reported(clinic) if kind == "patients"} >= {"Last Name", "Date of Birth"}
    assert not clinic.trial.balanced


def test_rows_that_are_held_or_mended_for_good_reasons_are_not_taken_for_faults(clinic: Clinic) -> None:
    files = clinic_files(30, 0)
    header = ["Appointment ID", "Start Time", "End Time", "Practitioner ID", "PatientID(s)", "Appointment Type ID"]
    nine, ten = "2024-03-04 09:00:00 +1100", "2024-03-04 10:00:00 +1100"
    files["Appointments.csv"] = table(
        [*header, "Patient Arrived", "Cancellation Time", "Cancellation Reason"],
        ["1", nine, ten, "7", "1001", "9", "true", "", ""],
        ["2", ten, nine, "7", "1002", "9", "true", "", ""],
        ["3", "soon", ten, "7", "1003", "9", "true", "", ""],
        ["4", nine, ten, "77", "1004", "9", "true", "", ""],
        ["5", nine, ten, "7", "9999", "9", "true", "", ""],
        ["6", nine, "later", "7", "1005", "9", "", "", ""],
        ["7", nine, ten, "7", "1006", "9", "", nine, "It rained"],
    )
    files["Treatment notes.csv"] = table(
        ["Treatment Note ID", "Patient ID", "Content", "Draft", "Created At"],
        ["1", "1001", '{"sections": [{"name": "cut', "false", nine],
        ["2", "9999", '{"sections": []}', "false", nine],
    )
    clinic.tried(files)
    codes = clinic.codes("trial:1") | clinic.codes("export:1")
    assert codes >= {"bad_interval", "bad_appointment_time", "practitioner_unknown", "end_time_assumed"}
    assert codes >= {"appointment_without_patient", "bad_json", "note_without_patient", "cancellation_reason_unknown"}
    assert reported(clinic) == set()
    assert clinic.trial.balanced


def test_columns_that_a_warning_does_not_touch_are_compared(clinic: Clinic) -> None:
    column("appointments", "appointments", "cancelled_at", "off")()
    clinic.tried()
    assert "cancellation_reason_unknown" in clinic.codes("trial:1")
    assert reported(clinic) == {("appointments", "Appointments.csv", "Cancellation Time")}


@pytest.mark.parametrize(
    ("table_name", "name", "header"),
    [("appointments", "status", "Patient Arrived"), ("appointments", "duration", "End Time")],
)
def test_simple_values_of_a_row_are_derived_a_second_time(
    clinic: Clinic, table_name: str, name: str, header: str
) -> None:
    column("appointments", table_name, name, "off")()
    clinic.tried()
    assert reported(clinic) == {("appointments", "Appointments.csv", header)}


def test_one_of_two_cells_that_differ_is_no_doubt(clinic: Clinic) -> None:
    files = clinic_files()
    files["appointment_types.csv"] = "id,name,duration_in_minutes\n9,Initial,30\n10,Review,45\n"
    column("appointment_types", "services", "name", "another's")()
    clinic.tried(files)
    assert reported(clinic) == {("appointment_types", "appointment_types.csv", "Name")}


def test_a_file_of_a_kind_that_reading_no_longer_knows_is_missed(clinic: Clinic) -> None:
    files = clinic_files()
    files["Contacts.csv"] = table(
        ["Contact ID", "Type", "First Name", "Last Name", "Email"], ["1", "Doctor", "Ada", "Hill", "ada@rooms.example"]
    )
    kind_dropped("contacts")()
    clinic.tried(files)
    assert reported(clinic) == {("contacts", "Contacts.csv", None)}
    assert not clinic.trial.balanced


def test_a_moment_that_a_row_lacks_is_reported_once_for_the_row(clinic: Clinic) -> None:
    files = clinic_files()
    later = "2024-05-06 01:00:00 UTC"
    files["Communications.csv"] = table(
        ["Communication ID", "Patient ID", "Type", "Category", "Direction", "Content", "Created At", "Updated At"],
        *(
            [str(number), "1001", "SMS", "SMS Message", "Sent", "See you", made, later]
            for number, made in enumerate(("soon", "", "#REF!", "2024-05-06 00:00:00 UTC"))
        ),
    )
    clinic.tried(files)
    dates = [line for line in clinic.problems("trial:1") if line.code == "bad_date"]
    assert [(line.kind, line.column, line.source_id) for line in dates] == [
        ("communications", "created_at", number) for number in "012"
    ]
    assert clinic.trial.balanced
