"""Visits that a course of treatment counts as its own."""

from dataclasses import replace

import pytest

from app.index import IndexLink
from tests.index.story import IDS, LISTED, SOURCE, Export, kind

FIELD = "patient_case_id"


def to(kind: str, field: str, *ids: str) -> IndexLink:
    return IndexLink(field, kind, ids)


KINDS = tuple(
    kind("patient_cases", "cases", case_list=LISTED) if k.name == "patient_cases" else k for k in SOURCE.kinds
)


@pytest.fixture
def export(export: Export) -> Export:
    export.source = replace(SOURCE, kinds=KINDS)
    for patient in ("11", "12"):
        export.has("patients", patient)
    export.has("patient_cases", "51", to("patients", "patient_id", "11"), to("attendees", "attendee_ids", "61", "62"))
    return export


def visit(export: Export, key: str, *patients: str, case: str | None = None) -> int:
    links = (to("patient_cases", FIELD, case),) if case else ()
    return export.has("appointments", key, to("patients", "patient_ids", *patients), *links)


def attendee(export: Export, key: str, booking: str, patient: str = "11") -> int:
    links = to("appointments", "booking_id", booking), to("patients", "patient_id", patient)
    return export.has("attendees", key, *links)


def course(key: str) -> str:
    return IDS.derive("cases", "patient_cases", key)


def test_a_visit_without_a_course_belongs_to_the_one_that_counts_it(export: Export) -> None:
    alone, other = visit(export, "77", "11"), visit(export, "78", "11")
    attendee(export, "61", "77")
    assert export.target("appointments", alone, FIELD) == course("51")
    assert export.target("appointments", other, FIELD) is None


def test_a_visit_keeps_the_course_that_it_names(export: Export) -> None:
    export.has("patient_cases", "52", to("patients", "patient_id", "11"))
    line = visit(export, "77", "11", case="52")
    attendee(export, "61", "77")
    assert export.target("appointments", line, FIELD) == course("52")


def test_of_a_class_only_the_attendee_belongs_to_the_course(export: Export) -> None:
    line, one = visit(export, "77", "11", "12"), attendee(export, "61", "77")
    two = attendee(export, "63", "77", "12")
    assert export.target("appointments", line, FIELD) is None
    assert export.target("attendees", one, FIELD) == course("51")
    assert export.target("attendees", two, FIELD) is None


def test_somebody_elses_visit_stays_out_of_the_course(export: Export) -> None:
    line = visit(export, "77", "12")
    attendee(export, "61", "77", "12")
    assert export.target("appointments", line, FIELD) is None
