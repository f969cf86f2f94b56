"""A column that changes nothing in Caspen does not decide whether two rows of one key are equal."""

from typing import Any

import pytest

from app.mapping.context import DateOrder
from app.reading.parts import PartHead, PartRow
from app.resolving.rows_again import row_digests
from app.sources import source
from tests.kinds.story import ROWS, context, mapped

PAIRS = [("0.00", "10.00"), ("", "2026-12-24 10:00:00 +1100"), ("Ann", "Bob"), ("false", "true"), ("1001", "1002")]
USED_ELSEWHERE = {
    ("custom_fields", "section_token"): "tells fields of equal names in two sections apart",
    ("patients", "merged_with_patient_id"): "a merged client's rows lead to the survivor",
    ("patient_cases", "attendee_ids"): "attaches visits to the case",
    ("appointments", "appointment_category"): "decides between two types of one name",
    ("practitioner_availability", "time_zone_identifier"): "an unknown zone is told with its name",
    ("custom_fields", "section_name"): "names the section of several fields",
    ("custom_field_values", "field_name"): "names a field that no row defines",
    ("treatment_note_templates", "print_settings"): "settings that stay behind are told",
    ("patient_form_templates", "restricted_to_practitioner"): "a form has the rule of its template",
    ("treatment_notes", "is_page"): "a page is no row of a table",
    ("treatment_notes", "page_key"): "a page is no row of a table",
}
"""Columns that other rows use, which the mapping of the row itself does not show."""


def columns_without_place() -> list[tuple[str, str]]:
    """Kind and attribute of every column that names no destination and is no key."""
    return [
        (kind.name, property_.name)
        for kind in source("cliniko").kinds
        if kind.imported and kind.name in ROWS
        for property_ in kind.columns
        if not (property_.column.destination or property_.column.feeds or property_.column.is_key)
    ]


def digests(kind: str, cells: dict[str, Any]) -> Any:
    filled = {name: cell for name, cell in (ROWS[kind] | cells).items() if cell is not None}
    head = PartHead(kind, "a.csv", 1, tuple(filled), DateOrder.DAY_FIRST)
    return row_digests(source("cliniko").kind(kind), PartRow(2, filled), head, context())


@pytest.mark.parametrize(("kind", "column"), columns_without_place())
def test_rows_that_become_the_same_are_equal(kind: str, column: str) -> None:
    results = [(mapped(kind, **a), mapped(kind, **b), a, b) for a, b in written(column)]
    differ = [(a, b) for first, second, a, b in results if first == second and digests(kind, a) != digests(kind, b)]
    assert bool(differ) is ((kind, column) in USED_ELSEWHERE)


def written(column: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [({column: a}, {column: b}) for a, b in PAIRS]
