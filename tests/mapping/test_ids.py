"""Ids are text, without what a spreadsheet or a script added around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.columns import Link
from app.mapping.ids import key_id, one_id, several_ids
from tests.mapping.cells import read

DIGITS = st.integers(min_value=0, max_value=10**19).map(str)


def test_01_a_guarded_id_loses_its_guard_without_a_report() -> None:
    assert read(key_id, '="1558354464010667075"') == ("1558354464010667075", [])


def test_05_an_id_with_a_decimal_zero_is_cleaned_and_reported() -> None:
    assert read(key_id, "1234567.0") == ("1234567", ["id_cleaned"])


def test_a_long_id_keeps_its_decimal_zero_because_it_may_be_damaged() -> None:
    assert read(key_id, "1558354464010667000.0") == ("1558354464010667000.0", ["id_not_numeric"])


@given(DIGITS)
def test_digits_are_unchanged(number: str) -> None:
    assert read(key_id, number) == (number, [])
    assert read(key_id, f'="{number}"') == (number, [])


@given(DIGITS, st.sampled_from(["'{}", '"{}"', "' {}"]))
def test_marks_of_a_spreadsheet_are_removed_and_reported(number: str, form: str) -> None:
    assert read(key_id, form.format(number)) == (number, ["id_cleaned"])


@pytest.mark.parametrize("empty", ["null", "NULL", "nil", "n/a", "N/A", "#N/A"])
def test_words_for_an_empty_cell_are_no_id(empty: str) -> None:
    assert read(key_id, empty) == (None, [])
    assert read(one_id, empty) == (None, [])


def test_a_key_of_letters_is_kept_and_reported() -> None:
    assert read(key_id, "P-0042_b") == ("P-0042_b", ["id_not_numeric"])


@pytest.mark.parametrize("bad", ["one two!", "日本", "x" * 65, "a/b"])
def test_an_invalid_key_is_refused(bad: str) -> None:
    assert read(key_id, bad) == (None, ["bad_id"])


@pytest.mark.parametrize(
    "cell", ["11, 12, 13", "11;12;13", "11|12|13", "11 12\n13", '["11","12","13"]', "[11, 12, 13]"]
)
def test_37_a_list_of_ids_is_split_at_every_separator(cell: str) -> None:
    assert read(several_ids, cell) == (Link(("11", "12", "13")), [])


BETWEEN = st.sampled_from([",", ", ", " , ", ";", "; ", "|", " ", "\n"])
AROUND_ONE = st.sampled_from(["{}", " {} ", '"{}"', '""{}""', '="{}"', '=" {} "'])
AROUND_ALL = st.sampled_from(["{}", '="{}"', '=" {} "', '="[{}]"'])


@given(st.lists(DIGITS, min_size=1, max_size=6, unique=True), BETWEEN, AROUND_ONE, AROUND_ALL)
def test_a_guard_around_a_list_or_around_each_id_loses_no_id(
    numbers: list[str], between: str, around_each: str, around_all: str
) -> None:
    cell = around_all.format(between.join(around_each.format(number) for number in numbers)).strip()
    link, codes = read(several_ids, cell)
    assert link == Link(tuple(numbers))
    assert codes == [] or '="' not in cell


def test_an_id_that_is_listed_twice_counts_once() -> None:
    assert read(several_ids, "11, 11, 12")[0] == Link(("11", "12"))


@given(st.text(min_size=1, max_size=40))
def test_no_text_makes_a_reader_of_ids_raise(cell: str) -> None:
    for reader in (key_id, one_id, several_ids):
        read(reader, cell)
