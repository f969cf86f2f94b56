"""Contacts keep every value of their rows, and doctors are known by their names."""

import pytest

from app.mapping.rows import Outcome
from app.sources import source
from tests.kinds.story import mapped, row_of

KIND = source("cliniko").kind("contacts")


def test_a_doctor_becomes_a_referrer_under_its_own_names() -> None:
    result = mapped(
        "contacts",
        title="Dr",
        preferred_name="Addie",
        company_name="Hall Medical",
        occupation="GP",
        email="ada@clinic.example",
        created_at="2020-01-05T00:00:00Z",
    )
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    wanted = ("type", "title", "first_name", "last_name", "preferred_name", "company", "profession", "email", "tags")
    assert [result[column] for column in wanted] == [
        "referrer", "Dr", "Ada", "Hall", "Addie", "Hall Medical", "GP", "ada@clinic.example", [],
    ]  # fmt: skip
    assert result["source_created_at"].isoformat() == "2020-01-05T00:00:00+00:00"


@pytest.mark.parametrize(
    ("word", "code", "becomes"),
    [
        ("Standard", "", "other"), ("DOCTOR", "", "referrer"), ("3rd Party Payer", "", "payer"), ("", "1", "referrer"),
        ("", "2", "payer"), ("", "0", "other"), ("", "", "other"), ("Doctor", "1", "referrer"), ("1", "", "referrer"),
    ],
)  # fmt: skip
def test_the_type_is_read_from_words_or_from_its_code(word: str, code: str, becomes: str) -> None:
    result = mapped("contacts", type=word, type_code=code)
    assert (result["type"], result.codes) == (becomes, [])


def test_an_unknown_type_is_kept_in_the_notes() -> None:
    result = mapped("contacts", type="Supplier", type_code="2")
    assert (result["type"], result["notes"], result.codes) == ("payer", "Type: Supplier", [])


def test_words_have_priority_over_a_different_code() -> None:
    result = mapped("contacts", type="Doctor", type_code="2")
    assert (result["type"], result.codes) == ("referrer", ["contact_type_conflict"])


@pytest.mark.parametrize(
    ("company", "last", "becomes"),
    [("Hall Medical", "Hall", "Hall Medical"), ("", "Hall", "Hall"), ("", "", "Unknown")],
)
def test_a_contact_without_a_first_name_is_called_by_what_else_it_has(company: str, last: str, becomes: str) -> None:
    result = mapped("contacts", first_name="", company_name=company, last_name=last)
    assert (result["first_name"], result.codes) == (becomes, ["contact_name_defaulted"])


def test_values_without_a_field_are_in_the_notes() -> None:
    result = mapped(
        "contacts",
        notes="Rings back on Tuesdays",
        doctor_type="general_practitioner",
        provider_number="012345AB",
        email="jo@@x",
        phone_work="ask reception",
    )
    assert result["notes"] == (
        "Rings back on Tuesdays\n\nDoctor type: general practitioner\nProvider number: 012345AB\nEmail: jo@@x\n"
        "Phone (work): ask reception"
    )
    assert (result["email"], result["phone_numbers"]) == (None, [])
    assert sorted(result.codes) == ["bad_email", "bad_phone"]


def test_phones_are_read_from_columns_and_from_the_api_list() -> None:
    number = {"number": "255501000", "code": "+61", "type": "work"}
    assert mapped("contacts", phone_work="61255501000")["phone_numbers"] == [number]
    listed = '[{"number":"02 5550 1000","normalized_number":"61255501000","phone_type":"Work"}]'
    assert mapped("contacts", phone_numbers=listed)["phone_numbers"] == [number]


def test_the_third_line_of_an_address_joins_the_second_and_the_countrys_code_wins() -> None:
    result = mapped(
        "contacts", address_1="1 High St", address_2="Unit 2", address_3="Rear", country="Atlantis", country_code="AU"
    )
    assert result["address"]["line2"] == "Unit 2, Rear"
    assert (result["address"]["country_code"], result.codes) == ("AU", [])


def test_an_archived_contact_has_a_tag() -> None:
    assert mapped("contacts", archived_at="2022-01-09T23:00:00Z")["tags"] == ["Archived in Cliniko"]


def test_only_doctors_are_known_by_name() -> None:
    assert KIND.names.name_of is not None
    assert KIND.names.name_of(row_of("contacts", title="Dr")) == "Ada Hall"
    assert KIND.names.name_of(row_of("contacts", type="3rd Party Payer")) is None
    assert KIND.names.are_people


def test_61_a_formula_in_the_notes_is_plain_text() -> None:
    assert mapped("contacts", notes="=1+1")["notes"] == "=1+1"
