"""A spreadsheet's error word in a cell is never taken for an empty cell where the two mean different things."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.index.entry import entry_of
from app.mapping.cells import ERROR_WORDS
from app.mapping.columns import Reader
from app.mapping.equality import digests_of
from app.mapping.numbers import money, whole
from app.mapping.rows import Outcome
from app.problems import catalogue
from app.sources import source
from app.sources.cliniko.attendance import attendee_attendance
from tests.kinds.story import ROWS, mapped, row_of
from tests.mapping.cells import read

WORDS = ("#N/A", "#REF!", "########", "#NAME?", "#n/a")


@pytest.mark.parametrize("word", WORDS)
def test_a_visit_of_an_unreadable_client_is_held_and_never_a_busy_time(word: str) -> None:
    result = mapped("appointments", patient_ids=word, lost=("patient_ids",))
    assert result.outcome is Outcome.HELD
    assert {"appointment_without_patient", "spreadsheet_error_value"} <= set(result.codes)


DIFFERENT = {
    ("appointments", "patient_ids"): "a visit of nobody would be a busy time",
    ("patient_cases", "max_sessions"): "a case without a limit would be unlimited",
    ("patient_cases", "max_invoiceable_amount"): "a case without a limit would be unlimited",
}
"""Columns in which an error word is not an empty cell, with what an empty cell would wrongly mean."""
COLUMNS = [
    (kind, placed.name)
    for kind in sorted(ROWS)
    for placed in source("cliniko").kind(kind).columns
    if not placed.column.is_key and not placed.column.prefix and (kind, placed.name) not in DIFFERENT
]


@pytest.mark.parametrize(("kind", "column"), COLUMNS)
def test_an_error_word_counts_as_an_empty_cell_in_every_column_and_is_reported(kind: str, column: str) -> None:
    blank: dict[str, Any] = {column: ""}
    empty = mapped(kind, **blank)
    for word in WORDS:
        result = mapped(kind, **blank | {column: word})
        assert (result.outcome, result.records) == (empty.outcome, empty.records)
        assert set(result.codes) == {*empty.codes, "spreadsheet_error_value"}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("reason", [{}, {"cancellation_reason": "Sick"}, {"cancellation_note": "Rang us"}])
def test_a_visit_whose_time_of_cancellation_is_an_error_word_is_not_cancelled(
    word: str, reason: dict[str, Any]
) -> None:
    result = mapped("appointments", cancelled_at=word, patient_arrived="", **reason)
    assert (result["status"], result["cancelled_at"], result["cancellation_reason_id"]) == ("pending", None, None)
    row = row_of("attendees", cancelled_at=word, **reason)
    assert attendee_attendance(row).status == "pending"
    entry = entry_of(source("cliniko").kind("attendees"), 1, "501", row)
    assert entry.cancelled is False


@pytest.mark.parametrize("word", sorted(ERROR_WORDS))
def test_an_error_word_in_a_list_of_ids_is_reported_and_valid_ids_are_kept(word: str) -> None:
    result = mapped("appointments", patient_ids=f"11, {word}")
    assert "spreadsheet_error_value" in result.codes
    assert result.outcome is Outcome.CREATED


@pytest.mark.parametrize("reader", [whole, money])
@pytest.mark.parametrize(("cell", "number"), [("1E1", 10), ("1.2E+3", 1200), ("3e2", 300), ("5E+0", 5)])
def test_a_number_with_an_exponent_is_mended_in_every_column_of_numbers(reader: Reader, cell: str, number: int) -> None:
    assert read(reader, cell) == (number, ["spreadsheet_value_mended"])


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_problems_of_an_absent_column_name_no_cell(kind: str) -> None:
    dates = {"created_at": "", "starts_at": "", "ends_at": "", "completed_at": "", "booking_id": ""}
    absent: list[dict[str, Any]] = [{column: ""} for column in ROWS[kind]]
    absent += [{name: "" for name in dates if name in ROWS[kind]}]
    codes = {code for cells in absent for code in mapped(kind, **cells).codes}
    assert [code for code in sorted(codes) if catalogue()[code].title.startswith("A cell")] == []
    assert "bad_date" in codes or kind not in ("communications", "treatment_notes")


@pytest.mark.parametrize("prose", ["{Patient reports} pain", "{ pain } since May", "{3 weeks} of rest"])
def test_a_note_that_begins_with_a_brace_is_prose_and_kept_word_for_word(prose: str) -> None:
    result = mapped("treatment_notes", content=prose)
    assert (result.outcome, prose in result["body"], "content_is_text" in result.codes) == (Outcome.CREATED, True, True)


@pytest.mark.parametrize(
    ("mobile", "primary"),
    [("0491570156", "+61491570156"), ("1300123456", None), ("1800123456", None), ("131234", None), ("000000", None)],
)
def test_only_a_number_that_takes_messages_is_the_primary_one(mobile: str, primary: str | None) -> None:
    result = mapped("patients", phone_mobile=mobile)
    assert result["phone_number"] == primary
    assert ("bad_phone" in result.codes) is (mobile == "000000")


@pytest.mark.parametrize(
    "cell", ["ann@mail.example?subject=x", "mailto:ann@mail.example?body=a%20b", "ann@mail.example?cc=b"]
)
def test_an_address_ends_where_the_rest_of_a_link_begins(cell: str) -> None:
    result = mapped("patients", email=cell)
    assert (result["email"], "bad_email" in result.codes) == ("ann@mail.example", False)


def test_a_day_of_birth_without_signs_between_is_read() -> None:
    assert mapped("patients", date_of_birth="19800301")["date_of_birth"] == date(1980, 3, 1)
    assert mapped("patients", date_of_birth="19801301").codes == ["bad_date_of_birth"]


@pytest.mark.parametrize(
    ("kind", "column", "cell", "copy"),
    [
        ("patients", "phone_mobile", "61491570157", "6.1491570157E+10"),
        ("contacts", "phone_work", "61491570157", "6.1491570157E+10"),
        ("users", "email", "sam@clinic.example", "Sam Lee <sam@clinic.example>"),
        ("patient_cases", "max_sessions", "10", "1E1"),
        ("patient_cases", "max_invoiceable_amount", "1200", "1.2E+3"),
    ],
)
def test_rows_whose_cells_mean_the_same_are_equal(kind: str, column: str, cell: str, copy: str) -> None:
    assert _digest(kind, column, cell) == _digest(kind, column, copy)


def _digest(kind: str, column: str, cell: str) -> bytes:
    return digests_of(vars(row_of(kind, **{column: cell})), {column: cell}, ZoneInfo("Australia/Sydney")).exact
