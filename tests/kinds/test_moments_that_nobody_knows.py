"""A moment that a row lacks stays empty: no other time of the row stands for it, and the row still comes across."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from app.mapping.context import DateOrder
from app.mapping.rows import Joined, Outcome, Target
from tests.kinds.story import ROWS, context, mapped

CHANGED = datetime(2001, 2, 3, 4, 5, tzinfo=UTC)
UNKNOWN: dict[str, str | None] = {
    "empty": "",
    "no column": None,
    "unreadable": "soon",
    "no such day": "2024-02-30 09:00",
    "ambiguous": "04/03/2024 09:00",
    "error word": "#REF!",
}
DATED = {"communications": "occurred_at", "treatment_notes": "note_date"}
"""The moments that Caspen lists a record by, and that another time of the row once stood for."""


def cells_of(kind: str, spelling: str, **more: str | None) -> dict[str, Any]:
    known = {"booking_id": None} if kind == "treatment_notes" else {}
    return known | {"created_at": UNKNOWN[spelling], "updated_at": CHANGED.isoformat()} | more


@pytest.mark.parametrize(("kind", "spelling"), list(product(sorted(ROWS), UNKNOWN)))
@pytest.mark.parametrize("archived", ["", "true", "soon"])
def test_the_time_of_the_last_change_never_becomes_a_value_of_a_record(kind: str, spelling: str, archived: str) -> None:
    mixed = context(dates=DateOrder.UNDECIDABLE)
    result = mapped(kind, in_context=mixed, **cells_of(kind, spelling, archived_at=archived))
    values = [value for record in result.records for value in record.values.values()]
    assert CHANGED not in values


@pytest.mark.parametrize(("kind", "spelling"), list(product(DATED, UNKNOWN)))
def test_a_row_without_its_date_comes_across_without_one_and_is_reported(kind: str, spelling: str) -> None:
    mixed = context(dates=DateOrder.UNDECIDABLE)
    result = mapped(kind, in_context=mixed, **cells_of(kind, spelling, finalized_at="2026-04-03T01:00:00Z"))
    assert (result.outcome, result[DATED[kind]]) == (Outcome.CREATED, None)
    code = {"ambiguous": "date_ambiguous", "error word": "spreadsheet_error_value"}.get(spelling, "bad_date")
    assert code in result.codes


def test_a_message_is_not_dated_by_its_visit_and_a_note_is() -> None:
    start = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    joined = Joined({"patient_id": Target("cli_1", "11"), "booking_id": Target("app_1", "77", starts_at=start)})
    assert mapped("communications", joined=joined, created_at="")["occurred_at"] is None
    note = mapped("treatment_notes", joined=joined, created_at="")
    assert (note["note_date"], note.codes) == (start, [])


def test_an_archived_note_without_any_time_stays_archived() -> None:
    result = mapped("treatment_notes", **cells_of("treatment_notes", "empty", archived_at="true"))
    assert result["archived_at"] is not None
