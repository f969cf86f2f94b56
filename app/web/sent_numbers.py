"""Whole numbers in addresses, headers and forms.

Python reads more as a number than a page ever writes: `1.0`, `1_000`, `²`, digits of other scripts, 5,000 digits. Those
are refused here, so that code behind a page may convert what it was sent.
"""

from typing import Annotated

from pydantic import BeforeValidator

MOST_DIGITS = 15
LARGEST_NUMBER = 2_147_483_647  # the largest number of an integer column


def sent_number(text: object) -> int | None:
    """Returns 12 for "12". None for every other spelling, for signs, and beyond 15 digits."""
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()) or len(text) > MOST_DIGITS:
        return None
    return int(text) if text == "0" or text[0] != "0" else None


def column_number(field: str) -> int | None:
    """Returns 3 for the form field "c3", which holds the choice for a column. None for any other field."""
    return sent_number(field[1:]) if field[:1] == "c" else None


def address_number(text: object) -> int | None:
    """Returns 12 for "12". None for every other spelling, and for a number that no integer column can hold."""
    number = sent_number(text)
    return number if number is not None and number <= LARGEST_NUMBER else None


def _number(text: object) -> int:
    if isinstance(text, int):  # a default of our own
        return text
    if (number := address_number(text)) is None:
        raise ValueError("not a whole number")
    return number


SentNumber = Annotated[int, BeforeValidator(_number)]  # of a path or a query; every other text is refused
