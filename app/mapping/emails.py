"""Reads e-mail addresses. Text that is no valid address is kept as text, never as an address."""

import html
import re
from typing import NamedTuple

from app.mapping.cells import plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.text import string

_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"
_LOCAL = rf"[^\s@,:;<>()\[\]{{}}\"%|\\{_QUOTES}]{{1,64}}"
# A letter or digit of any script.
_LETTER = rf"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\s{_QUOTES}\u2018-\u201b\u2026\u3001\u3002]"
_LABEL = rf"{_LETTER}(?:-*{_LETTER})*"
_ADDRESS = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+(?=..){_LABEL}")
# The form that nearly every address has: read fast.
_USUAL = re.compile(r"[A-Za-z0-9_][\w.+'-]{0,63}@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}", re.ASCII)

_MAILTO = re.compile(
    r"^\s*(?:<\s*)?(?:mailto|e-?mail)\s*:\s*|\?(?:subject|body|cc|bcc|to)=.*$", re.IGNORECASE | re.DOTALL
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}[0-9]{0,2});")
_MOST_ESCAPED = 3  # times that a program escaped a text
_SPACES = r"(?:%(?:20|09|0[AaDd]|22|27|2[89Cc]|3[BbCcEe]|5[BbDd]|[Cc]2%[Aa]0))+"  # spaces, quotes, brackets, separators
_PERCENTS = re.compile(rf"(?<!\w){_SPACES}|{_SPACES}(?!\w)")  # between words they may be part of an address
_PIECE = re.compile(rf"[^\s,;|/<>()\[\]{{}}\"{_QUOTES}]+")
_GLUES = frozenset(',;|/"')  # without a space behind words: the address is not whole
_GOES_ON = re.compile(r",[a-z]{2,}(?![\w.+-]*@)", re.IGNORECASE)  # a comma for the point: the address is not whole
_AROUND = f" \t\n.,;:<>\"'()[]{{}}|`\u2018\u2019{_QUOTES}"


def is_email(address: str) -> bool:
    """Whether the text has the form of one e-mail address."""
    return len(address) <= 254 and ".." not in address and _ADDRESS.fullmatch(address) is not None


class ReadEmail(NamedTuple):
    """The e-mail address of a cell.

    * `address`: the first valid address, or None.
    * `has_more`: the cell has further text.
    * `is_bad`: some text with an `@` is no valid address.
    """

    address: str | None
    has_more: bool = False
    is_bad: bool = False


def read_email(cell: str) -> ReadEmail:
    """The address in a cell as address books and mail programs write it, such as `mailto:` or `Name <a@b.example>`.

    >>> read_email("Jo Lee <jo@mail.example>").address
    'jo@mail.example'
    """
    if _USUAL.fullmatch(cell) and len(cell) <= 254 and ".." not in cell:
        return ReadEmail(cell)
    value = _MAILTO.sub("", plain(_unescaped(cell))).strip(_AROUND)
    if is_email(value):
        return ReadEmail(value)
    good: list[str] = []
    is_bad = has_at = False
    ends = -2  # of the piece before
    for match in _PIECE.finditer(value):
        piece = _MAILTO.sub("", match[0]).strip(_AROUND)
        is_glued = match.start() == ends + 1 and value[ends] in _GLUES and not has_at
        is_cut = is_glued or _GOES_ON.match(value, match.end())
        ends, has_at = match.end(), "@" in match[0]
        if is_email(piece) and not is_cut:
            good.append(piece)
        else:
            is_bad = is_bad or "@" in piece
    return ReadEmail(good[0] if good else None, has_more=True, is_bad=is_bad or not good)


def _unescaped(cell: str) -> str:
    """A cell without the HTML entities and percent signs that a program wrote around an address."""
    for _ in range(_MOST_ESCAPED):
        if "&" not in cell:
            break
        cell = _ENTITY.sub(lambda entity: html.unescape(entity[0]), cell)
    if "%" in cell:
        cell = _PERCENTS.sub(" ", cell)
        cell = cell if "@" in cell else cell.replace("%40", "@")
    return cell


def email_or_text(cell: str, context: Context, report: Report) -> str | None:
    """The address of a cell that holds nothing else; other text word for word."""
    read = read_email(cell)
    return read.address if read.address and not read.has_more else string(cell, context, report)


def email_alone(cell: str, context: Context, report: Report) -> str | None:
    """The first address of a cell, for kinds without a place for further text; else the cell word for word."""
    read = read_email(cell)
    return read.address if read.address and not read.is_bad else string(cell, context, report)
