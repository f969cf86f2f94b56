"""Two members of one name in a JSON object: neither is lost without a problem, in a row, in a cell or in a relation."""

import io
import json
from typing import Any

import pytest

from app.mapping.json_cells import parse_shown
from app.mapping.repeated_members import RepeatedMembers
from app.trial.verification.plain import Headers, plain_rows
from tests.kinds.story import mapped
from tests.reading.story import Desk

ROW = '"id":"1","first_name":"Ann","last_name":"Lee","date_of_birth":"1980-01-02"'
TWICE = f'{{{ROW},"email":"ann@x.example","email":"bea@x.example"}}'
ONCE = ROW.replace('"1"', '"2"', 1)
FORMS = (
    "TWICE",
    "[TWICE]",
    "[TWICE,{{{0}}}]",
    "[{{{0}}},TWICE]",
    "[[TWICE]]",
    '{{"patients":[TWICE,{{{0}}}]}}',
    '{{"data":[{{{0}}},TWICE],"total_entries":2}}',
    '[{{"patients":[TWICE]}},{{"patients":[{{{0}}}]}}]',
    "TWICE\n{{{0}}}\n",
    "{{{0}}}\nTWICE\n",
)


@pytest.mark.parametrize("form", FORMS)
def test_of_a_row_s_members_of_one_name_the_first_counts_and_the_field_is_named(desk: Desk, form: str) -> None:
    content = form.format(ONCE).replace("TWICE", TWICE)
    rows = desk.csv(content, "patients.json").rows()
    (row,) = (row for row in rows if row.cells["id"] == "1")
    assert (row.cells["email"], row.codes) == ("ann@x.example", ("duplicate_header:email",))
    assert all(not other.codes for other in rows if other is not row)
    known = Headers(frozenset({"id"}), frozenset({"email", "firstname", "lastname"}))
    again = plain_rows(lambda: io.BytesIO(content.encode()), "utf-8", headers=known, lists=["patients"])
    assert [cells["email"] for _, cells in again if cells["id"] == "1"] == ["ann@x.example"]


@pytest.mark.parametrize(
    ("value", "other", "counts", "is_told"),
    [
        ("null", '"a@x.example"', "a@x.example", False),
        ('"a@x.example"', "null", "a@x.example", False),
        ('""', '"a@x.example"', "a@x.example", False),
        ('"a@x.example"', '"a@x.example"', "a@x.example", False),
        ('"a@x.example"', '"b@x.example"', "a@x.example", True),
    ],
)
def test_an_empty_or_an_equal_value_is_no_second_one(
    desk: Desk, value: str, other: str, counts: str, *, is_told: bool
) -> None:
    (row,) = desk.csv(f'[{{{ROW},"email":{value},"email":{other}}}]', "patients.json").rows()
    assert (row.cells["email"], bool(row.codes)) == (counts, is_told)


RELATIONS = (
    '"patient":{{"id":{0},"id":{1}}}',
    '"patient":{{"links":{{"self":"https://a.example/v1/patients/{0}","self":"https://a.example/v1/patients/{1}"}}}}',
    '"patient":{{"links":{{"self":"https://a.example/v1/patients/{0}"}}}},'
    '"patient":{{"links":{{"self":"https://a.example/v1/patients/{1}"}}}}',
    '"patient":{{"links":{{"self":"https://a.example/v1/patients/{0}"}},'
    '"links":{{"self":"https://a.example/v1/patients/{1}"}}}}',
)


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize(("one", "other"), [("11", "12"), ("11", "11")])
def test_a_row_waits_if_its_relation_leads_to_two_things(desk: Desk, relation: str, one: str, other: str) -> None:
    content = f'{{"id":"5","content":"{{}}","draft":"false",{relation.format(one, other)}}}'
    (row,) = desk.csv(f"[{content}]", "treatment_notes.json").rows()
    assert [code for code in row.codes if code == "link_conflict"] == ["link_conflict"] * (one != other)


def test_the_words_of_both_answers_of_a_note_are_kept_and_told(desk: Desk) -> None:
    question = RepeatedMembers([("name", "Q"), ("type", "text"), ("answer", "first words"), ("answer", "last words")])
    content = json.dumps({"sections": [{"name": "S", "questions": [question]}]})
    row = f'{{"id":"5","patient_id":"11","draft":"false","content":{content}}}'
    (read,) = desk.csv(f"[{row}]", "treatment_notes.json").rows()
    for cell in (content, read.cells["content"]):
        note = mapped("treatment_notes", content=cell)
        assert "first words" in note["body"]
        assert "last words" in note["body"]
        assert "cell_there_twice" in note.codes


def test_of_a_telephone_with_two_numbers_the_last_counts_and_the_row_is_named() -> None:
    phone = RepeatedMembers([("number", "0412 345 678"), ("number", "0412 345 679"), ("phone_type", "Mobile")])
    patient = mapped("patients", patient_phone_numbers=json.dumps([phone]))
    assert [number["number"] for number in patient["phone_numbers"]] == ["412345679"]
    assert "cell_there_twice" in patient.codes


@pytest.mark.parametrize(
    ("text", "value", "is_told"),
    [
        ('{"a":1,"a":2}', {"a": 2, "a ": 1}, True),
        ('[{"a":{"b":1,"b":2,"b":3}}]', [{"a": {"b": 3, "b ": 1, "b  ": 2}}], True),
        ('{"a":1,"a":1}', {"a": 1}, False),
        ('{"a":null,"a":2}', {"a": 2}, False),
        ('{"a":1,"a":null}', {"a": None, "a ": 1}, True),
    ],
)
def test_of_members_of_one_name_in_a_cell_the_last_counts(text: str, value: Any, *, is_told: bool) -> None:
    assert parse_shown(text) == (value, ("cell_there_twice",) if is_told else ())
