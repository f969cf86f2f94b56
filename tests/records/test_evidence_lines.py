"""Each value appears next to its source cells, with the conversion between them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.mapping.context import DateOrder
from app.mapping.kind import Kind
from app.problems import Problem
from app.records.evidence_lines import CLOSED, EvidenceLine, RecordEvidence, build_record_evidence, cells_alone
from app.records.field import RecordField, text_field
from app.records.kinds import BY_NAME
from app.records.labels import moment_field
from app.records.origin import NO_ROW, origin_of
from app.records.record_kind import NOTHING
from app.records.shown_cells import Cell, CellPlace
from app.records.source_row import SourceRow
from app.sources import source

CLIENTS = source(None).kind("patients")


def a_row(
    cells: Mapping[str, str], *problems: Problem, kind: Kind[Any] = CLIENTS, dates: DateOrder = DateOrder.DAY_FIRST
) -> SourceRow:
    placed = {column.name: column for column in kind.columns}
    texts = tuple(
        Cell(
            name,
            placed[name.partition(":")[0]].column.native if ":" not in name else name,
            text,
            placed.get(name.partition(":")[0]),
        )
        if not name.startswith("?")
        else Cell(name, name[1:], text, None)
        for name, text in cells.items()
    )
    return SourceRow(kind, "patients.csv", 1, 2, "77", dates, texts, problems)


def compared(
    fields: list[RecordField], row: SourceRow, table: str = "clients", hidden: frozenset[str] = NOTHING
) -> RecordEvidence:
    return build_record_evidence(BY_NAME[table], fields, row, hidden)


def line_for(field: RecordField, cells: Mapping[str, str], *problems: Problem, **more: Any) -> EvidenceLine:
    (line,) = compared([field], a_row(cells, *problems, **more)).lines
    return line


NAME = text_field("Name", "Dr Ana Li", "title", "first_name", "last_name")
BORN = RecordField(
    "Date of birth", "4 March 1961", ("date_of_birth",), ("1961-03-04",), "Read with the day before the month"
)
PHONES = RecordField(
    "Phones", "+61 400 000 172, mobile", ("phone_numbers", "phone_number"), ("+61400000172",), "With its code"
)


@pytest.mark.parametrize(
    ("field", "cells"),
    [
        (NAME, {"title": "Dr", "first_name": "Ana", "last_name": "Li"}),
        (NAME, {"first_name": " Ana ", "last_name": "Li"}),
        (BORN, {"date_of_birth": "1961-03-04"}),
        (PHONES, {"phone_mobile": "+61400000172"}),
        (text_field("Notes", "Early.\n\nEmail: jo@@x", "notes"), {"notes": "Early."}),
    ],
)
def test_a_cell_contained_in_the_value_is_unchanged(field: RecordField, cells: dict[str, str]) -> None:
    line = line_for(field, cells)
    assert (line.is_same, line.did) == (True, ("As it was",))
    assert [cell.text for cell in line.cells] == list(cells.values())


@pytest.mark.parametrize(
    ("field", "cells", "did"),
    [
        (BORN, {"date_of_birth": "04/03/1961"}, "Read with the day before the month"),
        (PHONES, {"phone_mobile": "0400 000 172"}, "With its code"),
        (text_field("Sex", "Female", "sex"), {"sex": "F"}, "Brought into Caspen's form"),
        (
            text_field("Referred by", "Dr Wen Li", "referred_by_id"),
            {"referring_doctor_id": "551"},
            "Found by its number",
        ),
    ],
)
def test_the_conversion_of_a_cell_is_described(field: RecordField, cells: dict[str, str], did: str) -> None:
    line = line_for(field, cells)
    assert (line.is_same, line.did) == (False, (did,))


def test_an_inverted_consent_is_described_as_inverted() -> None:
    field = RecordField("SMS", "No", ("custom_field_values.SMS marketing consent",), ("false",))
    assert line_for(field, {"unsubscribed_sms_marketing": "true"}).did == ("Reversed: Caspen asks whether they agreed",)


def test_a_month_first_file_is_described_as_month_first() -> None:
    line = line_for(BORN, {"date_of_birth": "03/04/1961"}, dates=DateOrder.MONTH_FIRST)
    assert line.did == ("Read with the month before the day, as all of the file proves",)


def test_the_title_of_a_problem_appears_once_at_its_cell() -> None:
    problem = Problem("bad_date", "patients", column="date_of_birth")
    evidence = compared([BORN], a_row({"date_of_birth": "31/31/1961"}, problem))
    assert evidence.lines[0].did == (problem.title,)
    assert evidence.problems == ()


def test_an_empty_value_names_a_cell_only_where_the_cell_was_refused() -> None:
    empty = text_field("E-mail", None, "email")
    refused = Problem("bad_email", "patients", column="email")
    assert compared([empty], a_row({"email": "jo@x.example"})).lines == ()
    (line,) = compared([empty], a_row({"email": "jo@@x"}, refused)).lines
    assert ([cell.text for cell in line.cells], line.did) == (["jo@@x"], (refused.title,))


def test_a_cell_that_feeds_two_columns_of_a_value_is_shown_once() -> None:
    row = replace(
        a_row({"phone_mobile": "0400 000 172"}),
        feeds={"phone_mobile": frozenset({"phone_numbers", "phone_number"})},
    )
    (line,) = compared([PHONES], row).lines
    assert len(line.cells) == 1


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2026-03-01T22:00:00Z", "The same moment, on the clock of its location"),
        ("2026-03-01T23:00:00Z", "Shown on the clock of its location"),
    ],
)
def test_moments_are_called_the_same_only_where_they_are_equal(instant: str, words: str) -> None:
    field = moment_field("Date", "9:00 am", datetime(2026, 3, 1, 22, tzinfo=UTC), "note_date")
    row = replace(
        a_row({"created_at": "2026-03-02 09:00:00 +1100"}, kind=source(None).kind("treatment_notes")),
        feeds={"created_at": frozenset({"note_date"})},
        instants={"created_at": instant},
    )
    (line,) = compared([field], row, "progress_notes").lines
    assert line.did == (words,)


def test_a_value_of_another_row_names_the_reference_and_that_row() -> None:
    field = moment_field("Date", "9:00 am", datetime(2026, 3, 1, 22, tzinfo=UTC), "note_date")
    row = replace(
        a_row({"booking_id": "77"}, kind=source(None).kind("treatment_notes")),
        feeds={"booking_id": frozenset({"note_date"})},
    )
    words = "From its appointment, line 3 of appointments.csv"
    (line,) = build_record_evidence(BY_NAME["progress_notes"], [field], row, NOTHING, {"note_date": words}).lines
    assert ([cell.name for cell in line.cells], line.did) == (["booking_id"], (words,))


def test_a_member_does_not_show_the_problem_of_another_member() -> None:
    lost = Problem("appointment_without_patient", "appointments")
    shared = Problem("appointment_location_defaulted", "appointments")
    row = replace(
        a_row({"patient_ids": "1,2"}, lost, shared, kind=source(None).kind("appointments")),
        feeds={"patient_ids": frozenset({"client_id"})},
    )
    assert compared([], replace(row, record_id="77:1"), "appointments").problems == (shared,)
    assert compared([], replace(row, record_id="77"), "appointments").problems == (lost, shared)


def test_a_problem_of_the_whole_row_appears_below() -> None:
    problem = Problem("possible_duplicate_patient", "patients")
    assert compared([NAME], a_row({"first_name": "Ana"}, problem)).problems == (problem,)


def test_a_value_without_a_cell_is_marked_and_an_empty_field_is_left_out() -> None:
    fields = [text_field("State", "Active", "status"), text_field("Alert", None, "alert")]
    evidence = compared(fields, replace(a_row({}), feeds={}))
    assert [(line.label, line.did) for line in evidence.lines] == [("State", ("Not a column in your export",))]


ATTENDEE = CellPlace("Diary/attendees.csv", 4, 7)
VISITS = source(None).kind("appointments")


def of_attendee(name: str, text: str, *feeds: str, **more: Any) -> Cell:
    placed = next(each for each in source(None).kind("attendees").columns if each.name == name)
    return Cell(name, placed.column.native, text, placed, ATTENDEE, frozenset(feeds), **more)


def a_visit(*joined: Cell, **own: str) -> SourceRow:
    """A visit without feeding cells of its own: rows of attendees decide."""
    return replace(a_row(own, kind=VISITS), feeds=dict.fromkeys(own, frozenset()), joined=joined)


STATE = RecordField("State", "Arrived", ("status", "cancellation_reason_id"), how="In Caspen's words")


def test_a_value_of_another_row_shows_its_cell_with_its_place() -> None:
    row = a_visit(of_attendee("arrived", "true", "status"), did_not_arrive="true")
    evidence = compared([STATE], row, "appointments")
    assert [(cell.header, cell.place) for cell in evidence.lines[0].cells] == [("Arrived", ATTENDEE)]
    assert evidence.lines[0].did == ("In Caspen's words",)
    assert [line.did for line in evidence.others] == [("Line 7 of attendees.csv counts instead",)]


def test_the_problem_of_another_rows_cell_appears_only_at_that_cell() -> None:
    problem = Problem("bad_boolean", "attendees", column="arrived")
    own = Problem("bad_boolean", "appointments", column="arrived")
    row = a_visit(of_attendee("arrived", "perhaps", "status", problems=(problem,)))
    assert compared([STATE], replace(row, problems=(own,)), "appointments").lines[0].did == (problem.title,)
    assert compared([STATE], a_visit(of_attendee("arrived", "true", "status")), "appointments").lines[0].did == (
        "In Caspen's words",
    )


def test_an_equal_moment_of_another_row_is_called_the_same() -> None:
    field = moment_field("Canceled at", "9:00 am", datetime(2026, 3, 1, 22, tzinfo=UTC), "cancelled_at")
    cell = of_attendee("cancelled_at", "2026-03-02 09:00 +1100", "cancelled_at", instant="2026-03-01T22:00:00Z")
    (line,) = compared([field], a_visit(cell), "appointments").lines
    assert line.did == ("The same moment, on the clock of its location",)


def test_hidden_values_are_hidden_in_other_rows() -> None:
    cell = of_attendee("notes", "words", "note", "cancellation_note")
    fields = [text_field("Note", "words", "note"), text_field("Cancellation note", "words", "cancellation_note")]
    evidence = compared(fields, a_visit(cell), "appointments", frozenset({"note"}))
    assert [(line.label, line.closed, line.cells) for line in evidence.lines] == [
        ("Note", True, ()),
        ("Cancellation note", False, ()),
    ]


@pytest.mark.parametrize(
    ("row", "did"),
    [
        (replace(a_row({}), feeds={}), "Not a column in your export"),
        (replace(a_row({}), feeds={}, unlike=frozenset({"status"})), "Decided by other rows of your export"),
        (a_row({}), "We could not trace this to a cell of your export"),
        (
            replace(a_row({}), feeds={}, assumed=frozenset({"status"})),
            "Your export names none here: the only one, or the one that you chose",
        ),
    ],
)
def test_only_a_value_that_no_cell_can_change_is_no_column(row: SourceRow, did: str) -> None:
    assert compared([text_field("State", "Active", "status")], row).lines[0].did == (did,)


def test_a_cell_with_the_usual_value_is_shown() -> None:
    row = replace(a_row({"accepted_privacy_policy": "no answer"}), feeds={"accepted_privacy_policy": frozenset()})
    (line,) = compared([text_field("Privacy policy", "Pending", "privacy_policy_consent")], row).lines
    assert [cell.text for cell in line.cells] == ["no answer"]
    assert line.did == ("Caspen's usual value, which this cell does not change",)


def test_of_a_cell_that_is_the_whole_value_the_others_are_only_conditions() -> None:
    cells = {"cancellation_note": "Flu", "cancelled_at": "2026-03-02"}
    row = replace(a_row(cells, kind=VISITS), feeds=dict.fromkeys(cells, frozenset({"cancellation_note"})))
    (line,) = compared([text_field("Cancellation note", "Flu", "cancellation_note")], row, "appointments").lines
    assert ([cell.text for cell in line.cells], line.did) == (["Flu"], ("As it was",))


def test_a_name_and_its_number_appear_next_to_the_same_value() -> None:
    field = text_field("Referred by", "Wen Li", "referred_by_id")
    line = line_for(field, {"referring_doctor_id": "551", "referring_doctor": "Dr Wen Li"})
    assert [cell.name for cell in line.cells] == ["referring_doctor_id", "referring_doctor"]
    assert line_for(field, {"referring_doctor": "Dr W Li"}).did == ("Found by its name",)


def test_no_cell_of_a_row_is_left_away() -> None:
    cells = {
        "id": "77", "first_name": "Ana", "time_zone": "Sydney", "custom:Sport": "Judo", "?Shoe size": "41",
        "created_at": "2020-01-01", "merged_with_patient_id": "9",
    }  # fmt: skip
    evidence = compared([text_field("Name", "Ana", "first_name")], a_row(cells))
    shown = [cell.name for line in (*evidence.lines, *evidence.others) for cell in line.cells]
    assert sorted(shown) == sorted(cells)
    assert {line.cells[0].name: line.did[0] for line in evidence.others} == {
        "id": "Kept, so that it is found again",
        "time_zone": "No field of its own in Caspen",
        "custom:Sport": "A custom field",
        "?Shoe size": "A column that we do not know",
        "created_at": "Kept as the day it was made",
        "merged_with_patient_id": "Says what it belongs to",
    }


def test_an_answer_appears_next_to_the_column_of_its_field() -> None:
    field = RecordField("Custom field: Sport", "Judo", ("custom_field_values.Sport",), ("Judo",))
    assert line_for(field, {"custom:Sport": "Judo"}).did == ("As it was",)


def test_hidden_values_are_hidden_in_the_row() -> None:
    kind = source(None).kind("treatment_notes")
    row = a_row({"id": "7", "title": "First", "content": "{}", "?Extra": "secret"}, kind=kind)
    hidden = frozenset({"body"})
    fields = [text_field("Title", "First", "title"), text_field("Note", "words", "body")]
    evidence = compared(fields, row, "progress_notes", hidden)
    assert [(line.label, line.closed) for line in evidence.lines] == [("Title", False), ("Note", True)]
    texts = [cell.text for line in (*evidence.lines, *evidence.others) for cell in line.cells]
    assert sorted(texts) == ["7", "First"]
    alone = cells_alone(row, hidden)
    assert {line.label: line.did for line in alone if line.closed} == {"Content": (CLOSED,), "Extra": (CLOSED,)}


def test_hidden_values_are_closed_without_a_row() -> None:
    hidden = frozenset({"body"})
    fields = [
        text_field("Title", "First", "title"),
        text_field("Note", "words", "body"),
        text_field("Author", None, "author_name"),
    ]
    record = SimpleNamespace(part=0)
    nothing: Any = None  # a record that rows only name is told apart before anything is read
    origin = origin_of(nothing, nothing, nothing, nothing, BY_NAME["progress_notes"], record, fields, hidden)
    assert (origin.row, origin.why) == (None, NO_ROW)
    assert [(line.label, line.closed, line.field is None) for line in origin.evidence.lines] == [
        ("Title", False, False),
        ("Note", True, True),
    ]
