"""A folder of documents under another name is asked about once, and becomes what the plan says that it is."""

from dataclasses import replace

import pytest

from tests.reading.story import Desk, patients

ROOT = "Export/Clinical notes/"
FILES: dict[str, str | bytes] = {
    "patients.csv": patients(1),
    f"{ROOT}77 - Lee, Ann/2024-05-06 Visit [1].html": "<p>Better</p>",
    f"{ROOT}77 - Lee, Ann/2024-05-07 Visit [2].txt": "Rest",
    f"{ROOT}78 - Roe, Bo/2024-05-08 Letter.pdf": b"%PDF-1.4",
    f"{ROOT}78 - Roe, Bo/2024-05-09 Scan.jpg": b"\xff\xd8\xff",
}


def test_the_folder_is_one_question_and_nothing_of_it_is_read(desk: Desk) -> None:
    told = desk.read(FILES)
    assert told.problem("documents_folder_unknown").count == 4
    assert told.problem("documents_folder_unknown").file == ROOT
    assert "unrecognised_file" not in told.codes
    assert (told.by_path[ROOT].kind, told.by_path[ROOT].rows) == (None, 0)


@pytest.mark.parametrize(
    ("answer", "notes", "files"), [("treatment_notes", 2, 2), ("patient_files", 0, 4), ("leave_out", 0, 0)]
)
def test_the_folder_becomes_what_the_plan_says(desk: Desk, answer: str, notes: int, files: int) -> None:
    told = replace(desk, file_kinds={ROOT: answer}).read(FILES)
    rows = {done.kind: done.rows for done in told.by_path.values() if done.kind}
    assert (rows.get("treatment_notes", 0), rows.get("patient_files", 0)) == (notes, files)
    assert "documents_folder_unknown" not in told.codes


@pytest.mark.parametrize("path", ["Export/77 - Lee, Ann.html", "Export/Site/index.html", "77 - Lee, Ann/x.html"])
def test_other_documents_are_not_asked_about(desk: Desk, path: str) -> None:
    assert "documents_folder_unknown" not in desk.read({path: "<p>x</p>"}).codes


@pytest.mark.parametrize("folder", ["Letters", "Body charts"])
def test_a_folder_whose_name_says_what_it_holds_is_not_asked_about(desk: Desk, folder: str) -> None:
    told = desk.read({f"Export/{folder}/77 - Lee, Ann/2024-05-08 x.pdf": b"%PDF-1.4"})
    assert "documents_folder_unknown" not in told.codes
