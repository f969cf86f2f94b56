"""Reading a zip with millions of files takes little memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.reading.entries import open_export, private_scratch
from app.reading.given_files import from_path
from app.reading.limits import Limits
from tests.reading.many_entries import note_body, note_name, scan_body, scan_name, write_zip
from tests.reading.many_read import read_apart
from tests.reading.story import SOURCE, Desk

KINDS = {
    "patient_files": (scan_name, scan_body),
    "treatment_notes": (note_name, note_body),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_memory_does_not_grow_with_the_number_of_entries(tmp_path: Path, kind: str) -> None:
    few, many = (_listed(tmp_path, count, *KINDS[kind]) for count in (2_000, 60_000))
    assert many - few < 16


def _listed(folder: Path, count: int, name: Callable[[int], str], body: Callable[[int], bytes]) -> float:
    write_zip(path := folder / f"{count}.zip", count, name, body)
    taken = read_apart(path, folder / str(count), whole=False)
    assert taken.files == count
    return taken.grown_mb


@pytest.mark.parametrize("kind", KINDS)
def test_every_tiny_file_becomes_a_row(tmp_path: Path, kind: str) -> None:
    write_zip(tmp_path / "export.zip", 1_200, *KINDS[kind])
    result = Desk(tmp_path).read(from_path(tmp_path / "export.zip"))
    assert [(file.kind, file.rows) for file in result.files] == [(kind, 1_200)]


def test_the_scratch_table_has_no_name_while_it_is_in_use(tmp_path: Path) -> None:
    write_zip(path := tmp_path / "export.zip", 3_000)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_export(from_path(path), SOURCE, Limits(), private_scratch(scratch)) as found:
        assert (len(found.attached), list(scratch.iterdir())) == (3_000, [])
    assert list(scratch.iterdir()) == []


def test_the_same_zip_twice_gives_each_file_a_unique_path(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    for name in ("a.zip", "b.zip"):
        write_zip(folder / name, 40, first=b"Patient ID,First Name\n1,Ann\n", first_name="Patients.csv")
    with open_export(from_path(folder), SOURCE, Limits(), private_scratch(tmp_path)) as found:
        for files, count in ((found.entries, 2), (found.attached, 80)):
            paths = [entry.path for entry in files]
            assert (len(set(paths)), len(files)) == (count, count)
            assert [entry.path for path in paths if (entry := files.at(path))] == paths
        assert [entry.path for entry in found.entries] == ["Patients.csv", "b.zip/Patients.csv"]
