"""Folders that were packed by themselves: a zip's own name says what its files are, as the folder's name would."""

import pytest

from tests.reading.story import Desk, patients, zipped
from tests.reading.test_attachments import PDF, cells, stored


@pytest.mark.parametrize(
    "name",
    [
        "Patient files.zip",
        "Patient files (1).zip",
        "Export/Attachments-20261120T010203Z-001.zip",
        "client files-002.zip",
    ],
)
def test_a_folder_of_files_that_was_packed_by_itself_is_known_by_the_name_of_its_zip(desk: Desk, name: str) -> None:
    told = desk.read({"patients.csv": patients(1), name: zipped({"1 - Lee, Ann/Scans/scan.pdf": PDF})})
    (root,) = (file.path for file in told.files if file.kind == "patient_files")
    (row,) = cells(told, root)
    assert (row["patient_id"], row["folder_name"], row["folder_below"]) == ("1", "Lee, Ann", "Scans")
    assert stored(told, row["found_sha256"]) == PDF
    assert "unrecognised_file" not in told.codes


def test_such_a_zip_in_a_zip_counts_and_its_own_folder_is_not_counted_twice(desk: Desk) -> None:
    packed = zipped({"1 - Lee, Ann/scan.pdf": PDF, "loose.pdf": PDF + b"2"})
    whole = zipped({"Patient files/1 - Lee, Ann/other.pdf": PDF + b"3"})
    told = desk.read(
        {
            "export.zip": zipped({"patients.csv": patients(1), "Patient files.zip": packed}),
            "Patient files-002.zip": whole,
        }
    )
    assert sorted(row["filename"] for row in cells(told, "Patient files/")) == ["loose.pdf", "other.pdf", "scan.pdf"]


def test_a_zip_of_all_that_a_clinic_exported_may_be_called_attachments(desk: Desk) -> None:
    tables = {"Patients.csv": patients(2), "Cliniko/Patients-2.csv": patients(2, first=9)}
    told = desk.read({"Attachments.zip": zipped({**tables, "Cliniko/Patient files/1 - Lee, Ann/scan.pdf": PDF})})
    assert sorted((file.path, file.kind) for file in told.files) == [
        ("Cliniko/Patient files/", "patient_files"),
        ("Cliniko/Patients-2.csv", "patients"),
        ("Patients.csv", "patients"),
    ]


def test_notes_and_templates_that_were_packed_by_themselves_are_known_by_their_zip_too(desk: Desk) -> None:
    note = "<h1>First visit</h1><h2>Seen</h2><p>Well.</p>"
    template = '{"id":"5","name":"Plan","content":{"sections":[]}}'
    told = desk.read(
        {
            "patients.csv": patients(1),
            "Treatment notes.zip": zipped({"1 - Lee, Ann/2026-01-02 First visit [55].html": note}),
            "Treatment note templates.zip": zipped({"plan.json": template}),
        }
    )
    kinds = {file.kind for file in told.files}
    assert kinds == {"patients", "treatment_notes", "treatment_note_templates"}
