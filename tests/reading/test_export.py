"""An export in its usual forms becomes parts and an index, and every row is counted."""

from app.reading.results import AlreadyRead
from tests.reading.story import Desk, native, patients, zipped


def test_a_zip_of_csv_files_becomes_parts_and_an_index(desk: Desk) -> None:
    result = desk.zip({native(): patients(5)})
    assert (result.only_file.kind, result.only_file.dialect, result.only_file.encoding, result.only_file.rows) == (
        "patients",
        "native",
        "utf-8",
        5,
    )
    assert [r.cells["first_name"] for r in result.rows()] == ["Ann1", "Ann2", "Ann3", "Ann4", "Ann5"]
    assert [r.line for r in result.rows()] == [2, 3, 4, 5, 6]
    assert result.indexed() == 5


def test_a_part_ends_at_the_row_limit(desk: Desk) -> None:
    result = desk.with_limits(part_rows=4).csv(patients(10))
    assert [p.rows for p in result.only_file.parts] == [4, 4, 2]
    assert [p.number for p in result.only_file.parts] == [1, 2, 3]
    assert [p.first_line for p in result.only_file.parts] == [2, 6, 10]


def test_a_part_ends_at_the_byte_limit(desk: Desk) -> None:
    result = desk.with_limits(part_bytes=100).csv(patients(10))
    assert len(result.only_file.parts) > 3
    assert sum(p.rows for p in result.only_file.parts) == 10


def test_a_part_ends_at_the_cell_limit(desk: Desk) -> None:
    result = desk.with_limits(part_cells=10).csv(patients(4) + "5,Ann5,,\n6,Ann6,,\n7,Ann7,,\n")
    assert [p.rows for p in result.only_file.parts] == [3, 4]


def test_reading_continues_after_finished_files(desk: Desk) -> None:
    files = {"a/patients.csv": patients(3), "b/patients.csv": patients(3, first=4)}
    whole = desk.read(files)
    first, second = whole.files
    rest = desk.read(files, [AlreadyRead(first.number, first.path, first.sha256, first.parts[-1].number)])
    assert [f.path for f in rest.files] == [second.path]
    assert rest.files[0].parts == second.parts


def test_a_zip_in_a_zip_is_read_stored_and_compressed(desk: Desk) -> None:
    inner = zipped({"patients.csv": patients(2)})
    assert desk.read({"e.zip": zipped({"inner.zip": inner}, 0)}).only_file.rows == 2
    assert desk.read({"e.zip": zipped({"inner.zip": inner})}).only_file.rows == 2
