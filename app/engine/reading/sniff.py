"""What a file is by its first bytes, whatever its name says."""

import re

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
