"""Odd JSON in nested columns: a value without content is empty, and no junk in a list vanishes unreported."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.reading.json_rows import flatten
from app.reading.relation_headers import relation_names
from app.sources import source
from tests.kinds.story import ROWS, mapped
from tests.kinds.test_structures import COLUMNS

RELATIONS = relation_names(source("cliniko"))
WITHOUT_CONTENT: tuple[Any, ...] = (
    None, "", [], {}, [None], [{}], {"links": None}, {"links": {}}, {"name": None, "links": {"self": None}}, {"a": []},
)  # fmt: skip
JUNK: tuple[tuple[Any, str], ...] = ((5, "5"), ("zq", "zq"), (True, "true|yes"), (["zq"], "zq"))
"""Members that are no objects, each with a pattern of the words that a kept member leaves."""
QUESTION = {"name": "Q", "token": "t1", "type": "text", "answer": "v", "value": "v"}
CHOICE = {"name": "Q", "token": "t1", "type": "checkboxes", "value": "v"}
PHONES = [{"number": "0412 345 678", "phone_type": "Mobile"}]
NOTE = {
    "sections": [
        {
            "name": "S",
            "questions": [
                {"name": "Q", "type": "text", "answer": "v"},
                {"name": "Q", "type": "checkboxes", "answers": [{"value": "A", "selected": True}]},
            ],
        }
    ]
}
ANSWERS = {"sections": [{"name": "S", "fields": [QUESTION, {**CHOICE, "options": [{"name": "A", "selected": True}]}]}]}
NESTED: dict[str, Any] = {
    "availabilities": [{"starts_at": "09:00", "ends_at": "10:00"}],
    "content": NOTE,
    "custom_fields": ANSWERS,
    "medical_alerts": [{"name": "Latex"}],
    "option_tokens": ["A"],
    "patient_phone_numbers": PHONES,
    "phone_numbers": PHONES,
    "pronouns": ["they"],
    "referral_source": [{"name": "Friend"}],
    "signatures": [{"id": "1", "image": "data:image/png;base64,AA"}],
    "value": ["A"],
}
NOT_NESTED = {"repeat_rule", "starts_at", "ends_at"}
"""A rule that is not carried, and times of day: a structure in their place is an unreadable time."""


def with_junk(value: Any, junk: Any) -> Iterator[Any]:
    """The value with a junk member at either end of each of its lists, one list at a time."""
    if isinstance(value, list):
        yield from ([junk, *value], [*value, junk])
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        for odd in with_junk(member, junk):
            changed = dict(value) if isinstance(value, dict) else list(value)
            changed[name] = odd
            yield changed


def kept_words(kind: str, column: str, value: Any) -> tuple[str, list[str]]:
    given: dict[str, Any] = {column: json.dumps(value)}
    result = mapped(kind, **given)
    return json.dumps([record.values for record in result.records], default=str), result.codes


def test_a_value_of_every_nested_column_is_tried() -> None:
    assert {column for _, column in COLUMNS} == NESTED.keys() | NOT_NESTED


@pytest.mark.parametrize(("kind", "column"), [each for each in COLUMNS if each[1] in NESTED])
def test_junk_in_a_list_keeps_its_words_or_is_reported(kind: str, column: str) -> None:
    _, usual = kept_words(kind, column, NESTED[column])
    for junk, words in JUNK:
        for value in with_junk(NESTED[column], junk):
            text, codes = kept_words(kind, column, value)
            assert re.search(words, text.lower()) or set(codes) - set(usual), value


@pytest.mark.parametrize(("junk", "_"), JUNK)
@pytest.mark.parametrize("place", [0, 1])
def test_the_answers_beside_junk_are_kept(junk: Any, _: str, place: int) -> None:
    fields = [QUESTION]
    fields.insert(place, junk)
    result = mapped("patients", custom_fields=json.dumps({"sections": [{"name": "S", "fields": fields}]}))
    usual = mapped("patients", custom_fields=json.dumps({"sections": [{"name": "S", "fields": [QUESTION]}]}))
    assert (result.records, result.codes, result.columns) == (usual.records, ["bad_json"], ["custom_fields"])


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_json_value_without_content_is_an_empty_cell_in_every_column(kind: str) -> None:
    for placed in source("cliniko").kind(kind).columns:
        for value in WITHOUT_CONTENT:
            cells, codes = flatten({placed.name: value}, RELATIONS)
            assert ({*cells.values()}, codes) in ((set(), ()), ({""}, ())), (placed.name, value)


@pytest.mark.parametrize("slot", ['{"starts_at":"09:00","ends_at":"12:00"}', '{"starts_at":"9:00","ends_at":"12:00"}'])
def test_one_slot_without_a_list_is_a_list_of_one(slot: str) -> None:
    alone = mapped("practitioner_availability", availabilities=slot)
    listed = mapped("practitioner_availability", availabilities=f"[{slot}]")
    assert alone.records
    assert (alone.records, alone.codes) == (listed.records, listed.codes)


@pytest.mark.parametrize("cell", ['"nine"', "5", "true"])
def test_hours_that_are_no_slots_are_reported(cell: str) -> None:
    assert mapped("practitioner_availability", availabilities=cell).codes == ["bad_json", "empty_value"]
