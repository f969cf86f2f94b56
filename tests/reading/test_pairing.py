"""An answer about a file overrules its header; redaction of files that are not recognised."""

import json
from dataclasses import replace

import pytest

from app.mapping.plan import LEAVE_OUT
from app.reading.column_suggestions import ColumnSample, clear_winner, suggest_fields, suggest_kinds
from app.reading.entries import FileEntry
from app.reading.file_preview import FilePreview, preview_entry
from app.reading.grid import ReadingAnswer
from app.reading.redaction import begins_with_data, has_names, redacted_names, redacted_path
from app.reading.value_patterns import column_pattern, pattern_of
from tests.reading.story import SOURCE, Desk, given

STRANGE = "nr,wer,wann,xyz\n1,11,2024-01-02,a\n2,12,2024-02-03,b\n"
PAIRS = {"nr": "id", "wer": "patient_id", "wann": "issue_date"}


def said(desk: Desk, **what: object) -> Desk:
    return replace(desk, **what)  # type: ignore[arg-type]  # each is a field of the desk


def looked_at(content: str | bytes, name: str = "x.csv") -> FilePreview:
    (file,) = given({name: content})
    return preview_entry(FileEntry(file.path, file.size, file.open), SOURCE)


def test_an_unrecognised_file_is_read_as_answered(desk: Desk) -> None:
    result = said(desk, file_kinds={"x.csv": "patient_cases"}, column_pairs={"x.csv": PAIRS}).csv(STRANGE, "x.csv")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.facts["unknown_columns"]) == (
        "patient_cases",
        2,
        ["Column 4"],
    )
    assert dict(result.rows()[0].cells).items() >= {"id": "1", "patient_id": "11", "issue_date": "2024-01-02"}.items()


def test_columns_without_safe_names_are_answered_by_number(desk: Desk) -> None:
    pairs = {"Column 1": "id", "Column 2": "patient_id"}
    result = said(desk, file_kinds={"x.csv": "patient_cases"}, column_pairs={"x.csv": pairs}).csv(STRANGE, "x.csv")
    assert result.only_file.facts["headers"] == ["Column 1", "Column 2", "Column 3", "Column 4"]
    assert result.only_file.rows == 2


def test_a_known_column_can_be_left(desk: Desk) -> None:
    header = "Case ID,Patient ID,Max Sessions,Notes\n1,11,5,private\n"
    result = said(desk, column_pairs={"x.csv": {"Notes": ""}}).csv(header, "x.csv")
    assert (result.only_file.kind, result.only_file.facts["unknown_columns"]) == ("patient_cases", ["Notes"])


def test_an_unknown_field_is_not_an_answer(desk: Desk) -> None:
    header = "Case ID,Patient ID,Max Sessions\n1,11,5\n"
    result = said(desk, column_pairs={"x.csv": {"Max Sessions": "shoe_size"}}).csv(header, "x.csv")
    assert "unknown_columns" not in result.only_file.facts


def test_a_file_that_is_left_out_is_counted_and_not_read(desk: Desk) -> None:
    result = said(desk, file_kinds={"x.csv": LEAVE_OUT}).csv(STRANGE, "x.csv")
    assert (
        result.only_file.kind,
        result.only_file.parts,
        result.only_file.facts["rows_seen"],
        result.codes & {"file_left_out"},
    ) == (
        None,
        (),
        2,
        {"file_left_out"},
    )


def test_an_unrecognised_file_is_counted_and_none_of_it_kept(desk: Desk) -> None:
    result = desk.csv(STRANGE, "x.csv")
    assert (result.only_file.facts["rows_seen"], result.only_file.facts["columns"]) == (2, 4)
    assert not {"headers", "unknown_columns"} & result.only_file.facts.keys()


def test_each_answer_has_its_own_opaque_mark() -> None:
    marks = [
        ReadingAnswer(),
        ReadingAnswer("contacts"),
        ReadingAnswer("contacts", {"a": "id"}),
        ReadingAnswer("contacts", headerless=True),
    ]
    assert len({one.mark for one in marks}) == 4
    assert marks[0].mark == ""
    assert "contacts" not in marks[1].mark


@pytest.mark.parametrize(
    ("cell", "shape"),
    [
        ("", ""),
        ('="1558354464010667075"', "digits"),
        ("13/02/1980", "date D/M/YYYY"),
        ("02/13/1980", "date M/D/YYYY"),
        ("02/03/1980", "date, day or month first"),
        ("1980-02-13", "date YYYY-MM-DD"),
        ("2026-04-05 10:00:00 +1000", "date and time with its zone"),
        ("9:30 am", "time of day"),
        ("jo@example.org", "e-mail"),
        ("Yes", "yes or no"),
        ("0", "0 or 1"),
        ("+61 491 570 156", "phone number"),
        ("1.55835E+18", "number in scientific form"),
        ('{"a": 1}', "JSON"),
        ("<p>knee</p>", "text with HTML"),
        ("Ann", "one word"),
        ("knee\nbetter", "several lines of text"),
    ],
)
def test_a_cell_has_a_pattern(cell: str, shape: str) -> None:
    assert pattern_of(cell) == shape


def test_a_column_is_described_by_its_patterns() -> None:
    shape = column_pattern(["123", "4567", "", "Ann"])
    assert shape.words() == ["3 to 4 digits (2 of 3)", "one word, 3 characters (1 of 3)"]
    assert (shape.rows, shape.blank, shape.different) == (4, 1, 3)


HEADED = {
    "names of a program": ("case_no,client_ref,title\n1,11,Knee\n2,12,Hip\n", True),
    "data in the first row": ("1,11,Knee\n2,12,Hip\n3,13,Back\n", False),
    "words alone": ("Ann,Lee,Sydney\nBob,Ray,Perth\n", False),
    "no rows to compare with": ("case_no,client_ref\n", False),
}


@pytest.mark.parametrize("what", HEADED)
def test_a_header_is_shown_only_if_certain(what: str) -> None:
    content, proven = HEADED[what]
    seen = looked_at(content)
    assert has_names(seen, SOURCE) is proven
    if not proven:
        assert redacted_names(seen, SOURCE) == tuple(f"Column {n}" for n in range(1, len(seen.names) + 1))


def test_a_first_row_like_the_others_is_noticed() -> None:
    assert begins_with_data(looked_at(HEADED["data in the first row"][0]))
    assert not begins_with_data(looked_at(HEADED["names of a program"][0]))


def test_json_keys_are_shown_if_most_objects_have_them() -> None:
    people = [{"weight": 1, "Quartermaine": 2}, {"weight": 2, "Lee": 1}, {"weight": 3, "Ray": 1}]
    assert redacted_names(looked_at(json.dumps(people), "x.json"), SOURCE) == (
        "weight",
        "[a name of 12 letters]",
        "[a name of 3 letters]",
        "[a name of 3 letters]",
    )


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"Export/Patients-{SOURCE.label}-20261120.csv", f"[a name of 6 letters]/Patients-{SOURCE.label}-20261120.csv"),
        ("patient_cases.csv", "patient_cases.csv"),
        ("Patient files/123 - Lee, Ann/scan.pdf", "Patient files/[a name of 14 letters]/[a name of 4 letters].pdf"),
        ("Lee.Ann", "[a name of 3 letters].?"),
        ("Lee", "[a name of 3 letters]"),
    ],
)
def test_only_program_given_parts_of_a_path_are_shown(path: str, shown: str) -> None:
    assert redacted_path(path, SOURCE) == shown


def test_names_patterns_and_known_ids_suggest_a_field() -> None:
    cases = SOURCE.kind("patient_cases")
    ids = {"patients": frozenset({"11", "12"})}

    def column(name: str, *cells: str) -> ColumnSample:
        return ColumnSample(name, column_pattern(cells), frozenset(cells))

    columns = [column("number", "1", "2"), column("whose", "11", "12"), column("opened", "2024-01-02", "2024-02-03")]
    found = {name: guess.field for name, guess in suggest_fields(cases, columns, ids).items()}
    assert found == {"number": "id", "whose": "patient_id", "opened": "issue_date"}
    more = [*columns, column("sessions allowed", "5", "10"), column("expires", "2025-01-02", "2025-02-03")]
    assert clear_winner(suggest_kinds([k for k in SOURCE.kinds if k.imported], more, ids)) == "patient_cases"
    assert suggest_kinds(SOURCE.kinds, [column("shape", "round"), column("weight", "5")], {}) == ()


def test_titles_above_the_columns_are_not_columns() -> None:
    seen = looked_at("Our register\n\nnr,wer\n1,2\n3,4\n")
    assert (seen.names, len(seen.rows)) == (("nr", "wer"), 2)
