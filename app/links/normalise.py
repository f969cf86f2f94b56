"""What a clinic pasted, made into one link or refused, before anything is asked of the network.

The very address that was judged here is the one that is requested: nothing parses it a second time.
"""

import re
import unicodedata

import idna

from app.links.gateways import unwrapped
from app.links.link import Address, Link
from app.links.pasted import ZERO_WIDTH, links_in, trimmed
from app.links.problems import stop

LONGEST = 16 * 1024
SHAPE = re.compile(r"(https?)://([^/?#]+)([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
OUTSIDE_TARGET = re.compile(r"[^\x21-\x7e]")
NEVER_PUBLIC = {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa"}
WRAPPERS = 2


def normalise(pasted: str) -> Link:
    """The one link in a pasted text, without the wrapping of a mail gateway.

    Raises Stop: `link_malformed` where there is no link, `link_ambiguous` where there are two, `link_wrapped` where a
    mail gateway hides it, `unsafe_address` where it leads into a private network.
    """
    links: dict[Address, Link] = {}
    for text in links_in(pasted):
        link = _unwrapped(text)
        links.setdefault(link.address, link)
    if len(links) > 1:
        raise stop("link_ambiguous", count=str(len(links)))
    return next(iter(links.values()))


def _unwrapped(text: str) -> Link:
    upgraded = False
    for remaining in range(WRAPPERS, -1, -1):
        address, http = parse(text)
        upgraded = upgraded or http
        inside = unwrapped(address) if remaining else None
        if inside is None:
            return Link(address, upgraded)
        text = trimmed(inside.translate(ZERO_WIDTH))
    raise AssertionError("unreachable")


def parse(text: str) -> tuple[Address, bool]:
    """The address, and whether it was given as http."""
    if len(text) > LONGEST or any(c == "\\" or unicodedata.category(c) in _HIDDEN for c in text):
        raise stop("link_malformed")
    shape = SHAPE.fullmatch(text)
    if shape is None:
        raise stop("link_malformed")
    scheme, authority, target = shape.groups()
    host = _host(authority)
    target = OUTSIDE_TARGET.sub(_escaped, target)
    return Address(host, target if target.startswith("/") else "/" + target), scheme.lower() == "http"


_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"}


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _host(authority: str) -> str:
    if "@" in authority or "%" in authority:
        raise stop("link_malformed")
    if authority.startswith("["):
        raise stop("unsafe_address" if re.fullmatch(r"\[[^\[\]]+\](:443)?", authority) else "link_malformed")
    host, colon, port = authority.partition(":")
    if colon and port != "443":
        raise stop("link_malformed")
    name = _ascii(host).removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise stop("link_malformed")
    last = labels[-1]
    if last.isdigit() or last.startswith("0x") or len(labels) == 1 or last in NEVER_PUBLIC:
        raise stop("unsafe_address")
    return name


def _ascii(host: str) -> str:
    try:
        mapped = host.lower() if host.isascii() else idna.uts46_remap(host, std3_rules=False, transitional=False)
        return mapped.lower() if mapped.isascii() else idna.encode(mapped).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise stop("link_malformed") from None
