"""What a file is by its first bytes, whatever its name says."""

import re
from collections.abc import Sequence

import filetype

from app.reading.padding import SIGNS

HEAD = 512
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"PK00PK\x03\x04", "zip"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"\x1f\x8b", "gz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"{\\rtf", "document"),
)
OTHER_ARCHIVES = frozenset({"gz", "7z", "rar", "tar"})
_PHOTOS = frozenset(b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"))
_HTML = re.compile(
    rb"^(\xef\xbb\xbf)?\s*(?:<\?xml\b[^>]{0,200}>\s*)?<(!doctype\s+html|html|head|body|!--)", re.IGNORECASE
)
_JSON = re.compile(rb"^(\xef\xbb\xbf)?\s*[\[{]")


def sniff(head: bytes) -> str | None:
    """zip, pdf, html, json, office, document, picture, or one of OTHER_ARCHIVES; None for text that may be a table."""
    for sign, name in _SIGNS:
        if head.startswith(sign):
            return name
    if head[4:12] in _PHOTOS or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "picture"
    if head[257:262] == b"ustar":
        return "tar"
    if _HTML.match(head):
        return "html"
    return "json" if _JSON.match(head) else None


# What something is by how it looks: a row of cells a header or data, a file a picture or a letter.

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
