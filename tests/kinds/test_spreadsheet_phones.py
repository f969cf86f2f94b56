"""A telephone number that a spreadsheet or script has changed is mended in every column that may hold one."""

import json
from typing import Any

import pytest

from app.mapping.cells import ERROR_WORDS
from app.mapping.phones import phone_runs
from tests.kinds.story import mapped

MENDED = ("61491570156.0", "6.1491570156E+10", "6.1491570156e10", "61491570156.00", "6.149157015600E+10")
COLUMNS = [
    *(("patients", f"phone_{kind}") for kind in ("mobile", "home", "work", "fax", "other")),
    *(("patients", f"{kind}_phones") for kind in ("mobile", "home", "work", "fax", "other")),
    *(("contacts", f"phone_{kind}") for kind in ("mobile", "home", "work", "fax", "other")),
    ("patients", "patient_phone_numbers"), ("contacts", "phone_numbers"), ("users", "phone_numbers"),
    ("patients", "emergency_contact"), ("businesses", "contact_information"),
    ("communications", "to"), ("communications", "from_"),
]  # fmt: skip


def numbers(kind: str, column: str, cell: str) -> tuple[Any, list[str]]:
    """Every value of the row's records in which a number may be, and the codes."""
    is_json = column in ("patient_phone_numbers", "phone_numbers") and kind != "users"
    cells: dict[str, Any] = {column: json.dumps([cell]) if is_json else cell}
    result = mapped(kind, **cells)
    names = (
        "phone_number",
        "phone_numbers",
        "emergency_contact_name",
        "emergency_contact_phone",
        "phone",
        "to",
        "from",
    )
    return [[record.values.get(name) for name in names] for record in result.records], result.codes


@pytest.mark.parametrize(("kind", "column"), COLUMNS)
@pytest.mark.parametrize("cell", MENDED)
def test_a_changed_number_is_the_number_in_every_column(kind: str, column: str, cell: str) -> None:
    good, _ = numbers(kind, column, "61491570156")
    mended, codes = numbers(kind, column, cell)
    assert mended == good
    assert "61491570156" in str(good) or "491570156" in str(good)
    assert "spreadsheet_value_mended" in codes


@pytest.mark.parametrize(("kind", "column"), [each for each in COLUMNS if "phone" in each[1]])
@pytest.mark.parametrize("word", [*sorted(ERROR_WORDS), "########"])
def test_an_error_word_in_a_list_of_numbers_is_named_as_such(kind: str, column: str, word: str) -> None:
    good, _ = numbers(kind, column, "61491570156")
    listed, codes = numbers(kind, column, f"61491570156, {word}")
    assert listed == good
    assert "spreadsheet_error_value" in codes
    assert "bad_phone" not in codes


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Mum 61491570156.0", ("61491570156",)),
        ("Mum 6.1491570156E+10", ("61491570156",)),
        ("Mum 6.14915E+10 (home)", ()),
        ("Mum 0491 570 156, age 61.0", ("0491 570 156",)),
    ],
)
def test_a_changed_number_among_words_is_mended_or_left_out(text: str, runs: tuple[str, ...]) -> None:
    assert phone_runs(text) == runs


@pytest.mark.parametrize(
    "cell", ["sam@mail.example", "Sam Lee", "0491 570 156", "reception@clinic.example, 61491570156"]
)
def test_other_senders_stay_as_they_are(cell: str) -> None:
    result = mapped("communications", to=cell)
    assert (result["to"], result.codes) == (cell, [])


def test_a_sender_whose_digits_are_lost_is_empty_and_named() -> None:
    result = mapped("communications", to="6.1492E+10")
    assert (result["to"], result.codes) == (None, ["spreadsheet_error_value"])
