"""A folder of documents with an unknown name gets a single question, and is read as the plan answers."""

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


def test_the_folder_gets_a_single_question_and_is_not_read(desk: Desk) -> None:
    result = desk.read(FILES)
    assert result.problem("documents_folder_unknown").count == 4
    assert result.problem("documents_folder_unknown").file == ROOT
    assert "unrecognised_file" not in result.codes
    assert (result.by_path[ROOT].kind, result.by_path[ROOT].rows) == (None, 0)


@pytest.mark.parametrize(
    ("answer", "notes", "files"), [("treatment_notes", 2, 2), ("patient_files", 0, 4), ("leave_out", 0, 0)]
)
def test_the_folder_is_read_as_the_plan_answers(desk: Desk, answer: str, notes: int, files: int) -> None:
    result = replace(desk, file_kinds={ROOT: answer}).read(FILES)
    rows = {done.kind: done.rows for done in result.by_path.values() if done.kind}
    assert (rows.get("treatment_notes", 0), rows.get("patient_files", 0)) == (notes, files)
    assert "documents_folder_unknown" not in result.codes


@pytest.mark.parametrize("path", ["Export/77 - Lee, Ann.html", "Export/Site/index.html", "77 - Lee, Ann/x.html"])
def test_other_documents_get_no_question(desk: Desk, path: str) -> None:
    assert "documents_folder_unknown" not in desk.read({path: "<p>x</p>"}).codes


@pytest.mark.parametrize("folder", ["Letters", "Body charts"])
def test_a_folder_named_after_a_kind_gets_no_question(desk: Desk, folder: str) -> None:
    result = desk.read({f"Export/{folder}/77 - Lee, Ann/2024-05-08 x.pdf": b"%PDF-1.4"})
    assert "documents_folder_unknown" not in result.codes
