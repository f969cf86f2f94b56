"""Reads yes and no, and choices from a list, as exports and spreadsheets write them."""

from collections.abc import Mapping

from app.mapping.cells import mended_digits, plain
from app.mapping.columns import Reader, Report
from app.mapping.context import Context

_YES = frozenset({"true", "1", "yes", "y", "t"})
_NO = frozenset({"false", "0", "no", "n", "f"})


def boolean(cell: str, context: Context, report: Report) -> bool | None:
    """True or False; None with `bad_boolean` for other text."""
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
    """True or False for a word of yes or no; None for other text."""
    word = words.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def one_of(choices: Mapping[str, str], unknown: str | None = None) -> Reader:
    """A reader that returns the token of a word; case and punctuation are ignored.

    `choices` are tokens by word. An unknown word is None, reported with `unknown` if that is set.
    """
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
    """A word of a list for comparison: letters and digits, lower case."""
    return "".join(filter(str.isalnum, word.casefold()))
