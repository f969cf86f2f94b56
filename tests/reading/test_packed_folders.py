"""Zipped folders: a zip's name gives the meaning of its files, as the folder's name would."""

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
def test_a_zipped_folder_of_files_is_recognised_by_its_zips_name(desk: Desk, name: str) -> None:
    result = desk.read({"patients.csv": patients(1), name: zipped({"1 - Lee, Ann/Scans/scan.pdf": PDF})})
    (root,) = (file.path for file in result.files if file.kind == "patient_files")
    (row,) = cells(result, root)
    assert (row["patient_id"], row["folder_name"], row["folder_below"]) == ("1", "Lee, Ann", "Scans")
    assert stored(result, row["found_sha256"]) == PDF
    assert "unrecognised_file" not in result.codes


def test_a_zipped_folder_in_a_zip_counts_once(desk: Desk) -> None:
    packed = zipped({"1 - Lee, Ann/scan.pdf": PDF, "loose.pdf": PDF + b"2"})
    whole = zipped({"Patient files/1 - Lee, Ann/other.pdf": PDF + b"3"})
    result = desk.read(
        {
            "export.zip": zipped({"patients.csv": patients(1), "Patient files.zip": packed}),
            "Patient files-002.zip": whole,
        }
    )
    assert sorted(row["filename"] for row in cells(result, "Patient files/")) == ["loose.pdf", "other.pdf", "scan.pdf"]


def test_a_zip_of_a_whole_export_may_be_named_attachments(desk: Desk) -> None:
    tables = {"Patients.csv": patients(2), "Cliniko/Patients-2.csv": patients(2, first=9)}
    result = desk.read({"Attachments.zip": zipped({**tables, "Cliniko/Patient files/1 - Lee, Ann/scan.pdf": PDF})})
    assert sorted((file.path, file.kind) for file in result.files) == [
        ("Cliniko/Patient files/", "patient_files"),
        ("Cliniko/Patients-2.csv", "patients"),
        ("Patients.csv", "patients"),
    ]


def test_zipped_notes_and_templates_are_recognised_by_their_zips_name(desk: Desk) -> None:
    note = "<h1>First visit</h1><h2>Seen</h2><p>Well.</p>"
    template = '{"id":"5","name":"Plan","content":{"sections":[]}}'
    result = desk.read(
        {
            "patients.csv": patients(1),
            "Treatment notes.zip": zipped({"1 - Lee, Ann/2026-01-02 First visit [55].html": note}),
            "Treatment note templates.zip": zipped({"plan.json": template}),
        }
    )
    kinds = {file.kind for file in result.files}
    assert kinds == {"patients", "treatment_notes", "treatment_note_templates"}
