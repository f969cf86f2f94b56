"""Rows of appointments that name neither clients nor places are visits where rows of attendees name their clients."""

from pathlib import Path

from tests.harness.clinic import clinic_in, runtime_in
from tests.trial.linked_export import linked_rows
from tests.trial.test_records_changed_by_hand import export_files

PLACES = "Maximum Number of Patients"


def test_such_rows_move_with_their_type_and_the_trial_can_be_approved(tmp_path: Path) -> None:
    rows = linked_rows()
    rows["appointments"] = [
        {name: cell for name, cell in row.items() if name != PLACES} for row in rows["appointments"]
    ]
    with runtime_in(tmp_path / "var") as runtime:
        clinic = clinic_in(runtime).tried(export_files(rows))
        assert clinic.trial.balanced
        (visits,) = (line for line in clinic.trial.kinds if line["kind"] == "appointments")
        assert (visits["created"], visits["held"]) == (visits["read"], 0)
