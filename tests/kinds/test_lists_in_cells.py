"""A list in one cell: a script writes a JSON list where an export of the source has signs between the elements."""

import json
from typing import Any

import pytest

from app.mapping.columns import Column
from app.mapping.defined import Defined, FieldOption
from app.sources.cliniko.client_phones import split
from app.sources.cliniko.question_answers import QuestionAnswer, answers_in_columns, nested_answers, settle
from app.sources.cliniko.source import CLINIKO
from tests.kinds.story import context, lookups, mapped
from tests.mapping.cells import read

VALUES = "custom_field_values"
OPTIONS = (FieldOption("o1", "Bands"), FieldOption("o2", "Roller, large"))
THINGS = Defined("Things", "multiple_choice", OPTIONS)
LINKS = [
    pytest.param(placed.column, id=f"{kind.name}.{placed.name}")
    for kind in CLINIKO.kinds
    for placed in kind.columns
    if placed.column.links_to and placed.name.endswith("_ids")
]


@pytest.mark.parametrize("column", LINKS)
def test_ids_in_a_json_list_are_ids(column: Column) -> None:
    for cell in ('["11","12"]', "[11, 12]", '[ "11" , "12" ]'):
        assert read(column.read, cell) == read(column.read, "11,12"), cell


@pytest.mark.parametrize("column", ["option_tokens", "value"])
@pytest.mark.parametrize(
    "items",
    [
        ["o1", "o2"],
        ["Bands", "roller, LARGE"],
        [{"token": "o1", "name": "Bands"}, {"name": "Roller, large"}],
        [{"token": "o1", "selected": True}, {"token": "o9", "selected": False}, {"token": "o2", "selected": True}],
        ["o1", None, "o2"],
    ],
)
def test_options_in_a_json_list_are_options(column: str, items: list[Any]) -> None:
    cells: dict[str, Any] = {"value": None, "option_tokens": None, column: json.dumps(items)}
    result = mapped(VALUES, with_lookups=lookups(fields={"f3": THINGS}), field_token="f3", **cells)
    assert (result["option_ids"], result["text"], result.codes) == (["o1", "o2"], None, [])


def test_an_unknown_option_of_a_list_is_added_whole() -> None:
    settled = settle(QuestionAnswer("f3", None, options=('["o2","Ball; small"]',)), THINGS, context())
    assert (settled.option_ids, [each.label for each in settled.added]) == (("o2", "name:ball; small"), ["Ball; small"])


def test_options_of_a_list_are_words_where_the_field_has_no_options() -> None:
    answer = QuestionAnswer("f1", None, options=('["o1","More"]',))
    assert settle(answer, Defined("Sport", "short_text"), context()).text == "o1; More"


def test_an_empty_list_is_no_answer() -> None:
    result = mapped(
        VALUES, with_lookups=lookups(fields={"f3": THINGS}), field_token="f3", value=None, option_tokens="[]"
    )
    assert result.codes == ["empty_value"]


@pytest.mark.parametrize("cell", ["[sic]", "[1", "['o1']"])
def test_other_brackets_are_words(cell: str) -> None:
    settled = settle(QuestionAnswer("f3", None, options=(cell,)), THINGS, context())
    assert [each.label for each in settled.added] == [cell]
    assert settle(QuestionAnswer("f1", None, cell), Defined("Sport", "short_text"), context()).text == cell


def test_a_text_that_looks_like_a_list_is_the_text() -> None:
    assert settle(QuestionAnswer("f1", None, '["a"]'), Defined("Sport", "short_text"), context()).text == '["a"]'


def test_one_answer_is_equal_in_every_form() -> None:
    assert (
        QuestionAnswer("f3", None, options=('["o1"]',)).comparable
        == QuestionAnswer("f3", None, options=("o1",)).comparable
    )
    assert QuestionAnswer("f3", None, '["a","b"]').comparable == QuestionAnswer("f3", None, "a|b").comparable


@pytest.mark.parametrize("value", [["o1", "o2"], [{"token": "o1"}, {"name": "Roller, large"}]])
def test_a_nested_answer_may_be_a_list(value: Any) -> None:
    [answer] = nested_answers({"sections": [{"fields": [{"token": "f3", "name": "Things", "value": value}]}]})
    assert settle(answer, THINGS, context()).option_ids == ("o1", "o2")


def test_a_column_of_a_question_may_hold_a_list() -> None:
    [answer] = answers_in_columns({"Things": '["Bands"]'})
    assert settle(answer, THINGS, context()).option_ids == ("o1",)


def test_telephone_numbers_in_a_list_are_numbers() -> None:
    wanted = ("0400 111 222", "0400 111 333")
    for cell in (json.dumps(wanted), json.dumps([{"number": each} for each in wanted]), ", ".join(wanted)):
        assert split(cell) == wanted
    assert split("[0400 111 222") == ("[0400 111 222",)
