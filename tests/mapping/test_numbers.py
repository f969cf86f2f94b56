"""A number in the form of another country is read if it is certain; else it is empty and reported."""

import math
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from app.mapping.columns import RowColumn
from app.mapping.kind import Kind
from app.mapping.numbers import money, read_number, whole
from tests.kinds.story import mapped
from tests.mapping.cells import read
from tests.mapping.test_damage import KINDS, value_of

AS_IT_IS = (0, 5, 30, 123, 1234, 12345, 1234567, 123456789)
CENTS = ("", "0", "00", "5", "56")
SIGNS = ("", "-")
NUMBERS = [
    pytest.param(kind, placed, id=f"{kind.name}.{placed.name}")
    for kind in KINDS
    for placed in kind.columns
    if placed.column.read in (whole, money) and not placed.column.set_by_reading
]
MENDED = {
    "30,00": "30.00", "10,5": "10.5", "12,34": "12.34", "1.234,56": "1234.56", "1 234,56": "1234.56", "0,125": "0.125",
    "1'234.50": "1234.50", "1’234,50": "1234.50", "1.234.567": "1234567", ",50": "0.50", "-30,5": "-30.5",
    "1\u202f234,56": "1234.56", "$30,00": "30", "(30,00)": "-30", "500,50": "500.50", "1e3": "1000",
}  # fmt: skip
PLAIN = {
    "1,234": "1234", "1,234.56": "1234.56", "1,23,456.00": "123456", "1 234.56": "1234.56", "$1,000": "1000",
    "90.005": "90.005", "-$5.50": "-5.5", "$-5.50": "-5.5", "($5.50)": "-5.5", "- 5.5": "-5.5",
    "５０": "50", ".5": "0.5",
}  # fmt: skip
UNCLEAR = (
    "1,2345", "1,234,56", "1234,567", "12,345,6", "1.23,4", "10 12", "30,", "30,-", "85.-", "12.50-", "A$85",
    "€85", "£30", "85 AUD", "NaN", "0x10", "1,,000", "1.2.3", "ten", "(-5)", "9" * 20, "1,0000,000", "5-10", "1/2",
)  # fmt: skip
ABSENT = ("n/a", "NULL", "-", "$-", "nil")


def grouped(number: int, sign: str) -> str:
    return f"{number:,}".replace(",", sign)


@pytest.mark.parametrize(("number", "cents", "sign"), list(product(AS_IT_IS, CENTS, SIGNS)))
def test_every_certain_spelling_of_an_amount_is_that_amount(number: int, cents: str, sign: str) -> None:
    amount = Decimal(f"{sign}{number}.{cents or '0'}")
    own = {f"{sign}{number}.{cents}", f"{sign}{grouped(number, ',')}.{cents}", f"{sign}{grouped(number, ' ')}.{cents}"}
    others = {f"{sign}{number},{cents}"} if cents else set()
    others |= {f"{sign}{grouped(number, mark)},{cents}" for mark in (".", " ", "’")} if cents else set()
    others |= {f"{sign}{grouped(number, mark)}" for mark in "'’."} if number >= 10**6 and not cents else set()
    for cell in own:
        assert (read_number(cell).value, read_number(cell).is_mended) == (amount, False), cell
    for cell in others:
        assert (read_number(cell).value, read_number(cell).is_mended) == (amount, True), cell


@pytest.mark.parametrize(("cell", "amount"), [*MENDED.items()])
def test_a_certain_number_is_mended_and_reported(cell: str, amount: str) -> None:
    assert read(money, cell) == (Decimal(amount), ["spreadsheet_value_mended"])


@pytest.mark.parametrize(("cell", "amount"), [*PLAIN.items()])
def test_spellings_of_the_source_are_not_reported(cell: str, amount: str) -> None:
    assert read(money, cell) == (Decimal(amount), [])


@pytest.mark.parametrize(
    ("number", "cents", "sign"), list(product((*AS_IT_IS[:-1], 800500), ("1", "05", "56", "99"), SIGNS))
)
def test_digits_that_a_computer_adds_after_15_digits_are_ignored(number: int, cents: str, sign: str) -> None:
    written = f"{sign}{number}.{cents}"
    value = float(written)
    for near in (math.nextafter(value, math.inf), math.nextafter(value, -math.inf), value):
        cell = f"{near:.17g}"
        if "e" not in cell and len(cell.lstrip("-0.").replace(".", "")) > 15:
            assert read(money, cell) == (Decimal(written), ["spreadsheet_value_mended"]), cell


@pytest.mark.parametrize("cell", ["1.2345678", "1200.1234567890123", "0.1234567", "1200.10000001"])
def test_a_number_with_too_many_meant_digits_is_no_amount(cell: str) -> None:
    assert read(money, cell) == (None, ["bad_number"])


@pytest.mark.parametrize("cell", UNCLEAR)
def test_an_unclear_number_is_empty_and_reported(cell: str) -> None:
    assert read(money, cell) == (None, ["bad_number"])
    assert read(whole, cell) == (None, ["bad_number"])


@pytest.mark.parametrize(
    ("cell", "number", "codes"),
    [
        ("10,0", 10, ["spreadsheet_value_mended"]),
        ("10,00", 10, ["spreadsheet_value_mended"]),
        ("10.00", 10, ["spreadsheet_value_mended"]),
        ("1,440", 1440, []),
        ("1.234.567", 1234567, ["spreadsheet_value_mended"]),
        ("10,5", None, ["bad_number"]),
        ("10.5", None, ["bad_number"]),
        ("1.000", None, ["bad_number"]),
    ],
)
def test_a_whole_number_has_no_fraction(cell: str, number: int | None, codes: list[str]) -> None:
    assert read(whole, cell) == (number, codes)


@pytest.mark.parametrize(("kind", "placed"), NUMBERS)
def test_every_column_of_numbers_mends_or_reports(kind: Kind[Any], placed: RowColumn) -> None:
    column = placed.name
    assert value_of(kind, column, "30,0") == (30, {"spreadsheet_value_mended"})
    assert value_of(kind, column, "30") == value_of(kind, column, '="30"') == (30, set())
    value, codes = value_of(kind, column, "1,2345")
    assert (value, codes) in ((None, {"bad_number"}), ("1,2345", set()))  # a limit of a case is said by its kind
    for cell in ("n/a", "-", "NULL"):
        assert value_of(kind, column, cell) == (None, set())


@pytest.mark.parametrize("cell", ABSENT)
def test_an_empty_number_is_not_reported(cell: str) -> None:
    assert read(money, cell) == (None, [])


@pytest.mark.parametrize(
    ("sessions", "limit", "note"),
    [
        ("1,000", 1000, "Max sessions: 1000"),
        ("201", 201, "Max sessions: 201"),
        ("-5", None, "Max sessions: -5"),
        ("9999999999", None, "Max sessions: 9999999999"),
        ("10,5", None, "Max sessions: 10,5"),
        ("200", 200, None),
        ("10,0", 10, None),
        ("0", None, "Max sessions: 0"),
    ],
)
def test_a_limit_outside_its_range_is_reported_and_kept_in_the_notes(
    sessions: str, limit: int | None, note: str | None
) -> None:
    outcome = mapped("patient_cases", max_sessions=sessions)
    assert (outcome["limit_sessions"], outcome["notes"]) == (limit, note)
    assert ("case_limit_unclear" in outcome.codes) is (note is not None)


def test_a_limit_of_money_with_a_decimal_comma_is_that_amount() -> None:
    assert mapped("patient_cases", max_invoiceable_amount="500,50")["limit_amount"] == Decimal("500.50")
    assert mapped("patient_cases", max_invoiceable_amount="1200.1000000000001")["limit_amount"] == Decimal("1200.10")
    below = mapped("patient_cases", max_invoiceable_amount="-1")
    assert (below["limit_kind"], below["notes"]) == ("unlimited", "Max invoiceable amount: -1")
    assert "case_limit_unclear" in below.codes
