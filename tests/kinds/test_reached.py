"""Phone numbers and e-mail addresses: the first valid one of a cell is used, other words are kept in the notes."""

from typing import Any

import pytest

from tests.kinds.story import MappedRow, mapped

PHONES = [
    ("patients", "phone_mobile"),
    ("patients", "phone_home"),
    ("patients", "phone_work"),
    ("patients", "phone_fax"),
    ("patients", "phone_other"),
    ("patients", "mobile_phones"),
    ("contacts", "phone_mobile"),
    ("contacts", "phone_home"),
    ("contacts", "phone_work"),
    ("contacts", "phone_fax"),
    ("contacts", "phone_other"),
    ("users", "phone_numbers"),
]
EMAILS = [("patients", "email"), ("contacts", "email"), ("users", "email"), ("businesses", "email_reply_to")]
NOTES = {"patients": "notes", "contacts": "notes", "businesses": "description"}


def record_of(kind: str, cells: dict[str, Any]) -> MappedRow:
    return mapped(kind, **cells)


@pytest.mark.parametrize(("kind", "column"), PHONES)
@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("\u202a+61 491 570 006\u202c", set()),
        ("61491570006.0", {"spreadsheet_value_mended"}),
        ("'0491570006", {"phone_country_assumed"}),
        ('="61491570006"', set()),
        ("０４９１５７０００６", {"phone_country_assumed"}),
        ("0491 570 006 (mum)", {"phone_country_assumed"}),
        ("0491570006 or 0400111222", {"phone_country_assumed"}),
    ],
)
def test_every_phone_column_gives_the_first_good_number(kind: str, column: str, cell: str, codes: set[str]) -> None:
    record = record_of(kind, {column: cell})
    assert [entry["code"] + entry["number"] for entry in record["phone_numbers"]] == ["+61491570006"]
    assert set(record.codes) >= codes
    assert "bad_phone" not in record.codes
    if ("(" in cell or " or " in cell) and kind in NOTES:
        assert cell in record[NOTES[kind]]


@pytest.mark.parametrize(("kind", "column"), PHONES)
def test_an_exponent_that_lost_digits_is_no_number(kind: str, column: str) -> None:
    record = record_of(kind, {column: "6.1491E+10"})
    assert (record["phone_numbers"], "bad_phone" in record.codes) == ([], True)
    if kind in NOTES:
        assert "6.1491E+10" in record[NOTES[kind]]


@pytest.mark.parametrize(("kind", "column"), EMAILS)
@pytest.mark.parametrize(
    "cell",
    [
        "mailto:bc@mail.example",
        "bc@mail.example\u200b",
        "Bc Two <bc@mail.example>",
        "bc@mail.example; b@mail.example",
        "bc@mail.example/b@mail.example",
        "bc@mail.example (work)",
    ],
)
def test_every_email_column_gives_the_first_good_address(kind: str, column: str, cell: str) -> None:
    record = record_of(kind, {column: cell})
    assert record["email"] == "bc@mail.example"
    assert "bad_email" not in record.codes
    if "mailto" not in cell and "\u200b" not in cell and kind in NOTES:
        assert cell in record[NOTES[kind]]


@pytest.mark.parametrize("kind", ["patients", "contacts", "businesses"])
@pytest.mark.parametrize(
    ("post_code", "country", "wanted"),
    [
        ("800", "Australia", "0800"),
        ("800", "", "0800"),
        ("200", "AU", "0200"),
        ("610", "New Zealand", "0610"),
        ("2108", "United States", "02108"),
        ("501", "US", "00501"),
        ("2000.0", "Australia", "2000"),
    ],
)
def test_a_post_code_gets_its_zeros_back_where_the_country_is_known(
    kind: str, post_code: str, country: str, wanted: str
) -> None:
    record = mapped(kind, post_code=post_code, country=country, city="Somewhere")
    assert record["address"]["postal_code"] == wanted
    assert "spreadsheet_value_mended" in record.codes


@pytest.mark.parametrize("kind", ["patients", "contacts", "businesses"])
@pytest.mark.parametrize(
    ("post_code", "country"),
    [
        ("0800", "Australia"),
        ("300", "Australia"),
        ("101", "Iceland"),
        ("SW1A 1AA", "United Kingdom"),
        ("800", "Nowhere"),
    ],
)
def test_other_post_codes_are_not_changed(kind: str, post_code: str, country: str) -> None:
    record = mapped(kind, post_code=post_code, country=country, city="Somewhere")
    assert record["address"]["postal_code"] == post_code
    assert "spreadsheet_value_mended" not in record.codes
