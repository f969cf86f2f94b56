"""A locked zip opens with its password, and with no other."""

from dataclasses import replace

from tests.reading.locks import locked
from tests.reading.story import Desk
from tests.reading.zips import STORED, Item, build


def test_a_locked_zip_opens_with_its_password(desk: Desk) -> None:
    told = replace(desk, password="sesame").read({"e.zip": build([locked(Item(), b"sesame")])})
    assert (told.one.rows, told.one.refused) == (2, None)


def test_a_wrong_password_is_said(desk: Desk) -> None:
    told = replace(desk, password="open").read({"e.zip": build([locked(Item(), b"sesame")])})
    assert (told.one.path, told.one.refused) == ("patients.csv", "zip_password_wrong")


def test_a_locked_entry_that_was_tampered_with_is_damaged(desk: Desk) -> None:
    item = locked(Item(method=STORED), b"sesame")
    assert item.packed is not None
    spoiled = replace(item, packed=item.packed[:-1] + b"\0")
    told = replace(desk, password="sesame").read({"e.zip": build([spoiled])})
    assert told.one.refused == "zip_damaged"


def test_plain_entries_need_no_password(desk: Desk) -> None:
    told = replace(desk, password="sesame").read({"e.zip": build([Item()])})
    assert told.one.rows == 2
