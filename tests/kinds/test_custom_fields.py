"""Custom fields keep their types and options, and no answer is required."""

from typing import Any

import pytest

from app.mapping.defined import Defined
from app.mapping.rows import Joined, Outcome
from app.mapping.traits import Mention
from app.sources import source
from tests.kinds.story import context, lookups, mapped, parsed, row_of

KIND = source("cliniko").kind("custom_fields")


def learned(*rows: dict[str, str]) -> dict[str, Defined]:
    """The questions of an export that has these rows of definitions."""
    learn = source("cliniko").fields_of
    assert learn is not None
    return learn((("custom_fields", row_of("custom_fields", **row)) for row in rows), context(), {}, {})


def options(known: Defined) -> list[tuple[str, str, bool]]:
    return [(option.id, option.label, option.archived) for option in known.options]


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        ("text", "short_text"), ("paragraph", "long_text"), ("date", "date"), ("RadioButtons", "single_choice"),
        ("checkboxes", "multiple_choice"),
    ],
)  # fmt: skip
def test_each_type_of_field_has_its_type_in_caspen(word: str, type_: str) -> None:
    result = mapped("custom_fields", field_type=word)
    assert (result["type"], result["name"], result.codes) == (type_, "Sport", [])
    assert (result["required"], result.main.key) == (False, "f1")


@pytest.mark.parametrize("word", ["slider", ""])
def test_an_unknown_type_is_a_field_for_long_text(word: str) -> None:
    result = mapped("custom_fields", field_type=word)
    assert (result["type"], result.codes) == ("long_text", ["custom_field_type_unknown"])


def test_a_question_has_the_options_of_all_its_rows_and_each_row_brings_it() -> None:
    cells: dict[str, Any] = {"field_type": "radiobuttons"}
    rows = [
        cells | {"option_token": "o1", "option_name": "Rowing", "other_enabled": "true"},
        cells | {"option_token": "o2", "option_name": "Chess", "archived_at": "true"},
    ]
    known = learned(*rows)
    assert options(known["f1"]) == [("o1", "Rowing", False), ("o2", "Chess", True), ("other", "Other", False)]
    first, second = (mapped("custom_fields", with_lookups=lookups(fields=known), **row) for row in rows)
    assert first.records == second.records
    assert first["visible"] is True
    assert first["options"][1] == {"id": "o2", "label": "Chess", "archived": True}
    assert [parsed("custom_fields", **row).source_id for row in rows] == ["f1/o1", "f1/o2"]


def test_a_row_of_a_field_that_another_part_writes_has_the_same_outcome() -> None:
    result = mapped("custom_fields", joined=Joined(extra={"elsewhere": "1"}))
    assert (result.outcome, [(r.key, r.values, r.elsewhere) for r in result.records]) == (
        Outcome.CREATED, [("f1", {}, True)],
    )  # fmt: skip


def test_an_archived_question_is_imported_and_hidden() -> None:
    known = learned({"archived_at": "true"})
    assert mapped("custom_fields", archived_at="true", with_lookups=lookups(fields=known))["visible"] is False


def test_sections_distinguish_questions_of_one_name_only() -> None:
    known = learned(
        {"field_token": "a", "section_name": "History", "field_name": "Club"},
        {"field_token": "b", "section_name": "Social", "field_name": "club"},
        {"field_token": "c", "section_name": "Social", "field_name": "Goals"},
    )
    assert [field.name for field in known.values()] == ["History: Club", "Social: club", "Goals"]


def test_a_token_is_no_damaged_number() -> None:
    assert parsed("custom_fields", field_token="00000001-5c1d-4e2b-9a3f-000000000000").problems == ()
    assert [p.code for p in parsed("custom_fields", field_token="two words").problems] == ["bad_id"]


def test_a_nested_definition_is_flattened_into_rows() -> None:
    assert KIND.recognition.unfold is not None
    nested = {
        "sections": [
            {
                "name": "Sport",
                "token": "s1",
                "fields": [
                    {"name": "Level", "token": "f1", "type": "radiobuttons", "other": {"enabled": True},
                     "options": [{"name": "Low", "token": "o1"}, {"name": "High", "token": "o2", "archived": True}]},
                    {"name": "Goals", "token": "f2", "type": "paragraph", "archived": True},
                ],
            }
        ]
    }  # fmt: skip
    ways: tuple[Any, ...] = ({"patient_custom_fields_definition": nested}, nested, nested["sections"][0])
    for told_as in ways:
        rows = KIND.recognition.unfold(told_as)
        assert rows is not None
        assert [(row["field_token"], row["option_token"], row["archived"]) for row in rows] == [
            ("f1", "o1", False), ("f1", "o2", True), ("f2", None, True),
        ]  # fmt: skip
        assert {row["section_name"] for row in rows if told_as is not nested["sections"]} == {"Sport"}
    assert KIND.recognition.unfold({"id": "1", "sections": "none"}) is None


def test_a_question_that_only_answers_name_is_a_field_for_long_text() -> None:
    made = KIND.naming.record_makers["custom_fields"](Mention("custom_fields", "f9", "Left handed"), lookups())
    assert (made.key, made.values["name"], made.values["type"]) == ("f9", "Left handed", "long_text")
