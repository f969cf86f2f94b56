"""Answers come across in the form that their question asks for, whichever of three ways an export tells them."""

import json
from typing import Any

import pytest

from app.mapping.defined import Defined, FieldOption
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Outcome, Record, Target
from app.sources import source
from tests.kinds.story import IDS, context, lookups, parsed, row_of, told

VALUES, PATIENTS = "custom_field_values", "patients"
LEVELS = (FieldOption("o1", "Low"), FieldOption("o2", "High, or higher"), FieldOption("other", "Other"))
FIELDS = {
    "f1": Defined("Sport", "short_text"),
    "f2": Defined("Level", "single_choice", LEVELS),
    "f3": Defined("Things", "multiple_choice", (FieldOption("o1", "Bands"), FieldOption("o2", "Roller"))),
    "f4": Defined("Surgery", "date"),
}


def here(**fields: Defined) -> Lookups:
    return lookups(fields=FIELDS | fields)


def field(token: str) -> Target:
    return Target(IDS.derive("custom_fields", "custom_fields", token), token)


def said(record: Record) -> tuple[Any, ...]:
    return tuple(record.values[column] for column in ("text", "option_ids", "other_text"))


def test_text_is_kept_under_client_and_field() -> None:
    found = told(VALUES, here=here())
    assert (found.outcome, found.codes, said(found.main)) == (Outcome.CREATED, [], ("Rowing", None, None))
    assert found.main.key == "11/f1"
    assert (found["client_id"], found["custom_field_id"]) == (IDS.derive("clients", "patients", "11"), field("f1").id)
    assert parsed(VALUES).source_id == "11/f1"


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("o1|o2", ["o1", "o2"]), ("Bands; roller", ["o1", "o2"]), ("o1\no2", ["o1", "o2"]),
        ("Bands,Roller", ["o1", "o2"]),
    ],
)  # fmt: skip
def test_options_are_known_by_token_or_name_however_they_are_parted(cell: str, ids: list[str]) -> None:
    found = told(VALUES, here=here(), field_token="f3", value=None, option_tokens=cell)
    assert (said(found.main), found.codes) == ((None, ids, None), [])


def test_a_comma_parts_nothing_where_an_option_has_one() -> None:
    found = told(VALUES, here=here(), field_token="f2", value=None, option_tokens="High, or higher")
    assert said(found.main) == (None, ["o2"], None)
    unknown = told(VALUES, here=here(), field_token="f2", value=None, option_tokens="One, two")
    assert unknown["option_ids"] == ["name:one, two"]


def test_what_else_a_client_said_stands_beside_the_options() -> None:
    found = told(VALUES, here=here(), field_token="f2", value=None, option_tokens="o1", other_value="Chess")
    assert said(found.main) == (None, ["o1", "other"], "Other: Chess")


def questions(*answers: dict[str, str | None]) -> dict[str, Defined]:
    """The questions that an export defines as above, after these answers to them."""
    learn = source("cliniko").fields_of
    assert learn is not None
    defined: list[tuple[str, Any]] = [
        ("custom_fields", row_of("custom_fields", field_token="f3", field_type="checkboxes", option_name="Bands")),
        ("custom_fields", row_of("custom_fields", field_token="f4", field_name="Surgery", field_type="date")),
    ]
    return learn([*defined, *((VALUES, row_of(VALUES, **answer)) for answer in answers)], context(), {})


def test_an_option_that_nobody_defined_is_added_archived_and_told() -> None:
    answer: dict[str, Any] = {"field_token": "f3", "value": None, "option_tokens": "Rowing"}
    known = questions(answer)
    assert known["f3"].options[-1] == FieldOption("name:rowing", "Rowing", archived=True, added=True)
    found = told(VALUES, here=lookups(fields=known), **answer)
    assert (found["option_ids"], found.codes) == (["name:rowing"], ["custom_option_added"])
    assert found.outcome is Outcome.CREATED


def test_a_date_is_a_date_or_is_kept_as_text_in_a_field_beside() -> None:
    assert told(VALUES, here=here(), field_token="f4", value="13/02/2020")["text"] == "2020-02-13"
    answer: dict[str, Any] = {"field_token": "f4", "value": "two summers ago"}
    known = questions(answer)
    found = told(VALUES, here=lookups(fields=known), **answer)
    (record,) = found.records
    assert (record.values["text"], found.codes) == ("two summers ago", ["custom_value_bad_date"])
    row: dict[str, Any] = {"field_token": "f4", "field_name": "Surgery", "field_type": "date"}
    made = told("custom_fields", here=lookups(fields=known), **row).records
    assert [(r.key, r.values["name"], r.values["type"]) for r in made] == [
        ("f4", "Surgery", "date"), ("f4:text", "Surgery (text)", "long_text"),
    ]  # fmt: skip
    assert record.values["custom_field_id"] == field("f4:text").id


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("72", "72"),
        ("+1,072.50", "1072.50"),
        ("-3", "-3"),
        ("1,5", None),
        ("80 kg", None),
        ("1e5", None),
        ("n/a", None),
    ],
)
def test_a_number_is_one_or_is_kept_as_text_in_a_field_beside(cell: str, kept: str | None) -> None:
    found = told(VALUES, here=here(f1=Defined("Weight", "number")), value=cell)
    token = "f1:text" if kept is None else "f1"
    [record] = found.records
    assert (record.values["text"], found.codes) == (kept or cell, ["custom_value_misfit"] if kept is None else [])
    assert (record.key, record.values["custom_field_id"]) == (f"11/{token}", field(token).id)


@pytest.mark.parametrize(("given", "kept"), [("o1", "true"), ("NO", "false"), ("o3", None)])
def test_yes_or_no_is_said_by_the_options_of_the_export_or_in_words(given: str, kept: str | None) -> None:
    asked = Defined(
        "Left handed", "yes_no", (FieldOption("o1", "Yes"), FieldOption("o2", "No"), FieldOption("o3", "Both"))
    )
    found = told(VALUES, here=here(f2=asked), field_token="f2", value=None, option_tokens=given)
    assert said(found.records[0]) == (kept or "Both", None, None)
    assert found.codes == ([] if kept else ["custom_value_misfit"])


def test_an_answer_of_nobody_waits_and_one_that_says_nothing_is_skipped() -> None:
    lost = told(VALUES, lost=("patient_id",))
    assert (lost.outcome, lost.codes) == (Outcome.HELD, ["custom_value_without_patient"])
    empty = told(VALUES, value="")
    assert (empty.outcome, empty.codes) == (Outcome.SKIPPED, ["empty_value"])


def test_a_field_without_a_token_is_meant_by_its_name() -> None:
    link = row_of(VALUES, field_token=None).field_token
    assert (link.ids, link.name) == ((), "Sport")
    both = row_of(VALUES).field_token
    assert (both.ids, both.name) == (("f1",), "Sport")


def answers(joined: Joined, **cells: Any) -> list[Record]:
    found = told(PATIENTS, joined=joined, here=here(), **cells)
    return [record for record in found.records if record.table == VALUES]


NESTED = json.dumps(
    {
        "sections": [
            {
                "fields": [
                    {"name": "Sport", "token": "f1", "type": "text", "value": "Rowing"},
                    {"name": "Level", "token": "f2", "options": [{"name": "Low", "token": "o1", "selected": True}],
                     "other": {"enabled": True, "selected": True, "value": "Chess"}},
                    {"name": "Things", "token": "f3", "options": [{"name": "Bands", "token": "o1"}]},
                ]
            }
        ]
    }
)  # fmt: skip


def test_answers_nested_in_a_patients_row_are_the_same() -> None:
    joined = Joined({"custom:f1": field("f1"), "custom:f2": field("f2")})
    found = answers(joined, custom_fields=NESTED)
    assert [(r.key, *said(r)) for r in found] == [
        ("11/f1", "Rowing", None, None), ("11/f2", None, ["o1", "other"], "Other: Chess"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [{"selected": False}, {"selected": "false"}, {"selected": 0}, {"selected": True}, {}])
def test_words_beside_an_other_that_is_not_chosen_are_kept_and_choose_nothing(mark: dict[str, Any]) -> None:
    is_chosen = mark in ({"selected": True}, {})
    for options, ids in (([], []), ([{"name": "Low", "token": "o1", "selected": True}], ["o1"])):
        field_ = {"name": "Level", "token": "f2", "options": options, "other": {"value": "Chess", **mark}}
        [found] = answers(
            Joined({"custom:f2": field("f2")}), custom_fields=json.dumps({"sections": [{"fields": [field_]}]})
        )
        assert said(found) == (None, [*ids, *(["other"] if is_chosen else [])] or None, "Other: Chess")


def test_answers_in_columns_of_a_patients_row_are_the_same() -> None:
    cells: dict[str, Any] = {"custom:Sport": "Rowing", "custom:Level": "low"}
    joined = Joined({"custom:sport": field("f1"), "custom:level": field("f2")})
    assert [(r.key, *said(r)) for r in answers(joined, **cells)] == [
        ("11/f1", "Rowing", None, None), ("11/f2", None, ["o1"], None),
    ]  # fmt: skip


def test_a_file_of_answers_counts_more_than_a_patients_row() -> None:
    joined = Joined({"custom:sport": field("f1")}, extra={"answered custom:sport": "1"})
    assert answers(joined, **{"custom:Sport": "Rowing"}) == []


@pytest.mark.parametrize(
    ("cells", "name", "text"),
    [
        ({"medicare": "9999 00000 0"}, "Medicare number", "9999 00000 0"),
        ({"old_reference_id": "H001"}, "Previous reference number", "H001"),
        ({"reminder_type": "None"}, "Reminder preference", "None"),
        ({"receives_confirmation_emails": "false"}, "Receives confirmation emails", "false"),
        ({"accepted_email_marketing": "true"}, "Email marketing consent", "true"),
        ({"unsubscribed_sms_marketing": "true"}, "SMS marketing consent", "false"),
        ({"accepted_sms_marketing": "true"}, "SMS marketing consent", "true"),
        ({"invoice_extra_information": "Claim 12\r\nPym"}, "Invoice extra information", "Claim 12\nPym"),
    ],
)
def test_24_what_a_client_has_no_place_for_stands_in_fields_made_for_it(
    cells: dict[str, Any], name: str, text: str
) -> None:
    (record,) = answers(Joined(), **cells)
    assert (record.key, record.values["text"]) == (f"11:field:{name}", text)
    kind = source("cliniko").kind(PATIENTS)
    (mention,) = kind.naming.mentions(row_of(PATIENTS, **cells))
    made = kind.naming.record_makers["custom_fields"](mention, lookups())
    assert (made.key, made.values["name"], made.values["required"]) == (f"field:{name}", name, False)
    assert record.values["custom_field_id"] == IDS.derive("custom_fields", made.source_kind, made.key)


def test_25_a_detail_that_is_blank_makes_no_field() -> None:
    assert answers(Joined(), unsubscribed_sms_marketing="") == []
    assert source("cliniko").kind(PATIENTS).naming.mentions(row_of(PATIENTS)) == ()


@pytest.mark.parametrize(
    ("type_", "is_told"), [("single_choice", True), ("dropdown", True), ("multiple_choice", False)]
)
def test_several_answers_to_a_question_with_one_are_told(type_: str, is_told: bool) -> None:
    asked = Defined("Side", type_, (FieldOption("p1", "Left"), FieldOption("p2", "Right")))
    found = told(VALUES, value=None, option_tokens="p1|p2", here=here(f1=asked))
    assert found["option_ids"] == ["p1", "p2"]
    assert found.codes == (["radio_multiple_selected"] if is_told else [])
