"""A later export whose file lacks a column changes nothing of what an earlier import brought from that column.

Neither does a row that is held for want of the column: what refers to its live record keeps the reference.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.golive.live_check import check_live
from app.migration.states import State
from app.worker.runtime import Runtime
from tests.harness.clinic import clinic_in, runtime_in, runtime_of_copy
from tests.trial.test_records_changed_by_hand import Rows, export_files
from tests.trial.test_what_a_later_export_lacks import ROWS, differing, whole

LEFT = frozenset(
    {
        # Without the ids of their own rows, an export's rows are other rows.
        ("appointments", "Appointment ID"),
        ("patient_files", "Attachment ID"),
        ("patients", "Patient ID"),
        # Without the one column that says so, two clients are two clients.
        ("patients", "Merged With Patient ID"),
        # The users of practitioners without a user are made.
        ("practitioners", "User ID"),
        # Visits without a type wait for the clinic's choice of one.
        ("appointments", "Appointment Type ID"),
        ("appointments", "Appointment Type"),
        # A class has the clients that its attendees name. What the slot says counts for all of them.
        ("attendees", "Appointment ID"),
        ("attendees", "Patient ID"),
        ("attendees", "Arrived"),
        ("attendees", "Patient Case ID"),
        # The empty column of ids beside it says that there is none.
        ("patients", "Referring Doctor"),
    }
)
"""Columns without which an export says something else."""
KEPT = tuple(
    (export, kind, column)
    for export, rows in ROWS.items()
    for kind, several in rows().items()
    for column in several[0]
    if (kind, column) not in LEFT and any(row.get(column) for row in several)
    if export == "ids" or several != ROWS["ids"]()[kind]
)


def _without(rows: Rows, kind: str, *columns: str) -> Rows:
    less = [{name: cell for name, cell in row.items() if name not in columns} for row in rows[kind]]
    return {**rows, kind: less}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By export, the folder of a clinic that went live with it."""
    folders = {}
    for export, rows in ROWS.items():
        folders[export] = tmp_path_factory.mktemp(export) / "var"
        with runtime_in(folders[export]) as runtime:
            assert clinic_in(runtime).tried(export_files(rows())).finalised().state() is State.FINALISED
    return folders


@pytest.fixture
def export() -> str:
    return "ids"


@pytest.fixture
def runtime_live(homes: dict[str, Path], export: str, tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(homes[export], tmp_path / "var") as runtime:
        yield runtime


@pytest.mark.parametrize(("export", "kind", "column"), KEPT)
def test_an_export_without_a_column_changes_nothing(runtime_live: Runtime, export: str, kind: str, column: str) -> None:
    before = whole(runtime_live)
    later = clinic_in(runtime_live).tried(export_files(_without(ROWS[export](), kind, column)))
    assert later.trial.balanced
    assert later.finalised().state() is State.FINALISED
    assert differing(before, whole(runtime_live)) == []
    assert all(check.holds for check in check_live(runtime_live))


def test_the_columns_that_are_there_update_the_record(runtime_live: Runtime) -> None:
    rows = _without(ROWS["ids"](), "patients", "Email", "Occupation")
    rows["patients"][0]["First Name"] = "Josefina"
    before = whole(runtime_live)
    clinic_in(runtime_live).tried(export_files(rows)).finalised()
    (line,) = differing(before, whole(runtime_live))
    assert line.startswith("clients 1000001: ")
    assert "> 'Josefina'" in line
    assert "email" not in line
    assert "profession" not in line


def test_a_new_row_has_what_its_file_says(runtime_live: Runtime) -> None:
    rows = _without(ROWS["ids"](), "patients", "Email")
    rows["patients"].append({**rows["patients"][0], "Patient ID": "1000777"})
    clinic_in(runtime_live).tried(export_files(rows)).finalised()
    (email,) = [row["email"] for row in whole(runtime_live).values() if row.get("source_id") == "1000777"]
    assert email is None


def test_columns_that_are_gone_are_named(runtime_live: Runtime) -> None:
    later = clinic_in(runtime_live).tried(export_files(_without(ROWS["ids"](), "patients", "Email", "Occupation")))
    problems = later.problems(f"trial:{later.trial.number}")
    named = [(line.kind, line.column, line.level) for line in problems if line.code == "column_gone"]
    assert sorted(named) == [("patients", "Email", "warning"), ("patients", "Occupation", "warning")]


def test_a_first_import_names_no_gone_column(tmp_path: Path) -> None:
    with runtime_in(tmp_path / "var") as runtime:
        clinic = clinic_in(runtime).tried(export_files(_without(ROWS["ids"](), "patients", "Email")))
        assert not [line for line in clinic.problems("trial:1") if line.code == "column_gone"]
