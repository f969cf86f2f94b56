"""Problems of an export as a whole: gaps, different days, copies, missing kinds, and patients' files."""

from tests.reading.story import SOURCE, Desk, native, patients


def slice_of(since: str, until: str, run: str = "20261120") -> str:
    return native(run=run, rest=f"-From{since}-To{until}")


def test_reading_stops_without_a_patients_file(desk: Desk) -> None:
    assert desk.csv("Colour,Weight\nred,12\n", "prices.csv").problem("no_patients_file").severity == "stops"


def test_an_empty_zip_is_called_empty_first(desk: Desk) -> None:
    read = desk.zip({})
    assert [problem.code for problem in read.problems][:2] == ["export_empty", "no_patients_file"]
    assert read.problem("export_empty").severity == "stops"
    assert "export_empty" not in desk.csv("Colour,Weight\nred,12\n", "prices.csv").codes


def test_a_refused_patients_file_does_not_count(desk: Desk) -> None:
    assert "no_patients_file" in desk.csv("First Name,Last Name,Date of Birth\n").codes


def test_a_patients_file_without_rows_is_enough(desk: Desk) -> None:
    assert "no_patients_file" not in desk.csv(patients(0)).codes


def test_each_missing_kind_is_reported_once(desk: Desk) -> None:
    absent = [p.kind for p in desk.csv(patients(1)).problems if p.code == "kind_absent"]
    assert absent == [k.name for k in SOURCE.kinds if k.is_expected and k.name != "patients"]


def test_a_gap_between_slices_is_reported(desk: Desk) -> None:
    result = desk.read(
        {slice_of("20200101", "20211231"): patients(1), slice_of("20220301", "20261120"): patients(1, 5)}
    )
    assert result.problem("partial_export_gap").details == {"from": "2021-12-31", "to": "2022-03-01"}


def test_slices_without_a_gap_are_reported_as_slices(desk: Desk) -> None:
    result = desk.read(
        {slice_of("20200101", "20211231"): patients(1), slice_of("20220101", "20261120"): patients(1, 5)}
    )
    assert "partial_export_gap" not in result.codes
    assert [f.facts["from"] for f in result.files] == ["2020-01-01", "2022-01-01"]
    assert result.problem("partial_export").file == slice_of("20200101", "20211231")


def test_exports_from_different_days_are_reported(desk: Desk) -> None:
    two = desk.read({native(run="20261118"): patients(1), native("Patients"): patients(1, 5)})
    assert "export_dates_differ" not in two.codes
    three = desk.read({native(run="20261117"): patients(1), native("Patients"): patients(1, 5)})
    assert "export_dates_differ" in three.codes


def test_the_same_bytes_twice_are_read_once(desk: Desk) -> None:
    result = desk.read({"a/patients.csv": patients(2), "b/patients.csv": patients(2)})
    assert [(f.path, f.rows, len(f.parts)) for f in result.files] == [
        ("a/patients.csv", 2, 1),
        ("b/patients.csv", 0, 0),
    ]
    assert result.problem("duplicate_file_in_bundle").file == "b/patients.csv"


def test_patients_files_count_per_folder(desk: Desk) -> None:
    result = desk.read(
        {
            "Export/patients.csv": patients(1),
            "Export/Patient files/1 - Lee, Ann/scan.csv": patients(9),
            "Export/Patient files/1 - Lee, Ann/old/all.zip": b"PK\x03\x04 no zip at all",
            "Export/Patient files/2 - Lee, Bo/x.pdf": b"%PDF",
        }
    )
    files = result.by_path["Export/Patient files/"]
    assert (files.kind, files.rows, len(files.parts)) == ("patient_files", 3, 1)
    assert "unrecognised_file" not in result.codes


def test_a_kind_that_is_not_imported_is_counted_without_parts(desk: Desk) -> None:
    result = desk.csv("Invoice Number,Issue Date,Invoice Amount\n1,2026-01-01,5\n2,2026-01-02,6\n", "x.csv")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.parts, result.indexed()) == (
        "invoices",
        2,
        (),
        0,
    )
    assert result.problem("kind_not_imported").count == 2


def test_the_clinics_answer_overrules_recognition(desk: Desk) -> None:
    desk.file_kinds = {"people.csv": "patients"}
    desk.column_pairs = {"people.csv": {"Number": "id", "Given": "first_name"}}
    result = desk.csv("Number,Given,Family\n7,Ann,Lee\n", "people.csv")
    assert (result.only_file.kind, dict(result.rows()[0].cells)) == (
        "patients",
        {"id": "7", "first_name": "Ann", "?Family": "Lee"},
    )


def test_an_answer_with_a_kind_still_needs_the_key(desk: Desk) -> None:
    desk.file_kinds = {"people.csv": "patients"}
    assert desk.csv("Given,Family\nAnn,Lee\n", "people.csv").only_file.refused == "missing_key_column"
