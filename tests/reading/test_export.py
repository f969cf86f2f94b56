"""An export in its usual shapes becomes parts and an index, and every row of it is counted."""

from app.reading.results import Already
from tests.reading.story import Desk, native, patients, zipped


def test_a_zip_of_csv_files_becomes_parts_and_an_index(desk: Desk) -> None:
    told = desk.zip({native(): patients(5)})
    assert (told.one.kind, told.one.dialect, told.one.encoding, told.one.rows) == ("patients", "native", "utf-8", 5)
    assert [r.cells["first_name"] for r in told.rows()] == ["Ann1", "Ann2", "Ann3", "Ann4", "Ann5"]
    assert [r.line for r in told.rows()] == [2, 3, 4, 5, 6]
    assert told.indexed() == 5


def test_a_part_ends_after_so_many_rows(desk: Desk) -> None:
    told = desk.with_limits(part_rows=4).csv(patients(10))
    assert [p.rows for p in told.one.parts] == [4, 4, 2]
    assert [p.number for p in told.one.parts] == [1, 2, 3]
    assert [p.first_line for p in told.one.parts] == [2, 6, 10]


def test_a_part_ends_after_so_many_bytes(desk: Desk) -> None:
    told = desk.with_limits(part_bytes=100).csv(patients(10))
    assert len(told.one.parts) > 3
    assert sum(p.rows for p in told.one.parts) == 10


def test_a_part_ends_after_so_many_filled_cells(desk: Desk) -> None:
    told = desk.with_limits(part_cells=10).csv(patients(4) + "5,Ann5,,\n6,Ann6,,\n7,Ann7,,\n")
    assert [p.rows for p in told.one.parts] == [3, 4]


def test_reading_goes_on_after_the_files_that_were_done(desk: Desk) -> None:
    files = {"a/patients.csv": patients(3), "b/patients.csv": patients(3, first=4)}
    whole = desk.read(files)
    first, second = whole.files
    rest = desk.read(files, [Already(first.number, first.path, first.sha256, first.parts[-1].number)])
    assert [f.path for f in rest.files] == [second.path]
    assert rest.files[0].parts == second.parts


def test_a_zip_in_a_zip_is_read_in_place_and_packed(desk: Desk) -> None:
    inner = zipped({"patients.csv": patients(2)})
    assert desk.read({"e.zip": zipped({"inner.zip": inner}, 0)}).one.rows == 2
    assert desk.read({"e.zip": zipped({"inner.zip": inner})}).one.rows == 2
