"""What a message said, as a line of a client's history: its words, and nothing that loads, pays or opens a door."""

import html
import re
from urllib.parse import urlsplit

from app.mapping.html import Cleaned, clean_html, escaped, plain_text
from app.mapping.html_tags import has_tag

BODY_LIMIT = 1024 * 1024
_HIDDEN = re.compile(r"<(?:!doctype|!--)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ADDRESS = re.compile(r"""https?://[^\s<>"']+""", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_~.-]{16,}")


def message_html(text: str, *, rich: bool, doors: tuple[str, ...]) -> Cleaned:
    """The body of a message. `rich` messages are HTML where they hold a tag or an entity such as `&nbsp;`; `doors` are
    hosts whose addresses open something by a token.

    Images become the words that stand for them, links with a token the words that they were on.
    """
    if rich and _is_html(text):
        cleaned = clean_html(_IMAGE.sub(_said_instead, text))
        shut = _LINK.sub(lambda link: _without_key(link, doors), cleaned.html)
        lost = cleaned.lost or shut != cleaned.html or _IMAGE.search(text) is not None
    else:
        shut, lost = f"<p>{escaped(text.strip())}</p>", False
    told = _ADDRESS.sub(lambda found: _shortened(found, doors), shut)
    return _fitting(told, lost or told != shut)


def _is_html(text: str) -> bool:
    """Whether a text is HTML: an e-mail of plain words has no tag, no comment and no `&nbsp;`."""
    if "<" in text and (has_tag(text) or _HIDDEN.search(text)):
        return True
    return "&" in text and any(html.unescape(found[0]) != found[0] for found in _ENTITY.finditer(text))


def is_door(address: str, doors: tuple[str, ...]) -> bool:
    """Whether an address opens something: it is the provider's own, or carries a token."""
    try:
        parts = urlsplit(html.unescape(address))
        host = (parts.hostname or "").lower()
    except ValueError:
        return True
    if parts.scheme == "mailto":
        return False
    if any(host == door or host.endswith(f".{door}") for door in doors):
        return True
    return bool(parts.query) or any(_is_token(piece) for piece in (*parts.path.split("/"), parts.fragment))


def _is_token(piece: str) -> bool:
    return _TOKEN.fullmatch(piece) is not None and any(c.isdigit() for c in piece)


def _said_instead(image: re.Match[str]) -> str:
    found = _ALT.search(image[0])
    return html.escape(html.unescape(found[1] or found[2] or ""), quote=False) if found else ""


def _without_key(link: re.Match[str], doors: tuple[str, ...]) -> str:
    return link[2] if is_door(link[1], doors) else link[0]


def _shortened(found: re.Match[str], doors: tuple[str, ...]) -> str:
    """An address that opens something, in the text: the place it led to, without its key."""
    if not is_door(found[0], doors):
        return found[0]
    try:
        parts = urlsplit(html.unescape(found[0]))
        host = parts.hostname
    except ValueError:
        host = None
    return f"{parts.scheme}://{html.escape(host)}/…" if host else "…"


def _fitting(body: str, lost: bool) -> Cleaned:
    """Longer than a message may be: its words, as far as they fit."""
    if len(body.encode()) <= BODY_LIMIT:
        return Cleaned(body, lost)
    words = html.escape(plain_text(body), quote=False).encode()[: BODY_LIMIT - 100].decode(errors="ignore")
    words = words.rpartition("&")[0] if "&" in words[-6:] else words
    return Cleaned(f"<p>{words.replace(chr(10), '<br>')[: BODY_LIMIT - 100]}...</p>", lost=True)
