"""Marks that reading puts into cells of a spreadsheet, and how each column shows a marked cell.

A cell has two values where its format displays another text than the stored number: `25%` is stored as `0.25`, `0800`
as `800`. Columns of text take the displayed text. Ids, dates, amounts and choices take the stored value, because other
files refer to the stored value.

A cell has struck-out words where the workbook formats them so. Columns of prose keep the strike, other columns ignore
the strike.
"""

import re
from collections.abc import Callable

from app.mapping.columns import Column
from app.mapping.html import STRUCK_OUT, escaped
from app.mapping.json_cells import json_or_text
from app.mapping.note_content import has_markup
from app.mapping.text import code, is_limited, number_or_text, string, text, verbatim

STRIKE_BEGIN, STRIKE_END = "\ufdd0", "\ufdd1"
"""Around struck-out words. Unicode reserves these characters for a program's own use, so no text contains them."""
DISPLAYED_BEGIN, STORED_BEGIN = "\ufdd2", "\ufdd3"
"""Before the displayed and before the stored value of a cell. Reserved by Unicode too."""

_STRETCH = re.compile(f"{STRIKE_BEGIN}([^{STRIKE_BEGIN}{STRIKE_END}]*){STRIKE_END}")
_ADJACENT = re.compile(f"{STRIKE_END}{STRIKE_BEGIN}")
_STRIKE_SIGNS = re.compile(f"[{STRIKE_BEGIN}{STRIKE_END}]")
_WORDS = frozenset({string, text, verbatim, json_or_text})
_DISPLAYED = frozenset({text, verbatim, code, number_or_text, json_or_text})
_PROSE = frozenset(
    "alert notes note description text other_text referral_description cancellation_note subject".split()  # noqa: SIM905
)
_RICH = frozenset({"progress_notes.body", "progress_note_templates.body", "forms.content", "form_templates.content"})

CellWriter = Callable[[str], str]
"""Turns a marked cell into the text that a column reads."""


def displayed_and_stored(shown: str, stored: str) -> str:
    """One cell that holds the displayed and the stored value."""
    return f"{DISPLAYED_BEGIN}{shown}{STORED_BEGIN}{stored}"


def displayed(cell: str) -> str:
    """The displayed value; a cell without a displayed value unchanged."""
    return cell[1:].partition(STORED_BEGIN)[0] if cell.startswith(DISPLAYED_BEGIN) else cell


def stored(cell: str) -> str:
    """The stored value, without the signs of struck-out words."""
    return cell.partition(STORED_BEGIN)[2] if cell.startswith(DISPLAYED_BEGIN) else without_strikes(cell)


def writer_for(column: Column | None) -> CellWriter:
    """The function that turns marked cells of a column into the column's text. None is an unknown column."""
    is_text = column is None or bool(column.prefix) or column.read in _DISPLAYED or is_limited(column.read)
    strike, value = strike_writer_for(column), displayed if is_text else stored
    return lambda cell: value(cell) if cell.startswith(DISPLAYED_BEGIN) else strike(cell)


def strike_writer_for(column: Column | None) -> CellWriter:
    """The function that writes the struck-out words of a column. None is an unknown column.

    Names, numbers, dates, addresses and choices lose the strike: records are found by their exact value.
    """
    if column is None or column.prefix:
        return strikes_in_words
    destination = column.destination or ""
    if column.read in _WORDS and destination in _RICH:
        return strikes_in_html
    is_prose = destination.rpartition(".")[2] in _PROSE or destination == "communications.body"
    return strikes_in_words if column.read in _WORDS and is_prose else without_strikes


def without_strikes(cell: str) -> str:
    """The cell without the signs of struck-out words. All words are kept."""
    return _STRIKE_SIGNS.sub("", cell) if STRIKE_BEGIN in cell or STRIKE_END in cell else cell


def strikes_in_words(cell: str) -> str:
    """The cell with struck-out words as `[struck out: ...]`."""
    return _replace_strikes(cell, STRUCK_OUT, "]")


def strikes_in_html(cell: str) -> str:
    """The cell with struck-out words as `<s>`. A cell of plain words becomes HTML."""
    plain = without_strikes(cell)
    if plain.lstrip()[:1] not in ("{", "[") and not has_markup(plain):
        cell = escaped(cell.replace("\r\n", "\n").replace("\r", "\n"))
    return _replace_strikes(cell, "<s>", "</s>")


def _replace_strikes(cell: str, before: str, behind: str) -> str:
    stretches = _STRETCH.sub(lambda match: _around(match[1], before, behind), _ADJACENT.sub("", cell))
    return _STRIKE_SIGNS.sub("", stretches)


def _around(words: str, before: str, behind: str) -> str:
    """The words between two marks. Blanks at the ends of the words are outside the marks."""
    inside = words.strip()
    if not inside:
        return words
    begin = words.index(inside)
    return f"{words[:begin]}{before}{inside}{behind}{words[begin + len(inside) :]}"
