"""Weekly hours that overlap, and hours of an unknown practitioner."""

import json

import pytest

from app.index import IndexLink
from tests.index.story import Export

WHO, WHERE = ("practitioners", "practitioner_id"), ("businesses", "business_id")
NINE = 9 * 60


@pytest.fixture
def export(export: Export) -> Export:
    for place in ("1", "2"):
        export.has("businesses", place)
    export.has("practitioners", "1")
    export.has("practitioners", "2", archived=True)
    return export


def hours(export: Export, key: str, *spans: tuple[int, int], who: str = "1", place: str = "1") -> int:
    links = (
        IndexLink(WHO[1], WHO[0], (who,), required=True, orphan="availability_without_practitioner"),
        IndexLink(WHERE[1], WHERE[0], (place,), required=True, orphan="availability_without_location"),
    )
    return export.has("hours", key, *links, spans=spans)


def spans(export: Export, line: int) -> list[list[int]] | None:
    encoded = export.row("hours", line).joined.extra.get("spans")
    return json.loads(encoded) if encoded else None


def test_overlapping_hours_are_united_into_the_first_row_and_the_others_stay(export: Export) -> None:
    later = hours(export, "a", (NINE, NINE + 120))
    before = hours(export, "b", (NINE - 60, NINE + 1))
    chained = hours(export, "c", (NINE + 119, NINE + 300))
    assert export.verdict("hours", later) is None
    assert spans(export, later) == [[NINE - 60, NINE + 300]]
    assert export.verdict("hours", before) == ("skipped", "availability_overlap")
    assert export.verdict("hours", chained) == ("skipped", "availability_overlap")


def test_hours_that_only_touch_or_are_elsewhere_or_anothers_stay_apart(export: Export) -> None:
    export.has("practitioners", "3")
    lines = [
        hours(export, "a", (NINE, NINE + 60)),
        hours(export, "b", (NINE + 60, NINE + 120)),
        hours(export, "c", (NINE, NINE + 60), place="2"),
        hours(export, "d", (NINE, NINE + 60), who="3"),
    ]
    assert [export.verdict("hours", line) for line in lines] == [None] * 4
    assert [spans(export, line) for line in lines] == [None] * 4


def test_a_row_that_loses_one_of_its_stretches_keeps_the_others_and_says_so(export: Export) -> None:
    first = hours(export, "a", (NINE, NINE + 60))
    partly = hours(export, "b", (NINE + 30, NINE + 90), (NINE + 300, NINE + 360))
    assert spans(export, first) == [[NINE, NINE + 90]]
    assert spans(export, partly) == [[NINE + 300, NINE + 360]]
    assert export.row("hours", partly).findings == ("availability_overlap",)


def test_an_inactive_practitioner_has_no_hours(export: Export) -> None:
    line = hours(export, "a", (NINE, NINE + 60), who="2")
    assert export.verdict("hours", line) == ("skipped", "availability_inactive_practitioner")


def test_hours_make_no_practitioner(export: Export) -> None:
    line = hours(export, "a", (NINE, NINE + 60), who="99")
    assert export.verdict("hours", line) == ("held", "availability_without_practitioner")
