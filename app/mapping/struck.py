"""How a struck-out cell of a spreadsheet reads: words for people keep their strike, exact values are what they are.

Reading puts struck-out words between `BEGIN` and `END`. What they become depends on the column.
"""

import re
from collections.abc import Callable

from app.mapping.columns import Column
from app.mapping.content import has_markup
from app.mapping.html import STRUCK_OUT, escaped
from app.mapping.structured import json_or_text
from app.mapping.text import string, text, verbatim

BEGIN, END = "\ufdd0", "\ufdd1"
"""Signs that no text has: Unicode keeps them for a program's own use."""

_STRETCH = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
_JOINED = re.compile(f"{END}{BEGIN}")
_SIGNS = re.compile(f"[{BEGIN}{END}]")
_WORDS = frozenset({string, text, verbatim, json_or_text})
_PROSE = frozenset(
    "alert notes note description text other_text referral_description cancellation_note subject".split()  # noqa: SIM905
)
_RICH = frozenset({"progress_notes.body", "progress_note_templates.body", "forms.content", "form_templates.content"})

Shown = Callable[[str], str]


def bare(cell: str) -> str:
    """The cell without the signs."""
    return _SIGNS.sub("", cell) if BEGIN in cell or END in cell else cell


def in_words(cell: str) -> str:
    """Struck-out words as `[struck out: ...]`."""
    return _SIGNS.sub("", _STRETCH.sub(lambda found: _around(found[1], STRUCK_OUT, "]"), _JOINED.sub("", cell)))


def in_html(cell: str) -> str:
    """Struck-out words as `<s>`. Words that are not HTML become HTML with it."""
    plain = bare(cell)
    if plain.lstrip()[:1] not in ("{", "[") and not has_markup(plain):
        cell = escaped(cell.replace("\r\n", "\n").replace("\r", "\n"))
    return _SIGNS.sub("", _STRETCH.sub(lambda found: _around(found[1], "<s>", "</s>"), _JOINED.sub("", cell)))


def shown_in(column: Column | None) -> Shown:
    """How struck-out words of a column are written; None is a column that nobody knows.

    Names, numbers, dates, addresses and choices stay what they are: only by them is anybody found.
    """
    if column is None or column.prefix:
        return in_words
    destination = column.destination or ""
    if column.read in _WORDS and destination in _RICH:
        return in_html
    is_prose = destination.rpartition(".")[2] in _PROSE or destination == "communications.body"
    return in_words if column.read in _WORDS and is_prose else bare


def _around(words: str, before: str, behind: str) -> str:
    """The words between two marks, blanks at their ends outside."""
    inside = words.strip()
    if not inside:
        return words
    begin = words.index(inside)
    return f"{words[:begin]}{before}{inside}{behind}{words[begin + len(inside) :]}"
