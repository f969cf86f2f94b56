"""What something is by how it looks: a row of cells a header or data, a file a picture or a letter."""

import re
from collections.abc import Sequence

import filetype

from app.engine.reading.padding import SIGNS

_NOTHING = f"{SIGNS} \t\r\n"
_DATA = re.compile(
    r'(="?)?\d{4,}"?|\d+\.\d+([eE]\+?\d+)?|\d{1,4}[-/]\d{1,2}[-/]\d{1,4}.*|[^@\s]+@[^@\s]+\.[^@\s]+|true|false',
    re.IGNORECASE,
)


def looks_like_data(cells: Sequence[str], *, at_least: int = 1) -> bool:
    """Headers are words; ids, dates, amounts and addresses are data."""
    return sum(_DATA.fullmatch(cell.strip()) is not None for cell in cells if len(cell) < 200) >= at_least


def is_blank(cells: Sequence[str]) -> bool:
    """Whether no cell of a row has a letter in it: a line of padding has none either."""
    return not any(cell and not cell.isspace() and cell.strip(_NOTHING) for cell in cells)


def content_type_of(begins: bytes) -> str:
    """The type of a file by its first bytes. Pages count as text, so that nothing ever shows them as pages."""
    known = filetype.guess(begins[:8192])
    if known is not None:
        return str(known.mime)
    if begins.startswith(b"%PDF-") or b"%PDF-" in begins[:1024]:
        return "application/pdf"
    return "text/plain" if is_text(begins[:4096]) else "application/octet-stream"


def is_text(begins: bytes) -> bool:
    """Whether the first bytes of a file hold no control character that text never has."""
    if begins.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in begins)
