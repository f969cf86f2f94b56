"""Lines 1 to 18 of the catalogue, and lines about whole files: the form of an export, before its meaning."""

import pytest

from tests.reading.story import Desk, native, patients, zipped
from tests.register.files import NAMES as HEADER
from tests.register.files import rows


def people(*lines: str, header: str = HEADER) -> str:
    return rows(header, *lines)


def test_1_a_guarded_id_is_read_without_a_word(reading: Desk) -> None:
    result = reading.csv(people('"=""1558354464010667075""",Ann,Lee,1980-01-02'))
    assert result.rows()[0].cells["id"] == '="1558354464010667075"'
    assert result.index.connection.execute("SELECT source_id FROM rows").fetchone() == (1558354464010667075,)
    assert result.codes.isdisjoint({"id_cleaned", "id_not_numeric", "bad_id", "id_maybe_rounded"})


def test_2_an_id_in_scientific_notation_refuses_the_file(reading: Desk) -> None:
    result = reading.csv(people("1.55835E+18,Ann,Lee,1980-01-02"))
    assert (result.only_file.refused, result.only_file.kind) == ("ids_scientific", "patients")


def test_3_forty_rounded_ids_of_two_hundred_refuse_the_file(reading: Desk) -> None:
    sound = [f"15583544640106{n:05},Ann,Lee{n},1980-01-02" for n in range(11, 171)]
    rounded = [f"15583544640{n:04}0000,Bea,Low{n},1980-01-02" for n in range(1101, 1141)]
    result = reading.csv(people(*sound, *rounded))
    assert (result.only_file.refused, result.only_file.rows) == ("ids_rounded", 200)


def test_4_one_rounded_id_of_many_is_read_and_reported(reading: Desk) -> None:
    sound = [f"15583544640106{n:05},Ann,Lee{n},1980-01-02" for n in range(11, 411)]
    result = reading.csv(people(*sound, "1558354464010660000,Bea,Low,1980-01-02"))
    assert result.only_file.refused is None
    assert result.problem("id_maybe_rounded").source_id == "1558354464010660000"
    assert result.problem("id_maybe_rounded").count == 1


def test_5_a_trailing_zero_of_a_short_id_is_removed_and_reported(reading: Desk) -> None:
    result = reading.csv(people("1234567.0,Ann,Lee,1980-01-02"))
    assert result.problem("id_cleaned").source_id == "1234567"


def test_6_a_row_without_an_id_is_skipped(reading: Desk) -> None:
    result = reading.csv(people(",Ann,Lee,1980-01-02", "2,Bea,Lee,1980-01-02"))
    assert (result.problem("missing_id").severity, result.problem("missing_id").line) == ("skipped", 2)
    assert result.only_file.rows == 2


def test_7_a_file_of_two_bytes_is_refused_as_empty(reading: Desk) -> None:
    result = reading.read({"patients.csv": patients(), "Appointments.csv": "\r\n"})
    assert result.by_path["Appointments.csv"].refused == "file_empty"


def test_8_a_header_alone_is_a_table_without_rows(reading: Desk) -> None:
    result = reading.csv(f"{HEADER}\n")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == ("patients", 0, None)
    assert "file_empty_table" in result.codes
    assert "no_patients_file" not in result.codes


def test_9_a_range_in_the_name_of_a_file_is_reported_for_the_file(reading: Desk) -> None:
    name = native(rest="-From20260101-To20261120")
    result = reading.read({name: patients()})
    assert result.problem("partial_export").file == name
    assert (result.only_file.facts["from"], result.only_file.facts["to"]) == ("2026-01-01", "2026-11-20")


def test_10_a_header_outweighs_a_name(reading: Desk) -> None:
    result = reading.read({"Appointments.csv": patients()})
    assert result.only_file.kind == "patients"
    assert result.problem("file_name_mismatch").file == "Appointments.csv"


def test_11_clients_in_headers_are_patients(reading: Desk) -> None:
    header = "Appointment ID,Start Time,End Time,ClientID,Client Arrived,Practitioner ID"
    result = reading.read({"patients.csv": patients(), "Appointments.csv": rows(header, "1,,,2,true,3")})
    file = result.by_path["Appointments.csv"]
    assert file.kind == "appointments"
    assert "unknown_columns" not in result.codes
    assert dict(result.rows(file)[0].cells)["patient_ids"] == "2"
    assert dict(result.rows(file)[0].cells)["patient_arrived"] == "true"


def test_12_patients_without_a_key_column_are_refused_by_name(reading: Desk) -> None:
    result = reading.csv("First Name,Last Name,Date of Birth\nAnn,Lee,1980-01-02\n", "people.csv")
    problem = result.problem("missing_key_column")
    assert (result.only_file.refused, result.only_file.kind) == ("missing_key_column", "patients")
    assert problem.details["kind"] == "Patients"
    assert problem.details["wanted"] == "Patient ID or id"
    assert problem.details["found"] == "First Name, Last Name, Date of Birth"


def test_13_an_unknown_column_is_kept_and_listed(reading: Desk) -> None:
    result = reading.csv(people("1,Ann,Lee,1980-01-02,blue", header=f"{HEADER},Favourite colour"))
    assert result.only_file.facts["unknown_columns"] == ["Favourite colour"]
    assert result.problem("unknown_columns").count == 1
    assert result.rows()[0].cells["?Favourite colour"] == "blue"


def test_14_an_invalid_utf_8_byte_makes_the_file_windows_1252(reading: Desk) -> None:
    result = reading.csv(people("1,Zoé,Lee,1980-01-02").encode("cp1252"))
    assert result.only_file.encoding == "cp1252"
    assert result.problem("encoding_guessed").severity == "warning"
    assert result.rows()[0].cells["first_name"] == "Zoé"


def test_15_letters_that_were_encoded_twice_are_reported_and_left(reading: Desk) -> None:
    result = reading.csv(people(*(f"{n},ZoÃ«,Lee{n},1980-01-02" for n in range(1, 6))))
    assert "mojibake_suspected" in result.codes
    assert {row.cells["first_name"] for row in result.rows()} == {"ZoÃ«"}


def test_16_a_line_break_in_quotes_belongs_to_the_cell(reading: Desk) -> None:
    result = reading.csv(people('1,Ann,Lee,1980-01-02,"Unit 2\r\n5 Main Street"', header=f"{HEADER},Address1"))
    assert result.only_file.rows == 1
    assert result.rows()[0].cells["address_1"] == "Unit 2\r\n5 Main Street"


def test_17_an_unclosed_quote_refuses_the_file_and_names_the_line(reading: Desk) -> None:
    lines = [f"{n},Ann,Lee{n},1980-01-02" for n in range(1, 811)]
    result = reading.csv(people(*lines, '811,"Bea,Low,1980-01-02', "812,Cai,Low,1980-01-02"))
    assert result.only_file.refused == "csv_unclosed_quote"
    assert result.problem("csv_unclosed_quote").line == 812


def test_18_a_row_with_more_cells_than_columns_is_held(reading: Desk) -> None:
    result = reading.csv(people("1,Ann,Lee,1980-01-02,two,more", "2,Bea,Lee,1980-01-02,,"))
    problem = result.problem("row_too_long")
    assert (problem.severity, problem.line, problem.count) == ("held", 2, 1)


def test_63_a_part_that_is_missing_from_a_download_is_reported(reading: Desk) -> None:
    result = reading.read({"Export-20261120T010203Z-002.zip": zipped({"patients.csv": patients()})})
    assert result.problem("zip_part_missing").file == "Export-20261120T010203Z-001.zip"
    assert result.problem("zip_part_missing").severity == "warning"
    assert result.by_path["patients.csv"].rows == 3


@pytest.mark.parametrize("header", ["id,number,issue_date,status,patient_id", "Issue Date,Invoice Amount,Patient ID"])
def test_60_invoices_are_counted_and_nothing_more(reading: Desk, header: str) -> None:
    result = reading.read({"patients.csv": patients(), "Invoices.csv": rows(header, "1,2,3,4,5", "2,3,4,5,6")})
    file = result.by_path["Invoices.csv"]
    assert (file.kind, file.rows, file.parts) == ("invoices", 2, ())
    assert (result.problem("kind_not_imported").severity, result.problem("kind_not_imported").count) == ("skipped", 2)
