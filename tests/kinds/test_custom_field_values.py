"""Answers have the form of their question's type, in each of the three forms that an export may have."""

import json
from typing import Any

import pytest

from app.mapping.defined import Defined, FieldOption
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Outcome, Record, Target
from app.sources import source
from app.sources.cliniko.question_answers import settle
from app.sources.cliniko.questions import questions_of
from tests.kinds.story import IDS, context, lookups, mapped, parsed, row_of

VALUES, PATIENTS = "custom_field_values", "patients"
LEVELS = (FieldOption("o1", "Low"), FieldOption("o2", "High, or higher"), FieldOption("other", "Other"))
FIELDS = {
    "f1": Defined("Sport", "short_text"),
    "f2": Defined("Level", "single_choice", LEVELS),
    "f3": Defined("Things", "multiple_choice", (FieldOption("o1", "Bands"), FieldOption("o2", "Roller"))),
    "f4": Defined("Surgery", "date"),
}


def fields_known(**fields: Defined) -> Lookups:
    return lookups(fields=FIELDS | fields)


def field(token: str) -> Target:
    return Target(IDS.derive("custom_fields", "custom_fields", token), token)


def answer_of(record: Record) -> tuple[Any, ...]:
    return tuple(record.values[column] for column in ("text", "option_ids", "other_text"))


def test_text_is_kept_under_client_and_field() -> None:
    result = mapped(VALUES, with_lookups=fields_known())
    assert (result.outcome, result.codes, answer_of(result.main)) == (Outcome.CREATED, [], ("Rowing", None, None))
    assert result.main.key == "11/f1"
    assert (result["client_id"], result["custom_field_id"]) == (IDS.derive("clients", "patients", "11"), field("f1").id)
    assert parsed(VALUES).source_id == "11/f1"


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("o1|o2", ["o1", "o2"]), ("Bands; roller", ["o1", "o2"]), ("o1\no2", ["o1", "o2"]),
        ("Bands,Roller", ["o1", "o2"]),
    ],
)  # fmt: skip
def test_options_are_known_by_token_or_name_with_any_separator(cell: str, ids: list[str]) -> None:
    result = mapped(VALUES, with_lookups=fields_known(), field_token="f3", value=None, option_tokens=cell)
    assert (answer_of(result.main), result.codes) == ((None, ids, None), [])


def test_a_comma_is_no_separator_where_an_option_has_a_comma() -> None:
    result = mapped(VALUES, with_lookups=fields_known(), field_token="f2", value=None, option_tokens="High, or higher")
    assert answer_of(result.main) == (None, ["o2"], None)
    unknown = mapped(VALUES, with_lookups=fields_known(), field_token="f2", value=None, option_tokens="One, two")
    assert unknown["option_ids"] == ["name:one, two"]


def test_other_text_is_kept_with_the_options() -> None:
    result = mapped(
        VALUES, with_lookups=fields_known(), field_token="f2", value=None, option_tokens="o1", other_value="Chess"
    )
    assert answer_of(result.main) == (None, ["o1", "other"], "Other: Chess")


def questions(*answers: dict[str, str | None]) -> dict[str, Defined]:
    """The questions that an export defines as above, after these answers to them."""
    learn = source("cliniko").fields_of
    assert learn is not None
    defined: list[tuple[str, Any]] = [
        ("custom_fields", row_of("custom_fields", field_token="f3", field_type="checkboxes", option_name="Bands")),
        ("custom_fields", row_of("custom_fields", field_token="f4", field_name="Surgery", field_type="date")),
    ]
    return learn([*defined, *((VALUES, row_of(VALUES, **answer)) for answer in answers)], context(), {}, {})


def test_an_undefined_option_is_added_archived_and_reported() -> None:
    answer: dict[str, Any] = {"field_token": "f3", "value": None, "option_tokens": "Rowing"}
    known = questions(answer)
    assert known["f3"].options[-1] == FieldOption("name:rowing", "Rowing", archived=True, added=True)
    result = mapped(VALUES, with_lookups=lookups(fields=known), **answer)
    assert (result["option_ids"], result.codes) == (["name:rowing"], ["custom_option_added"])
    assert result.outcome is Outcome.CREATED


def test_text_in_a_date_field_is_kept_in_the_companion_for_text() -> None:
    assert mapped(VALUES, with_lookups=fields_known(), field_token="f4", value="13/02/2020")["text"] == "2020-02-13"
    answer: dict[str, Any] = {"field_token": "f4", "value": "two summers ago"}
    known = questions(answer)
    result = mapped(VALUES, with_lookups=lookups(fields=known), **answer)
    (record,) = result.records
    assert (record.values["text"], result.codes) == ("two summers ago", ["custom_value_bad_date"])
    row: dict[str, Any] = {"field_token": "f4", "field_name": "Surgery", "field_type": "date"}
    made = mapped("custom_fields", with_lookups=lookups(fields=known), **row).records
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
def test_text_in_a_number_field_is_kept_in_the_companion_for_text(cell: str, kept: str | None) -> None:
    result = mapped(VALUES, with_lookups=fields_known(f1=Defined("Weight", "number")), value=cell)
    token = "f1:text" if kept is None else "f1"
    [record] = result.records
    assert (record.values["text"], result.codes) == (kept or cell, ["custom_value_misfit"] if kept is None else [])
    assert (record.key, record.values["custom_field_id"]) == (f"11/{token}", field(token).id)


@pytest.mark.parametrize(("given", "kept"), [("o1", "true"), ("NO", "false"), ("o3", None)])
def test_yes_or_no_is_read_from_options_or_from_words(given: str, kept: str | None) -> None:
    asked = Defined(
        "Left handed", "yes_no", (FieldOption("o1", "Yes"), FieldOption("o2", "No"), FieldOption("o3", "Both"))
    )
    result = mapped(VALUES, with_lookups=fields_known(f2=asked), field_token="f2", value=None, option_tokens=given)
    assert answer_of(result.records[0]) == (kept or "Both", None, None)
    assert result.codes == ([] if kept else ["custom_value_misfit"])


def test_an_answer_without_a_client_is_held_and_an_empty_answer_is_skipped() -> None:
    lost = mapped(VALUES, lost=("patient_id",))
    assert (lost.outcome, lost.codes) == (Outcome.HELD, ["custom_value_without_patient"])
    empty = mapped(VALUES, value="")
    assert (empty.outcome, empty.codes) == (Outcome.SKIPPED, ["empty_value"])


def test_a_field_without_a_token_is_known_by_its_name() -> None:
    link = row_of(VALUES, field_token=None).field_token
    assert (link.ids, link.name) == ((), "Sport")
    both = row_of(VALUES).field_token
    assert (both.ids, both.name) == (("f1",), "Sport")


def answers(joined: Joined, **cells: Any) -> list[Record]:
    result = mapped(PATIENTS, joined=joined, with_lookups=fields_known(), **cells)
    return [record for record in result.records if record.table == VALUES]


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
    result = answers(joined, custom_fields=NESTED)
    assert [(r.key, *answer_of(r)) for r in result] == [
        ("11/f1", "Rowing", None, None), ("11/f2", None, ["o1", "other"], "Other: Chess"),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [{"selected": False}, {"selected": "false"}, {"selected": 0}, {"selected": True}, {}])
def test_text_of_an_other_that_is_not_chosen_is_kept_and_chooses_nothing(mark: dict[str, Any]) -> None:
    is_chosen = mark in ({"selected": True}, {})
    for options, ids in (([], []), ([{"name": "Low", "token": "o1", "selected": True}], ["o1"])):
        field_ = {"name": "Level", "token": "f2", "options": options, "other": {"value": "Chess", **mark}}
        [result] = answers(
            Joined({"custom:f2": field("f2")}), custom_fields=json.dumps({"sections": [{"fields": [field_]}]})
        )
        assert answer_of(result) == (None, [*ids, *(["other"] if is_chosen else [])] or None, "Other: Chess")


def test_answers_in_columns_of_a_patients_row_are_the_same() -> None:
    cells: dict[str, Any] = {"custom:Sport": "Rowing", "custom:Level": "low"}
    joined = Joined({"custom:sport": field("f1"), "custom:level": field("f2")})
    assert [(r.key, *answer_of(r)) for r in answers(joined, **cells)] == [
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
def test_24_details_without_a_field_in_clients_become_custom_fields(
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
def test_several_answers_to_a_single_choice_are_reported(type_: str, is_told: bool) -> None:
    asked = Defined("Side", type_, (FieldOption("p1", "Left"), FieldOption("p2", "Right")))
    result = mapped(VALUES, value=None, option_tokens="p1|p2", with_lookups=fields_known(f1=asked))
    assert result["option_ids"] == ["p1", "p2"]
    assert result.codes == (["radio_multiple_selected"] if is_told else [])


def nested(**members: Any) -> str:
    """The column `custom_fields` of a patient with one answer."""
    field_ = {"name": "Allergies", "token": "tA", "type": "text", **members}
    return json.dumps({"sections": [{"name": "S", "token": "s1", "fields": [field_]}]})


def words_of(cell: str, type_: str) -> str:
    """All words of the only answer in the form that a question's type gives it."""
    [answer] = row_of("patients", custom_fields=cell).answers
    fitted = settle(answer, Defined("Allergies", type_), context())
    labels = {option.id: option.label for option in fitted.added}
    chosen = [labels.get(option, option) for option in fitted.option_ids or ()]
    return " ".join(filter(None, (fitted.text, *chosen, fitted.other_text)))


VALUES_OF_ANY_SHAPE: tuple[tuple[Any, tuple[str, ...]], ...] = (
    ({"text": "penicillin"}, ("text: penicillin",)),
    ([{"text": "penicillin"}, {"text": "latex"}], ("text: penicillin", "text: latex")),
    ([{"name": "penicillin", "severity": "high"}], ("penicillin", "severity: high")),
    ({"a": {"b": ["penicillin", "latex"]}}, ("penicillin", "latex")),
    ([["penicillin"], ["latex"]], ("penicillin", "latex")),
    (["penicillin", {"name": "latex"}], ("penicillin", "latex")),
    ({"value": 5, "unit": "mg"}, ("5", "unit: mg")),
    (False, ("false",)),
)


@pytest.mark.parametrize("type_", ["short_text", "long_text", "date", "number", "yes_no", "multiple_choice"])
@pytest.mark.parametrize(("value", "kept"), VALUES_OF_ANY_SHAPE)
def test_the_text_of_an_answer_of_any_shape_is_kept(type_: str, value: Any, kept: tuple[str, ...]) -> None:
    for cell in (nested(value=value), nested(other={"selected": True, "value": value})):
        assert all(words in words_of(cell, type_) for words in kept)


@pytest.mark.parametrize("selected", [True, "true", 1, "yes"])
def test_an_option_is_chosen_however_its_mark_is_written(selected: Any) -> None:
    options = [{"token": "o1", "name": "Low", "selected": selected}, {"token": "o2", "name": "High", "selected": False}]
    [answer] = row_of("patients", custom_fields=nested(options=options)).answers
    assert answer.options == ("o1",)


@pytest.mark.parametrize("odd", [5, "Low", {"a": 1}, ["Low"], None])
def test_odd_options_cost_no_answer(odd: Any) -> None:
    cell = nested(options=odd, value="penicillin")
    assert words_of(cell, "short_text") == "penicillin"
    assert questions_of([("patients", row_of("patients", custom_fields=cell))], context())["tA"].name == "Allergies"


def test_words_in_the_place_of_other_are_kept() -> None:
    assert words_of(nested(other="penicillin"), "short_text") == "Other: penicillin"


def test_an_answer_without_token_and_name_is_kept() -> None:
    [answer] = row_of("patients", custom_fields=nested(name=None, token=None, value="penicillin")).answers
    assert (answer.name, answer.text) == ("Custom field", "penicillin")


def dated(value: str) -> str:
    return nested(type="date", value=value)


def test_a_date_field_that_no_file_defines_has_dates_and_a_companion_for_other_text() -> None:
    cells = [dated(value) for value in ("1999-05-06", "1980-03-01T13:00:00Z", "2026-02-30")]
    asked = questions_of([("patients", row_of("patients", id=str(i), custom_fields=c)) for i, c in enumerate(cells)],
        context())["tA"]  # fmt: skip
    assert (asked.type, asked.has_text) == ("date", True)
    settled = [settle(row_of("patients", custom_fields=cell).answers[0], asked, context()) for cell in cells]
    assert [(each.text, each.codes, each.is_misfit) for each in settled] == [
        ("1999-05-06", (), False),
        ("1980-03-02", ("date_from_instant",), False),
        ("2026-02-30", ("custom_value_bad_date",), True),
    ]
