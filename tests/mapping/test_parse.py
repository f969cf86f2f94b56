"""A row is parsed fast, with every problem of its cells, and no problem contains a word of a patient."""

import time

from hypothesis import given
from hypothesis import strategies as st

from app.mapping.parse import parse_row
from app.problems import Level
from app.sources import source
from tests.mapping.cells import context

PATIENTS = source("cliniko").kind("patients")
APPOINTMENTS = source("cliniko").kind("appointments")
ATTRIBUTES = [placed.name for placed in PATIENTS.columns]
FILLED = {
    "id": "1558354464010667075", "title": "Ms", "first_name": "Zoë", "last_name": "O'Brien", "sex": "Female",
    "date_of_birth": "1980-02-13", "email": "zoe@mail.example", "phone_mobile": "61400111222", "city": "Sydney",
    "address_1": "4 High St", "state": "NSW", "post_code": "2000", "country": "Australia", "occupation": "Baker",
    "created_at": "2026-04-05 02:30:00 +1000", "updated_at": "2026-04-06 02:30:00 +1000", "notes": "Mornings",
    "accepted_privacy_policy": "Accepted", "mobile_phones": "61400111222", "unsubscribed_sms_marketing": "true",
}  # fmt: skip


def test_every_problem_of_a_row_is_reported_with_its_column() -> None:
    cells = FILLED | {"date_of_birth": "soon", "created_at": "then", "unsubscribed_sms_marketing": "perhaps"}
    parsed = parse_row(PATIENTS, cells, context())
    assert {(p.code, p.column) for p in parsed.problems} == {
        ("bad_date_of_birth", "date_of_birth"),
        ("bad_date", "created_at"),
        ("bad_boolean", "unsubscribed_sms_marketing"),
    }
    assert parsed.stopped is None
    assert all(p.source_id == parsed.source_id == FILLED["id"] for p in parsed.problems)


def test_bad_json_beside_the_content_only_warns() -> None:
    parsed = parse_row(PATIENTS, FILLED | {"patient_phone_numbers": "{'a'}"}, context())
    assert [(p.code, p.severity) for p in parsed.problems] == [("bad_json", Level.WARNING)]
    assert parsed.stopped is None


def test_an_excluded_row_has_its_reason_and_is_parsed() -> None:
    parsed = parse_row(PATIENTS, FILLED | {"first_name": "", "last_name": ""}, context())
    assert parsed.row is not None
    assert parsed.stopped is not None
    assert parsed.stopped.code == "patient_name_missing"


def test_an_empty_key_is_missing_even_where_empty_cells_are_left_out() -> None:
    cells = {"starts_at": "2026-04-01 09:00:00 +1100", "practitioner_id": "7"}
    with_ids = parse_row(APPOINTMENTS, cells, context(), columns=frozenset({"id", *cells}))
    without = parse_row(APPOINTMENTS, cells, context(), columns=frozenset(cells))
    assert [p.code for p in with_ids.problems] == ["missing_id"]
    assert without.source_id is not None


def test_unknown_columns_are_ignored() -> None:
    assert parse_row(PATIENTS, FILLED | {"?Favourite colour": "green"}, context()).problems == ()


def test_rows_have_equality_and_defaults() -> None:
    first, second = parse_row(PATIENTS, FILLED, context()).row, parse_row(PATIENTS, FILLED, context()).row
    assert first == second
    assert first is not None
    assert first.sex == "Female"
    assert first.gender is None


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), st.text(max_size=30)))
def test_no_row_makes_parsing_raise_and_no_problem_contains_a_cell(cells: dict[str, str]) -> None:
    parsed = parse_row(PATIENTS, {"id": "1"} | cells, context())
    assert all(not p.details for p in parsed.problems)


def test_thousands_of_rows_are_parsed_per_second() -> None:
    """The import needs forty thousand rows a second; any machine must reach a quarter of that."""
    in_context, rows = context(), 4_000
    began = time.process_time()
    for _ in range(rows):
        parse_row(PATIENTS, FILLED, in_context)
    assert rows / (time.process_time() - began) > 10_000
