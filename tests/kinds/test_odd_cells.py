"""A row with one odd cell is verified without an alarm, and nothing of the cell is dropped silently."""

from collections.abc import Iterator

import pytest

from app.mapping.columns import RowColumn
from tests.kinds.odd_cells import VALUES, bases, columns_of, kinds, lacks, verified
from tests.kinds.story import ROWS

STEP = 24  # of the values of a column, one in so many; each column begins with another one
SECOND = frozenset(
    {
        *(("businesses", name) for name in ("business_name", "label", "business_registration_name")),
        *(("practitioners", name) for name in ("title", "first_name", "last_name")),
        *(("practitioner_availability", name) for name in ("starts_at", "ends_at")),
        *(("communications", name) for name in ("type", "type_code", "category", "direction", "direction_code")),
        ("patients", "gender"),
        ("custom_fields", "option_name"),
    }
)
"""Columns that count where another one, which the row has, says nothing."""
ANY_OTHER = frozenset(
    {
        *(("users", "role"), ("custom_fields", "field_type"), ("appointment_types", "color")),
        *(("appointment_types", "tax"), ("appointment_types", "duration_in_minutes")),
        *(("appointments", "ends_at"), ("appointments", "business_id"), ("unavailable_blocks", "business_id")),
        *(("patient_forms", "form_template_id"), ("communications", "booking_id")),
    }
)
"""Columns of which an unknown value ends as an empty one does, under the same code."""
BLANK = frozenset({"n/a", "null", "nil", "none"})
NOTHING_NEW = frozenset({"no", "0", "-1", "1", "2", "yes", "true", "false"})


def odd_rows(kind: str, step: int) -> Iterator[tuple[RowColumn, dict[str, str]]]:
    """Rows of a kind that have an odd cell each, in every column and between cells that contradict each other."""
    for number, base in enumerate(bases(kind)):
        for place, placed in enumerate(columns_of(kind)):
            for value in VALUES[(place * 5 + number) % step :: step]:
                yield placed, base | {placed.name: value}


@pytest.mark.parametrize("kind", kinds())
def test_verification_misses_no_cell_of_a_row_whose_cells_contradict_each_other(kind: str) -> None:
    for cells in bases(kind):
        for is_native in (True, False):
            assert not verified(kind, cells, is_native=is_native).missed, cells


@pytest.mark.parametrize("kind", kinds())
def test_an_odd_cell_is_in_a_record_or_under_a_code_and_verification_misses_none(kind: str) -> None:
    for number, (placed, cells) in enumerate(odd_rows(kind, STEP)):
        value, result = cells[placed.name], verified(kind, cells, is_native=number % 2 == 0)
        assert not result.missed, (placed.name, value)
        is_said = (
            kind == "attendees" or (kind, placed.name) in SECOND | ANY_OTHER or value.lower() in BLANK | NOTHING_NEW
        )
        if placed.column.destination and not is_said:  # an attendee's words are in the record of the diary's row
            assert not (result.records and lacks(kind, cells, placed.name, result)), (placed.name, value)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("patients", "email"), ("contacts", "email"), ("users", "email"), ("businesses", "email_reply_to")],
)
def test_verification_misses_no_address_whatever_is_around_it(kind: str, name: str) -> None:
    for value in (value for value in VALUES if "@" in value):
        assert not verified(kind, ROWS[kind] | {name: value}).missed, value


@pytest.mark.parametrize("time", ["", "n/a"])
def test_a_visit_that_is_not_cancelled_keeps_the_words_of_a_cancellation(time: str) -> None:
    cells = {"cancelled_at": time, "cancellation_reason": "Sick", "cancellation_note": "Rang, then came after all"}
    (record,) = verified("appointments", ROWS["appointments"] | cells).records
    assert record.values["status"] == "arrived"
    assert record.values["cancellation_note"] == "Sick\nRang, then came after all"
    assert record.values["cancellation_reason_id"] is None


def test_signatures_that_are_no_json_leave_the_content_valid() -> None:
    result = verified("patient_forms", ROWS["patient_forms"] | {"signatures": "n/a"})
    assert result.codes == {"bad_json"}
    assert result.columns == {"signatures"}
    assert not result.missed
