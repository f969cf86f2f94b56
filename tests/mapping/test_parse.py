"""A row is read with every problem of its cells, quickly, and never with a word of a patient in a problem."""

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


def test_every_problem_of_a_row_is_told_with_its_column() -> None:
    cells = FILLED | {"date_of_birth": "soon", "created_at": "then", "unsubscribed_sms_marketing": "perhaps"}
    found = parse_row(PATIENTS, cells, context())
    assert {(p.code, p.column) for p in found.problems} == {
        ("bad_date_of_birth", "date_of_birth"),
        ("bad_date", "created_at"),
        ("bad_boolean", "unsubscribed_sms_marketing"),
    }
    assert found.stopped is None
    assert all(p.source_id == found.source_id == FILLED["id"] for p in found.problems)


def test_bad_json_beside_the_content_only_warns() -> None:
    found = parse_row(PATIENTS, FILLED | {"patient_phone_numbers": "{'a'}"}, context())
    assert [(p.code, p.severity) for p in found.problems] == [("bad_json", Level.WARNING)]
    assert found.stopped is None


def test_a_row_that_cannot_move_says_why_and_is_read_all_the_same() -> None:
    found = parse_row(PATIENTS, FILLED | {"first_name": "", "last_name": ""}, context())
    assert found.row is not None
    assert found.stopped is not None
    assert found.stopped.code == "patient_name_missing"


def test_an_empty_key_is_missing_even_where_empty_cells_are_left_out() -> None:
    cells = {"starts_at": "2026-04-01 09:00:00 +1100", "practitioner_id": "7"}
    with_ids = parse_row(APPOINTMENTS, cells, context(), columns=frozenset({"id", *cells}))
    without = parse_row(APPOINTMENTS, cells, context(), columns=frozenset(cells))
    assert [p.code for p in with_ids.problems] == ["missing_id"]
    assert without.source_id is not None


def test_columns_that_the_kind_does_not_know_are_left_alone() -> None:
    assert parse_row(PATIENTS, FILLED | {"?Favourite colour": "green"}, context()).problems == ()


def test_rows_compare_and_default_like_any_value() -> None:
    one, two = parse_row(PATIENTS, FILLED, context()).row, parse_row(PATIENTS, FILLED, context()).row
    assert one == two
    assert one is not None
    assert one.sex == "Female"
    assert one.gender is None


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), st.text(max_size=30)))
def test_no_row_ever_breaks_reading_and_no_problem_repeats_a_cell(cells: dict[str, str]) -> None:
    found = parse_row(PATIENTS, {"id": "1"} | cells, context())
    assert all(not p.details for p in found.problems)


def test_thousands_of_rows_are_read_a_second() -> None:
    """Forty thousand a second is what the whole import is planned with; a quarter of it fails loudly on any machine."""
    here, rows = context(), 4_000
    began = time.process_time()
    for _ in range(rows):
        parse_row(PATIENTS, FILLED, here)
    assert rows / (time.process_time() - began) > 10_000
