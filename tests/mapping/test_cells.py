"""Text, flags, amounts, addresses and zones are read as the clinic meant them, or kept as text."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.cells import MARKS
from app.mapping.countries import country_code
from app.mapping.emails import is_email
from app.mapping.flags import boolean, one_of
from app.mapping.json_cells import json_cell
from app.mapping.numbers import money, whole
from app.mapping.text import cut, limited, one_line, text
from app.mapping.time_zones import RAILS, zone, zone_name
from tests.mapping.cells import read

PRINTED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(
    lambda words: words[0] not in "='"
)


@given(PRINTED)
def test_text_is_kept_unchanged(words: str) -> None:
    wanted = unicodedata.normalize("NFC", MARKS.sub("", words)) or None
    assert read(text, words) == (wanted, [])


def test_61_a_formula_is_read_as_text() -> None:
    for cell in ('=HYPERLINK("https://evil.example/","Click")', "+61", "-1", "@SUM(1+1)", "<b>bold</b>"):
        assert read(text, cell) == (cell, [])


def test_control_characters_are_removed_and_tabs_and_line_breaks_are_kept() -> None:
    assert read(text, "a\x00b\x1bc\td\r\ne\rf\x85") == ("abc\td\ne\nf", ["control_chars_removed"])


@given(st.text(min_size=1))
def test_cleaned_text_can_be_encoded_as_utf_8(words: str) -> None:
    cleaned, _ = read(text, words)
    assert (cleaned or "").encode() is not None


def test_text_above_the_usual_length_is_kept_and_reported() -> None:
    assert read(limited(5), "123456") == ("123456", ["content_over_limit"])
    assert read(limited(5), "12345") == ("12345", [])


@given(PRINTED, st.integers(min_value=3, max_value=40))
def test_cut_text_fits(words: str, limit: int) -> None:
    shortened = cut(words, limit)
    assert shortened is not None
    assert len(shortened) <= limit
    assert shortened == words or words.startswith(shortened[:-3])


def test_line_breaks_become_semicolons() -> None:
    assert one_line("Penicillin\n\n Latex ") == "Penicillin; Latex"


@pytest.mark.parametrize("yes", ["true", "TRUE", "1", "yes", "Y", "t", "True"])
def test_every_spelling_of_yes_is_true(yes: str) -> None:
    assert read(boolean, yes) == (True, [])


@pytest.mark.parametrize("no", ["false", "FALSE", "0", "no", "N", "f"])
def test_every_spelling_of_no_is_false(no: str) -> None:
    assert read(boolean, no) == (False, [])


def test_other_text_is_reported_as_bad_boolean() -> None:
    assert read(boolean, "maybe") == (None, ["bad_boolean"])


def test_a_choice_is_read_in_any_case_and_an_unknown_choice_is_reported() -> None:
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
def test_amounts_are_read_as_bookkeepers_write_them(cell: str, expected: str | None) -> None:
    amount, _ = read(money, cell)
    assert amount == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("cell", "expected"), [("45", 45), ("45.0", 45), ("1,000", 1000), ("4.5", None), ("x", None)])
def test_whole_numbers(cell: str, expected: int | None) -> None:
    assert read(whole, cell)[0] == expected


@pytest.mark.parametrize("address", ["jo@x.example", "jo.b+tag@sub.x.example", "josé@exámple.com", "o'brien@x.com.au"])
def test_valid_addresses_are_addresses(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize("address", ["jo@@x", "jo@x", "none", "a b@x.com", "jo@x..com", "@x.com", "a@x.com, b@x.com"])
def test_29_invalid_addresses_are_kept_as_text(address: str) -> None:
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
def test_countries_are_read_by_name_or_code(name: str, code: str | None) -> None:
    assert country_code(name) == code


def test_every_label_of_rails_is_an_iana_zone() -> None:
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
def test_zones_are_read_by_label_or_name(label: str, name: str | None) -> None:
    assert zone_name(label) == name


@pytest.mark.parametrize("cell", ["{'a': 1}", "{", "[NaN]", "[1] x", "[" * 100_000])
def test_invalid_json_is_not_read(cell: str) -> None:
    assert read(json_cell, cell) == (None, ["bad_json"])


def test_long_numbers_in_json_keep_all_digits() -> None:
    assert read(json_cell, "[1558354464010667075]")[0] == [1558354464010667075]
