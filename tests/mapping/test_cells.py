"""Words, flags, amounts, addresses and zones: what a clinic typed is read as it was meant, or kept as it is."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.cells import MARKS
from app.mapping.countries import country_code
from app.mapping.emails import is_email
from app.mapping.flags import boolean, one_of
from app.mapping.numbers import money, whole
from app.mapping.structured import json_cell
from app.mapping.text import cut, limited, one_line, text
from app.mapping.zones import RAILS, zone, zone_name
from tests.mapping.cells import read

PRINTED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(
    lambda words: words[0] not in "='"
)


@given(PRINTED)
def test_words_come_through_whole(words: str) -> None:
    wanted = unicodedata.normalize("NFC", MARKS.sub("", words)) or None
    assert read(text, words) == (wanted, [])


def test_61_a_formula_is_plain_text() -> None:
    for cell in ('=HYPERLINK("https://evil.example/","Click")', "+61", "-1", "@SUM(1+1)", "<b>bold</b>"):
        assert read(text, cell) == (cell, [])


def test_control_characters_go_and_tabs_and_lines_stay() -> None:
    assert read(text, "a\x00b\x1bc\td\r\ne\rf\x85") == ("abc\td\ne\nf", ["control_chars_removed"])


@given(st.text(min_size=1))
def test_cleaned_text_can_always_be_written_as_utf_8(words: str) -> None:
    found, _ = read(text, words)
    assert (found or "").encode() is not None


def test_longer_text_than_usual_is_kept_and_told() -> None:
    assert read(limited(5), "123456") == ("123456", ["content_over_limit"])
    assert read(limited(5), "12345") == ("12345", [])


@given(PRINTED, st.integers(min_value=3, max_value=40))
def test_cut_text_fits(words: str, limit: int) -> None:
    found = cut(words, limit)
    assert found is not None
    assert len(found) <= limit
    assert found == words or words.startswith(found[:-3])


def test_lines_become_one() -> None:
    assert one_line("Penicillin\n\n Latex ") == "Penicillin; Latex"


@pytest.mark.parametrize("yes", ["true", "TRUE", "1", "yes", "Y", "t", "True"])
def test_every_way_of_saying_yes(yes: str) -> None:
    assert read(boolean, yes) == (True, [])


@pytest.mark.parametrize("no", ["false", "FALSE", "0", "no", "N", "f"])
def test_every_way_of_saying_no(no: str) -> None:
    assert read(boolean, no) == (False, [])


def test_anything_else_is_neither_yes_nor_no() -> None:
    assert read(boolean, "maybe") == (None, ["bad_boolean"])


def test_a_choice_is_found_whatever_its_case_and_an_unknown_one_is_told() -> None:
    choice = one_of({"power receptionist": "receptionist"}, unknown="role_unknown")
    assert read(choice, "Power Receptionist") == ("receptionist", [])
    assert read(choice, "wizard") == (None, ["role_unknown"])


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_amounts_are_exact(amount: Decimal) -> None:
    assert read(money, str(amount)) == (amount, [])
    assert read(money, f"${amount:,}") == (amount, [])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("(5.50)", "-5.50"),
        ("0.0", "0"),
        ("-5.5", "-5.5"),
        ("n/a", None),
        ("1e5", "100000"),
        ("1.2E+3", "1200"),
        ("-2.5E-1", "-0.25"),
        ("1E+40", None),
        ("NaN", None),
    ],
)
def test_amounts_in_the_ways_of_bookkeepers(cell: str, expected: str | None) -> None:
    found, _ = read(money, cell)
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("cell", "expected"), [("45", 45), ("45.0", 45), ("1,000", 1000), ("4.5", None), ("x", None)])
def test_whole_numbers(cell: str, expected: int | None) -> None:
    assert read(whole, cell)[0] == expected


@pytest.mark.parametrize("address", ["jo@x.example", "jo.b+tag@sub.x.example", "josé@exámple.com", "o'brien@x.com.au"])
def test_addresses_that_a_message_can_reach(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize("address", ["jo@@x", "jo@x", "none", "a b@x.com", "jo@x..com", "@x.com", "a@x.com, b@x.com"])
def test_29_addresses_that_no_message_can_reach(address: str) -> None:
    assert not is_email(address)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Australia", "AU"),
        ("au", "AU"),
        ("NEW ZEALAND", "NZ"),
        ("U.K.", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("Narnia", None),
    ],
)
def test_countries_by_name_or_code(name: str, code: str | None) -> None:
    assert country_code(name) == code


def test_every_label_of_rails_is_a_zone_of_the_world() -> None:
    assert len(RAILS) >= 150
    assert all(zone(name).key == name for name in RAILS.values())


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Melbourne", "Australia/Melbourne"),
        ("australia/lord_howe", "Australia/Lord_Howe"),
        ("Wellington", "Pacific/Auckland"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_zones_by_label_or_name(label: str, name: str | None) -> None:
    assert zone_name(label) == name


@pytest.mark.parametrize("cell", ["{'a': 1}", "{", "[NaN]", "[1] x", "[" * 100_000])
def test_what_is_no_json_is_not_guessed(cell: str) -> None:
    assert read(json_cell, cell) == (None, ["bad_json"])


def test_long_numbers_of_json_lose_nothing() -> None:
    assert read(json_cell, "[1558354464010667075]")[0] == [1558354464010667075]
