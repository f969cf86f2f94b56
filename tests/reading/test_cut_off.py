"""Signs that the end of a file or a text is missing are found in every kind, with a single warning."""

from dataclasses import replace

import pytest

from app.migration.completeness_warnings import CompletenessWarning, cut_off
from app.migration.warning_texts import to_text
from tests.reading.damage import CUT, cut_short, in_quote
from tests.reading.story import HEADER, SOURCE, Desk, patients


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_short_last_row_without_a_line_end_means_a_truncated_file(desk: Desk, end: str) -> None:
    content = cut_short(patients(30), characters=14).replace(b"\n", end.encode())
    result = desk.csv(content)
    assert result.problem("file_may_be_cut").kind == "patients"
    assert (result.only_file.refused, result.only_file.rows) == (None, 30)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_truncated_file_is_recognised_in_every_encoding(desk: Desk, encoding: str) -> None:
    text = patients(30).replace("Ann3,", "Zoë,")
    assert "file_may_be_cut" in desk.csv(text[:-15].encode(encoding)).codes
    assert "file_may_be_cut" not in desk.csv(text.encode(encoding)).codes


@pytest.mark.parametrize("content", [patients(30).rstrip("\n"), f"{HEADER}\n1,A\n", f"{HEADER}\n1,A\n2,B,C,\n", HEADER])
def test_a_whole_file_is_not_reported_as_truncated(desk: Desk, content: str) -> None:
    assert "file_may_be_cut" not in desk.csv(content).codes


@pytest.mark.parametrize("last", ['9,"and then', '9,"', '9,B,"Lee', '9,B,Lee,"1980-01-0', '9,B,"L ""Lee"" Le'])
def test_a_file_ending_inside_a_quote_of_its_last_line_keeps_earlier_rows(desk: Desk, last: str) -> None:
    result = desk.csv(patients(30).encode() + last.encode())
    assert (result.only_file.refused, result.only_file.rows) == (None, 31)
    assert result.problem("file_may_be_cut").count == 1
    assert [row.cells.get("first_name") for row in result.rows()][:30] == [f"Ann{n}" for n in range(1, 31)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\nand more", ",Lee,\n10,B,Low,\n"])
def test_a_file_with_lines_behind_an_open_quote_is_refused(desk: Desk, end: str) -> None:
    assert desk.csv(in_quote(patients(3)) + end.encode()).only_file.refused == "csv_unclosed_quote"


STRAY = ['"Ann" x', '"Ann" ', 'Ann "x"', '"Ann"x"y"', '"An\nn" x']


@pytest.mark.parametrize("cell", STRAY)
@pytest.mark.parametrize("at", [1, 2])
def test_an_extra_quotation_mark_costs_no_other_cell(desk: Desk, cell: str, at: int) -> None:
    cells = ["500", "Bea", "Low", ""]
    cells[at] = cell
    result = desk.csv(f"{patients(20)}{','.join(cells)}\n501,Cai,Low,\n")
    assert (result.only_file.refused, result.only_file.rows) == (None, 22)
    if cell.startswith('"'):
        assert (result.problem("stray_quotation_mark").line, result.problem("stray_quotation_mark").count) == (22, 1)
    else:
        assert "stray_quotation_mark" not in result.codes
    rows = {row.cells["id"]: row.cells for row in result.rows()}
    assert rows["501"]["first_name"] == "Cai"
    assert len(rows) == 22


@pytest.mark.parametrize("text", ["x" * CUT, "é" * CUT, "😀" * (CUT // 2) + "x"])
@pytest.mark.parametrize("at", range(4))
def test_a_text_as_long_as_a_cell_may_be_cut_in_any_column(desk: Desk, text: str, at: int) -> None:
    cells = ["7", "Ann", "Lee", "note"]
    cells[at] = text
    header = "Patient ID,First Name,Last Name,Extra Information,Date of Birth"
    result = desk.csv(f"{header}\n{','.join(cells)},\n8,B,C,,\n")
    assert result.problem("cell_may_be_cut").count == 1


@pytest.mark.parametrize("length", [CUT - 1, CUT + 1, 2 * CUT])
def test_a_text_of_another_length_is_whole(desk: Desk, length: int) -> None:
    assert "cell_may_be_cut" not in desk.csv(f"{HEADER},Extra Information\n7,A,B,,{'x' * length}\n").codes


def test_all_signs_of_truncation_are_a_single_warning() -> None:
    found = cut_off(
        [
            ("file_may_be_cut", "patients", 1),
            ("cell_may_be_cut", "treatment_notes", 3),
            ("csv_unclosed_quote", "appointments", 1),
            ("csv_unclosed_quote", "invoices", 1),
            ("many_orphans", "patients", 9),
        ],
        ["patients", "treatment_notes", "appointments"],
    )
    assert [(doubt.key, doubt.count) for doubt in found] == [("file_may_be_cut", 5)]
    assert len(found[0].signs) == 3
    words = to_text(found[0], SOURCE)
    assert all(SOURCE.kind(kind).label.lower() in words.small for _, kind in found[0].signs)


def test_without_a_sign_there_is_no_warning() -> None:
    assert cut_off([("many_orphans", "patients", 9)], ["patients"]) == []


def test_a_question_about_encodings_names_them() -> None:
    words = to_text(CompletenessWarning("encoding_guessed", "patients", encodings=("mac_roman", "cp1252")), SOURCE)
    assert "MacRoman" in words.small
    assert "Windows-1252" in words.small


@pytest.mark.parametrize("row", ['500,"Bea" x,Low,"1980-\n01-02"', '500,"Bea" x,"Lo\nw",', '500,"Bea" x,"L ""o""\nw",'])
def test_a_cell_of_several_lines_behind_an_extra_quotation_mark_stays_one_row(desk: Desk, row: str) -> None:
    """Otherwise the cell would lose its second line, and that line would become a row."""
    result = desk.csv(f"{patients(20)}{row}\n501,Cai,Low,\n")
    assert (result.only_file.refused, result.only_file.rows) == (None, 22)
    assert result.problem("stray_quotation_mark").count == 1


def test_a_cell_over_the_limit_is_emptied_after_an_extra_quotation_mark(desk: Desk) -> None:
    small = replace(desk, limits=replace(desk.limits, cell_bytes=2_000))
    result = small.csv(f'{patients(20)}500,"Bea" x,{"L" * 3_000},\n501,Cai,Low,\n')
    assert {"cell_too_large", "stray_quotation_mark"} <= set(result.codes)
    assert result.only_file.rows == 22


@pytest.mark.parametrize("above", ["sep=,\n", "Clients of the clinic\n\n", "\n"])
def test_lines_above_the_header_do_not_set_the_width(desk: Desk, above: str) -> None:
    result = desk.csv(f'{above}{patients(20)}500,"Bea" x,Low,\n501,Cai,Low,\n')
    assert (result.only_file.refused, result.only_file.rows) == (None, 22)
    assert result.problem("stray_quotation_mark").count == 1
