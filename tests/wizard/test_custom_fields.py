"""The types of the clinic's own fields are chosen on the names page, with a line for each."""

import re
from html import unescape

import pytest

from app.migration.plans import plan_of
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import MEGAN, VERA, Product
from tests.wizard.choices import OPTION, save

LINE = re.compile(r'<select[^>]*name="(c:[^"]*)" aria-label="([^"]*) becomes"([^>]*)>(.*?)</select>', re.S)


def fields_text(product: Product, who: str = MEGAN) -> str:
    return str(product.visitor(who).get(f"{product.at}/matches?show=custom_fields").text)


def lines(product: Product) -> dict[str, tuple[str, str, list[str]]]:
    """By name of the field: its place in the form, the present choice, and every choice."""
    fields = {}
    for field, name, _, inside in LINE.findall(fields_text(product)):
        options = OPTION.findall(inside)
        fields[unescape(name)] = (field, next(v for v, on, _ in options if on), [v for v, _, _ in options])
    return fields


def test_every_field_is_listed_with_its_type_in_caspen(shown_at: At) -> None:
    product = shown_at("matching")
    page = product.visitor(MEGAN).get(f"{product.at}/matches?show=custom_fields")
    assert headline(page) == "What do your own fields become?"
    assert "Custom fields, 11" in words(page)
    for label in ("Some of several", "Date", "Old questionnaire archived, so it stays hidden"):
        assert label in words(page)
    fields = lines(product)
    assert fields["Goals"][1:] == ("long_text", ["long_text", "number", "yes_no"])
    assert fields["Sport level"][1:] == ("single_choice", ["single_choice", "dropdown"])
    assert fields["Old questionnaire"][2] == ["single_choice", "dropdown", "yes_no"]


@pytest.mark.parametrize("type_", ["number", "yes_no"])
def test_a_choice_is_kept_and_can_be_withdrawn(product_at: At, type_: str) -> None:
    product = product_at("matching")
    before = plan_of(product.move())
    field = lines(product)["Goals"][0]
    done(save(product, "custom_fields", **{field: type_}))
    plan = plan_of(product.move())
    assert list(plan.field_types.values()) == [type_]
    assert plan.fingerprint() != before.fingerprint()
    assert lines(product)["Goals"][1] == type_
    done(save(product, "custom_fields", **{field: "long_text"}))
    assert plan_of(product.move()).field_types == {}


@pytest.mark.parametrize("type_", ["dropdown", "date", "match:long_text", "drop table"])
def test_a_type_that_does_not_fit_cannot_be_chosen(product_at: At, type_: str) -> None:
    product = product_at("matching")
    done(save(product, "custom_fields", **{lines(product)["Goals"][0]: type_}))
    plan = plan_of(product.move())
    assert (plan.field_types, plan.fields) == ({}, {})


def test_the_choices_are_unchanged_after_the_trial(product_at: At) -> None:
    product = product_at("reviewing")
    assert not LINE.findall(fields_text(product))
    assert save(product, "custom_fields", c0="number").status_code == 409


def test_viewers_have_no_buttons(shown_at: At) -> None:
    assert 'value="start"' not in fields_text(shown_at("matching"), VERA)
