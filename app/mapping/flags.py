"""Yes and no, choices from a list and whole numbers, in the ways that exports and spreadsheets write them."""

import re
from collections.abc import Mapping

from app.mapping.cells import mended_digits, mended_number, plain
from app.mapping.columns import Reader, Report
from app.mapping.context import Context
from app.mapping.ids import NOTHING

_YES = frozenset({"true", "1", "yes", "y", "t"})
_NO = frozenset({"false", "0", "no", "n", "f"})
_WHOLE = re.compile(r"-?\d{1,12}(\.0+)?")


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
    """A whole number; anything else says nothing."""
    if len(cell) <= 12 and cell.isdigit() and cell.isascii():
        return int(cell)
    said = plain(cell)
    number = mended_number(said)
    is_mended = number != said
    number = (number or "").replace(",", "").replace(" ", "")
    if number.lower() in NOTHING or not _WHOLE.fullmatch(number):
        return None
    if is_mended or "." in number:
        report("spreadsheet_value_mended")
    return int(number.partition(".")[0])
