"""Content sniffing: what a file is by its first bytes, regardless of its name."""

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
    """Returns zip, pdf, html, json, office, document, picture or a name of OTHER_ARCHIVES; None for text that may be a
    table. `head` is the first HEAD bytes."""
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


# Classifies rows of cells and contents of attachments.

_NOTHING = f"{SIGNS} \t\r\n"
_DATA = re.compile(
    r'(="?)?\d{4,}"?|\d+\.\d+([eE]\+?\d+)?|\d{1,4}[-/]\d{1,2}[-/]\d{1,4}.*|[^@\s]+@[^@\s]+\.[^@\s]+|true|false',
    re.IGNORECASE,
)


def looks_like_data(cells: Sequence[str], *, at_least: int = 1) -> bool:
    """Returns whether at least `at_least` cells are ids, dates, amounts or e-mail addresses. Headers are words."""
    return sum(_DATA.fullmatch(cell.strip()) is not None for cell in cells if len(cell) < 200) >= at_least


def is_blank(cells: Sequence[str]) -> bool:
    """Returns whether a row has no visible character. Rows of padding count as blank."""
    return not any(cell and not cell.isspace() and cell.strip(_NOTHING) for cell in cells)


def content_type_of(begins: bytes) -> str:
    """Returns the media type by the first bytes of a file. HTML counts as text/plain: no browser renders it."""
    known = filetype.guess(begins[:8192])
    if known is not None:
        return str(known.mime)
    if begins.startswith(b"%PDF-") or b"%PDF-" in begins[:1024]:
        return "application/pdf"
    return "text/plain" if is_text(begins[:4096]) else "application/octet-stream"


def is_text(begins: bytes) -> bool:
    """Returns whether the first bytes hold no control character that text never has."""
    if begins.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in begins)
