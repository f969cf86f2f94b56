"""Lines 54 to 56 of the catalogue: files that are empty, too large, of one name, or of an unknown patient number."""

from tests.register.attachments import ANN, PDF
from tests.register.story import Desk, export


def test_54_an_empty_file_and_one_of_120_mb_are_skipped(desk: Desk) -> None:
    tried = desk.tried(export() | {f"{ANN}/empty.pdf": b"", f"{ANN}/film.mp4": bytes(120 << 20), f"{ANN}/a.pdf": PDF})
    assert [tried.problems(code)[0]["level"] for code in ("file_zero_bytes", "file_too_large")] == ["skipped"] * 2
    assert [record["name"] for record in tried.records("files")] == ["a.pdf"]


def test_55_a_second_file_of_one_name_and_other_bytes_is_renamed(desk: Desk) -> None:
    listed = f'id,patient_id,filename,path,size\n5,11,scan.pdf,"{ANN}/a/1.pdf",\n6,11,scan.pdf,"{ANN}/a/2.pdf",\n'
    files: dict[str, str | bytes] = {"patient_files.csv": listed, f"{ANN}/a/1.pdf": PDF, f"{ANN}/a/2.pdf": PDF + b"2"}
    tried = desk.tried(export() | files)
    assert tried.problems("file_renamed")[0]["source_id"] == "6"
    assert [record["name"] for record in tried.records("files")] == ["scan.pdf", "scan (2).pdf"]


def test_55_of_two_files_whose_names_differ_in_the_form_of_a_letter_the_second_is_renamed(desk: Desk) -> None:
    tried = desk.tried(export() | {f"{ANN}/Zo\u00e9.pdf": PDF, f"{ANN}/Zoe\u0301.pdf": PDF + b"2"})
    assert tried.kind("patient_files")["held"] == 0
    assert len(tried.problems("file_renamed")) == 1
    assert sorted(record["name"] for record in tried.records("files")) == ["Zo\u00e9 (2).pdf", "Zo\u00e9.pdf"]


def test_56_a_folder_without_a_number_waits_for_the_one_who_has_its_name(desk: Desk) -> None:
    tried = desk.tried(export() | {"Patient files/O'Brien, Zoë/x.pdf": PDF})
    assert tried.problems("file_patient_by_name")[0]["level"] == "held"
    assert tried.kind("patient_files")["held"] == 1
    assert not tried.records("files")
