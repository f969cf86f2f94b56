"""Of the delimiters that a small text does not hold only one is tried: every one of them gives the same rows."""

import io
from itertools import combinations

import pytest

from app.reading.delimited import DELIMITERS, Delimited, delimiters_to_try
from app.reading.limits import Limits

HELD = [held for number in range(len(DELIMITERS) + 1) for held in combinations(DELIMITERS, number)]


def rows(text: str, delimiter: str) -> list[list[str]]:
    return [cells for _, cells, _ in Delimited(lambda: io.StringIO(text, newline=""), delimiter, Limits()).rows()]


@pytest.mark.parametrize("held", HELD, ids=lambda held: "".join(held) or "none")
def test_a_delimiter_that_is_not_tried_gives_the_rows_of_one_that_is(held: tuple[str, ...]) -> None:
    text = "".join(f'id{sign}name\n1{sign}"a{sign}\nb"\n' for sign in held) or "id\n1\n"
    tried, is_declared = delimiters_to_try(io.StringIO(text, newline=""))
    assert not is_declared
    assert set(held) <= set(tried)
    assert [sign for sign in DELIMITERS if sign in tried] == list(tried), "the order decides between equal splits"
    results = [rows(text, sign) for sign in tried]
    assert [sign for sign in DELIMITERS if rows(text, sign) not in results] == []


@pytest.mark.parametrize("sign", DELIMITERS)
def test_a_delimiter_behind_the_beginning_of_a_large_text_is_tried(sign: str) -> None:
    text = "x\n" * (1 << 15) + f"1{sign}2\n"
    assert sign in delimiters_to_try(io.StringIO(text, newline=""))[0]


def test_a_text_that_names_its_delimiter_is_split_by_that_one() -> None:
    assert delimiters_to_try(io.StringIO("sep=;\nid;name\n", newline="")) == ((";",), True)
