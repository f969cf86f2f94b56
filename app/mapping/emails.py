"""E-mail addresses. One that no message could reach is kept as words, never as an address."""

import re
from typing import NamedTuple

from app.mapping.cells import plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.text import string

_PART = r"[^\s@,;<>()\[\]\"'"
_ADDRESS = re.compile(rf"[^\s@,;<>()\[\]\"]{{1,64}}@(?:{_PART}._-]{_PART}._]*\.)+{_PART}._-]{{2,}}")

_MAILTO = re.compile(r"^\s*<?\s*(?:mailto|e-?mail)\s*:\s*|\?(?:subject|body|cc|bcc|to)=.*$", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r"[^\s,;|/<>()\[\]\"]+")
_GOES_ON = re.compile(r",[a-z]{2,}(?![\w.+-]*@)", re.IGNORECASE)  # a comma for the point: the address is not whole
_AROUND = " \t\n.,;:<>\"'()[]"


def is_email(address: str) -> bool:
    """Whether the text has the form of one e-mail address."""
    return len(address) <= 254 and ".." not in address and _ADDRESS.fullmatch(address) is not None


class ReadEmail(NamedTuple):
    """`address` is the first good address of a cell, None without one. `has_more`: the cell says more than that.

    `is_bad`: some text with an `@` is no address.
    """

    address: str | None
    has_more: bool = False
    is_bad: bool = False


def read_email(cell: str) -> ReadEmail:
    """The address in a cell as address books and mail programs write it: `mailto:`, `Name <a@b.example>`, two in one.

    >>> read_email("Jo Lee <jo@mail.example>").address
    'jo@mail.example'
    """
    if cell.isascii() and is_email(cell) and cell[0] not in "'=" and ":" not in cell and "?" not in cell:
        return ReadEmail(cell)
    value = _MAILTO.sub("", plain(cell)).strip(_AROUND)
    if is_email(value):
        return ReadEmail(value)
    good: list[str] = []
    is_bad = False
    for match in _PIECE.finditer(value):
        piece = _MAILTO.sub("", match[0]).strip(_AROUND)
        if is_email(piece) and not _GOES_ON.match(value, match.end()):
            good.append(piece)
        else:
            is_bad = is_bad or "@" in piece
    return ReadEmail(good[0] if good else None, has_more=True, is_bad=is_bad or not good)


def email_or_text(cell: str, context: Context, report: Report) -> str | None:
    """The address of a cell that holds nothing else; other text is kept word for word."""
    read = read_email(cell)
    return read.address if read.address and not read.has_more else string(cell, context, report)


def email_alone(cell: str, context: Context, report: Report) -> str | None:
    """The first address of a cell, for kinds that keep nothing else of it; else the cell as it is."""
    read = read_email(cell)
    return read.address if read.address and not read.is_bad else string(cell, context, report)
