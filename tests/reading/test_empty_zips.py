"""A zip without files is named, wherever it is: it may have been meant to hold a part of the export."""

from collections.abc import Callable

import pytest

from tests.reading.story import Desk, zipped

PATIENTS = "Patient ID,First Name,Last Name,Date of Birth\n1,Ann,Lee,1980-01-02\n"
EMPTY: dict[str, Callable[[], bytes]] = {
    "no entries": lambda: zipped({}),
    "a folder": lambda: zipped({"Patients/": b""}),
    "what an operating system leaves": lambda: zipped({"__MACOSX/._Patients.csv": b"x", ".DS_Store": b"x"}),
}


@pytest.mark.parametrize("content", EMPTY)
def test_a_zip_without_files_in_a_zip_is_named(desk: Desk, content: str) -> None:
    result = desk.zip({"Patients.csv": PATIENTS.encode(), "more/part.zip": EMPTY[content]()})
    assert [(file.path, file.refused) for file in result.files if file.refused] == [("more/part.zip", "file_empty")]
    assert next(file for file in result.files if file.path == "Patients.csv").rows == 1


@pytest.mark.parametrize("content", EMPTY)
def test_a_zip_without_files_beside_others_is_named(desk: Desk, content: str) -> None:
    result = desk.read({"Patients.csv": PATIENTS.encode(), "part.zip": EMPTY[content]()})
    assert [(file.path, file.refused) for file in result.files if file.refused] == [("part.zip", "file_empty")]
    assert "export_empty" not in result.codes


@pytest.mark.parametrize("content", EMPTY)
def test_an_export_of_nothing_else_is_empty(desk: Desk, content: str) -> None:
    assert "export_empty" in desk.read({"one.zip": EMPTY[content](), "two.zip": EMPTY[content]()}).codes
