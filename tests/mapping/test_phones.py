"""Phone numbers keep their digits, and an assumed country is reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.phones import find_phone, phone_runs, read_phone


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("61400111222", "+61400111222"),
        ("+61 400 111 222", "+61400111222"),
        ("+61 (0)400 111 222", "+61400111222"),
        ("0061400111222", "+61400111222"),
        ("0011 61 400 111 222", "+61400111222"),
        ("6421555123", "+6421555123"),
        ("447911123456", "+447911123456"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+1 (415) 555-2671", "+14155552671"),
    ],
)
def test_a_number_with_a_calling_code_keeps_its_country(text: str, whole: str) -> None:
    phone = read_phone(text, "AU")
    assert phone is not None
    assert (phone.whole, phone.assumed) == (whole, False)


@pytest.mark.parametrize(
    ("text", "country", "whole"),
    [
        ("0400 111 222", "AU", "+61400111222"),
        ("400111222", "AU", "+61400111222"),
        ("(03) 9333 4444", "AU", "+61393334444"),
        ("9333 4444", "AU", "+6193334444"),
        ("021 555 123", "NZ", "+6421555123"),
        ("07911 123456", "GB", "+447911123456"),
    ],
)
def test_a_number_without_a_calling_code_gets_the_clinics_country(text: str, country: str, whole: str) -> None:
    phone = read_phone(text, country)
    assert phone is not None
    assert (phone.whole, phone.assumed) == (whole, True)


@pytest.mark.parametrize("text", ["ask mum", "0400 111 222 (mum)", "12345", "", "+", "٠٤٠٠١١١٢٢٢", "1" * 30])
def test_28_words_and_short_numbers_are_no_phone(text: str) -> None:
    assert read_phone(text, "AU") is None


def test_a_landline_is_recognised() -> None:
    phone = read_phone("+61 3 9333 4444", "AU")
    assert phone is not None
    assert phone.is_landline


@given(st.text(max_size=30), st.sampled_from(["AU", "NZ", "GB", "IT", "ZZ"]))
def test_no_text_makes_the_reader_of_phones_raise(text: str, country: str) -> None:
    read_phone(text, country)


@given(st.from_regex(r"\+?[0-9]{6,15}", fullmatch=True))
def test_a_number_keeps_its_digits(text: str) -> None:
    phone = read_phone(text, "AU")
    if not text.strip("+0"):  # noughts alone are no number
        assert phone is None
        return
    assert phone is not None
    assert phone.number in text
    assert phone.number[-6:] == text[-6:] or len(phone.number) < 6


def test_numbers_in_text_are_matched() -> None:
    assert phone_runs("Mary (wife) 0491 570 006") == ("0491 570 006",)
    assert phone_runs("Mary 0491570006 or 02 5550 1000") == ("0491570006", "02 5550 1000")
    assert phone_runs("Mary, room 12") == ()


@pytest.mark.parametrize("zeros", [".0", ".00", ".000000"])
@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("61 491 570 006", "+61491570006"),
        ("0491 570 006", "+61491570006"),
        ("+61491570006", "+61491570006"),
        ("+61 491-570-006", "+61491570006"),
        ("(03) 9555 1234", "+61395551234"),
    ],
)
def test_the_decimals_of_a_spreadsheet_end_no_number(written: str, number: str, zeros: str) -> None:
    match = find_phone(f"{written}{zeros}", "AU")
    assert match.phone is not None
    assert (match.phone.whole, match.is_mended) == (number, True)


@pytest.mark.parametrize(
    ("written", "number", "country"),
    [
        ("01.02.03.04.00", "+33102030400", "FR"),
        ("04 91.57.00.06", "+33491570006", "FR"),
        ("+33 1 02 03 04.00", "+33102030400", "FR"),
        ("0491.570.006", "+61491570006", "AU"),
    ],
)
def test_zeros_after_a_point_may_end_a_number(written: str, number: str, country: str) -> None:
    match = find_phone(written, country)
    assert match.phone is not None
    assert (match.phone.whole, match.is_mended) == (number, False)
