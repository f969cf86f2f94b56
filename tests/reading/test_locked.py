"""A locked zip opens with its password only."""

from dataclasses import replace

import pytest

from tests.reading.locks import locked
from tests.reading.story import Desk, patients
from tests.reading.zips import DEFLATE, STORED, Item, build

SHAPES = [
    Item(method=method, descriptor=d, wide=w)
    for method in (STORED, DEFLATE)
    for d in (False, True)
    for w in (False, True)
]


@pytest.mark.parametrize("item", SHAPES, ids=lambda item: f"{item.method}-{item.descriptor}-{item.wide}")
def test_a_locked_zip_of_any_program_opens_with_its_password(desk: Desk, item: Item) -> None:
    """With sizes before or behind the data, of 4 or 8 bytes; alone, and before another entry."""
    result = replace(desk, password="sesame").read({"e.zip": build([locked(item, b"sesame")])})
    assert (result.only_file.rows, result.only_file.refused) == (2, None)
    second = replace(item, name=b"more patients.csv", data=patients(3).encode())
    result = replace(desk, password="sesame").read(
        {"e.zip": build([locked(each, b"sesame") for each in (item, second)])}
    )
    assert {(file.rows, file.refused) for file in result.files} == {(2, None), (3, None)}
    result = replace(desk, password="open").read({"e.zip": build([locked(item, b"sesame")])})
    assert result.only_file.refused == "zip_password_wrong"


def test_a_wrong_password_is_reported(desk: Desk) -> None:
    result = replace(desk, password="open").read({"e.zip": build([locked(Item(), b"sesame")])})
    assert (result.only_file.path, result.only_file.refused) == ("patients.csv", "zip_password_wrong")


def test_a_locked_entry_that_was_tampered_with_is_damaged(desk: Desk) -> None:
    item = locked(Item(method=STORED), b"sesame")
    assert item.packed is not None
    spoiled = replace(item, packed=item.packed[:-1] + b"\0")
    result = replace(desk, password="sesame").read({"e.zip": build([spoiled])})
    assert result.only_file.refused == "zip_damaged"


def test_plain_entries_need_no_password(desk: Desk) -> None:
    result = replace(desk, password="sesame").read({"e.zip": build([Item()])})
    assert result.only_file.rows == 2
