"""Turns a pasted text into a share link, or refuses the text, before any request.

`normalise` is called once, where a text comes in: a page's form, the command line, or the ledger. All other code takes
a ShareLink, and requests its address as parsed.
"""

import base64
import binascii
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import ascii_letters, digits
from urllib.parse import unquote

import idna

from app.links.link_problems import stop
from app.links.pasted_text import ZERO_WIDTH, links_in, trim
from app.links.share_link import ShareLink, WebAddress, host_matches

LONGEST = 16 * 1024
SHAPE = re.compile(r"(https?)://([^/?#]+)([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
OUTSIDE_TARGET = re.compile(r"[^\x21-\x7e]")
NEVER_PUBLIC = {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa"}
WRAPPERS = 2


def normalise(pasted: str, password: str = "") -> ShareLink:
    """The single link in a pasted text, without the wrapper of a mail gateway, with the password typed for the link.

    Normalising the address of a normalised link changes nothing.

    Raises Stop: `link_malformed` without a link, `link_ambiguous` with two links, `link_wrapped` where a mail gateway
    hides the link, `unsafe_address` for a link into a private network.
    """
    links: dict[WebAddress, ShareLink] = {}
    for text in links_in(pasted):
        link = _to_link(text)
        links.setdefault(link.address, link)
    if len(links) > 1:
        raise stop("link_ambiguous", count=str(len(links)))
    return replace(next(iter(links.values())), password=password)


def _to_link(text: str) -> ShareLink:
    upgraded = False
    for remaining in range(WRAPPERS, -1, -1):
        address, http = parse(text)
        upgraded = upgraded or http
        inside = unwrap(address) if remaining else None
        if inside is None:
            return ShareLink(address, upgraded)
        text = trim(inside.translate(ZERO_WIDTH))
    raise AssertionError("unreachable")


def parse(text: str) -> tuple[WebAddress, bool]:
    """The address, and whether the scheme is http. Raises Stop `link_malformed` or `unsafe_address`."""
    if len(text) > LONGEST or any(c == "\\" or unicodedata.category(c) in _HIDDEN for c in text):
        raise stop("link_malformed")
    shape = SHAPE.fullmatch(text)
    if shape is None:
        raise stop("link_malformed")
    scheme, authority, target = shape.groups()
    host = _parse_host(authority)
    target = OUTSIDE_TARGET.sub(_escape, target)
    return WebAddress(host, target if target.startswith("/") else "/" + target), scheme.lower() == "http"


_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"}


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _parse_host(authority: str) -> str:
    if "@" in authority or "%" in authority:
        raise stop("link_malformed")
    if authority.startswith("["):
        raise stop("unsafe_address" if re.fullmatch(r"\[[^\[\]]+\](:443)?", authority) else "link_malformed")
    host, colon, port = authority.partition(":")
    if colon and port != "443":
        raise stop("link_malformed")
    name = _to_ascii(host).removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise stop("link_malformed")
    last = labels[-1]
    if last.isdigit() or last.startswith("0x") or len(labels) == 1 or last in NEVER_PUBLIC:
        raise stop("unsafe_address")
    return name


def _to_ascii(host: str) -> str:
    try:
        mapped = host.lower() if host.isascii() else idna.uts46_remap(host, std3_rules=False, transitional=False)
        return mapped.lower() if mapped.isascii() else idna.encode(mapped).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise stop("link_malformed") from None


RUN_LETTERS = ascii_letters[26:] + ascii_letters[:26] + digits + "-_"
EMBEDDED = re.compile(r"https?(?::|%(?:25)*3A)(?:/|%(?:25)*2F){1,2}[^&;#]+", re.IGNORECASE)
ENCODED_START = re.compile(r"https?%", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailGateway:
    """One form of a mail gateway's addresses: hosts, start of the path (empty for any), and the reader of the link.

    `gateways.toml` lists the gateways.
    """

    name: str
    hosts: tuple[str, ...]
    path: str
    read: Callable[[WebAddress], str | None]

    def matches(self, address: WebAddress) -> bool:
        return host_matches(address.host, self.hosts) and address.target.startswith(self.path)


def unwrap(address: WebAddress) -> str | None:
    """The link inside a mail gateway's address, as pasted text. Another address returns None. Sends no request.

    Raises Stop `link_wrapped` for a gateway's address that does not contain the link.
    """
    matching = [gateway for gateway in _load_gateways() if gateway.matches(address)]
    for gateway in matching:
        if inside := gateway.read(address):
            return inside
    if opaque := next((gateway for gateway in matching if not gateway.path), None):
        raise stop("link_wrapped", gateway=opaque.name)
    return None


def _build_reader(shape: Mapping[str, str]) -> Callable[[WebAddress], str | None]:
    if shape["at"] == "between":
        return lambda address: _read_between(address.target, shape["path"], shape["between"])
    if shape["at"] == "anywhere":
        return _read_embedded
    decode = DECODERS[shape.get("code", "percent")]
    return lambda address: _read_parameter(address, shape["parameter"], decode)


def _read_parameter(address: WebAddress, name: str, decode: Callable[[str], str]) -> str | None:
    """The value of the first parameter with this name, or None."""
    for pair in address.query.replace("&amp;", "&").split("&"):
        key, _, value = pair.partition("=")
        if key.lower() == name and value:
            return decode(value)
    return None


def _read_embedded(address: WebAddress) -> str | None:
    """An address inside the path or query, decoded until the address is plain, or None."""
    match = EMBEDDED.search(address.target)
    if match is None:
        return None
    text = match[0]
    while ENCODED_START.match(text):
        text = unquote(text)
    return re.sub(r"^(https?:)/([^/])", r"\1//\2", text, flags=re.IGNORECASE)


def _decode_dashes(value: str) -> str:
    """Decodes Proofpoint 2, which writes `-` for `%` and `_` for `/`."""
    return unquote(value.replace("-", "%").replace("_", "/"))


def _decode_base64(value: str) -> str:
    text = unquote(value)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode()
    except (binascii.Error, ValueError):
        return ""


DECODERS: dict[str, Callable[[str], str]] = {"percent": unquote, "dash": _decode_dashes, "base64": _decode_base64}


def _read_between(target: str, start: str, mark: str) -> str | None:
    if not target.startswith(start):
        return None
    link, separator, rest = target[len(start) :].partition(f"{mark};")
    if not separator:
        return None
    for scheme in ("https:/", "http:/"):
        if link.startswith(scheme) and not link.startswith(scheme + "/"):
            link = scheme + "/" + link[len(scheme) :]
    return _restore_characters(link, rest.partition("!")[0])


def _restore_characters(link: str, letters: str) -> str:
    """Restores the characters that the gateway replaced: `*` is a single character, `**` and a letter is a run."""
    try:
        replaced = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode()
    except (binascii.Error, ValueError):
        replaced = ""
    restored, at, taken = "", 0, 0
    while at < len(link):
        run, width = 0, 1
        if link.startswith("**", at) and link[at + 2 : at + 3] in RUN_LETTERS and at + 2 < len(link):
            run, width = RUN_LETTERS.index(link[at + 2]) + 2, 3
        elif link[at] == "*" and taken < len(replaced):
            run = 1
        restored += replaced[taken : taken + run] if run else link[at]
        taken += run
        at += width
    return restored


@cache
def _load_gateways() -> tuple[MailGateway, ...]:
    shapes = tomllib.loads(Path(__file__).with_name("gateways.toml").read_text(encoding="utf-8"))["gateway"]
    return tuple(MailGateway(g["name"], tuple(g["hosts"]), g.get("path", ""), _build_reader(g)) for g in shapes)
