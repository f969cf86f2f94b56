"""Yes and no, choices from a list and whole numbers, in the ways that exports and spreadsheets write them."""

import re
from collections.abc import Mapping

from app.mapping.cells import mended_digits, plain
from app.mapping.columns import Reader, Report
from app.mapping.context import Context
from app.mapping.numbers import read_number

_YES = frozenset({"true", "1", "yes", "y", "t"})
_NO = frozenset({"false", "0", "no", "n", "f"})
_MOST = 10**12
_THOUSAND = re.compile(r"-?[1-9]\d{0,2}\.000")  # one, or a thousand in the way of other countries


def boolean(cell: str, context: Context, report: Report) -> bool | None:
    """True, false, or None with `bad_boolean`."""
    answer = truth(cell)
    if answer is None:
        value = plain(cell)
        digits = mended_digits(value)
        answer = truth(digits or value)
        if answer is None:
            report("bad_boolean")
        elif digits != value:
            report("spreadsheet_value_mended")
    return answer


def truth(words: str) -> bool | None:
    """What a word says where yes or no is asked; None for any other."""
    word = words.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def one_of(choices: Mapping[str, str], unknown: str | None = None) -> Reader:
    """The token of a word, ignoring case and punctuation; an unknown word is told by `unknown` and gives None."""
    tokens = {spoken(word): token for word, token in choices.items()}

    def read(cell: str, context: Context, report: Report) -> str | None:
        token = tokens.get(spoken(cell))
        if token is None and (digits := mended_digits(plain(cell))) is not None:
            token = tokens.get(spoken(digits))
            if token is not None and digits.isdigit():
                report("spreadsheet_value_mended")
        if token is None and unknown is not None:
            report(unknown)
        return token

    return read


def spoken(word: str) -> str:
    """A word of a list as it is compared: letters and digits alone, lower case."""
    return "".join(filter(str.isalnum, word.casefold()))


def whole(cell: str, context: Context, report: Report) -> int | None:
    """A whole number; None with `bad_number` for anything else."""
    if len(cell) <= 12 and cell.isdigit() and cell.isascii():
        return int(cell)
    number = read_number(cell)
    if number.value is None and not number.is_unclear:
        return None
    if number.value is None or number.value % 1 or abs(number.value) >= _MOST or _THOUSAND.fullmatch(plain(cell)):
        report("bad_number")
        return None
    if number.is_mended or "." in cell:
        report("spreadsheet_value_mended")
    return int(number.value)


def whole_up_to(most: int) -> Reader:
    """A whole number of at most `most`; None with `bad_number` for anything else."""

    def read(cell: str, context: Context, report: Report) -> int | None:
        number = whole(cell, context, report)
        if number is not None and number > most:
            report("bad_number")
            return None
        return number

    return read
