"""What a clinic pasted, made into one link or refused, before anything is asked of the network.

The very address that was judged here is the one that is requested: nothing parses it a second time.
"""

import base64
import binascii
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_letters, digits
from urllib.parse import unquote

import idna

from app.links.link import Address, Link, host_matches
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


# A link that came by e-mail may be wrapped by a mail gateway; this takes the clinic's own link out of it.
#
# Unwrapping only reads the address: nothing is asked of the gateway. `gateways.toml` lists the gateways and their
# shapes.

RUN_LETTERS = ascii_letters[26:] + ascii_letters[:26] + digits + "-_"
EMBEDDED = re.compile(r"https?(?::|%(?:25)*3A)(?:/|%(?:25)*2F){1,2}[^&;#]+", re.IGNORECASE)
ENCODED_START = re.compile(r"https?%", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One shape of a gateway's addresses: its hosts, its path (empty for any), and how to read the link inside."""

    name: str
    hosts: tuple[str, ...]
    path: str
    read: Callable[[Address], str | None]

    def matches(self, address: Address) -> bool:
        return host_matches(address.host, self.hosts) and address.target.startswith(self.path)


def unwrapped(address: Address) -> str | None:
    """The link inside, as text to be read like a pasted one; None when this address is no wrapper.

    Raises Stop `link_wrapped` for a gateway's address that does not contain the link.
    """
    matching = [gateway for gateway in _gateways() if gateway.matches(address)]
    for gateway in matching:
        if inside := gateway.read(address):
            return inside
    if opaque := next((gateway for gateway in matching if not gateway.path), None):
        raise stop("link_wrapped", gateway=opaque.name)
    return None


def _reader(shape: Mapping[str, str]) -> Callable[[Address], str | None]:
    if shape["at"] == "between":
        return lambda address: _between(address.target, shape["path"], shape["between"])
    if shape["at"] == "anywhere":
        return _embedded
    decode = DECODERS[shape.get("code", "percent")]
    return lambda address: _parameter(address, shape["parameter"], decode)


def _parameter(address: Address, name: str, decode: Callable[[str], str]) -> str | None:
    """The value of the first parameter of this name; None where there is none."""
    for pair in address.query.replace("&amp;", "&").split("&"):
        key, _, value = pair.partition("=")
        if key.lower() == name and value:
            return decode(value)
    return None


def _embedded(address: Address) -> str | None:
    """An address inside path or query, percent-encoded as often as it was wrapped; None where there is none."""
    match = EMBEDDED.search(address.target)
    if match is None:
        return None
    text = match[0]
    while ENCODED_START.match(text):
        text = unquote(text)
    return re.sub(r"^(https?:)/([^/])", r"\1//\2", text, flags=re.IGNORECASE)


def _dashed(value: str) -> str:
    """Proofpoint 2 writes `-` for `%` and `_` for `/`."""
    return unquote(value.replace("-", "%").replace("_", "/"))


def _base64(value: str) -> str:
    text = unquote(value)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode()
    except (binascii.Error, ValueError):
        return ""


DECODERS: dict[str, Callable[[str], str]] = {"percent": unquote, "dash": _dashed, "base64": _base64}


def _between(target: str, start: str, mark: str) -> str | None:
    if not target.startswith(start):
        return None
    link, found, rest = target[len(start) :].partition(f"{mark};")
    if not found:
        return None
    for scheme in ("https:/", "http:/"):
        if link.startswith(scheme) and not link.startswith(scheme + "/"):
            link = scheme + "/" + link[len(scheme) :]
    return _filled(link, rest.partition("!")[0])


def _filled(link: str, letters: str) -> str:
    """Puts back the characters that the gateway replaced: `*` for one, `**` and a letter for a run of them."""
    try:
        replaced = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode()
    except (binascii.Error, ValueError):
        replaced = ""
    made, at, taken = "", 0, 0
    while at < len(link):
        run, width = 0, 1
        if link.startswith("**", at) and link[at + 2 : at + 3] in RUN_LETTERS and at + 2 < len(link):
            run, width = RUN_LETTERS.index(link[at + 2]) + 2, 3
        elif link[at] == "*" and taken < len(replaced):
            run = 1
        made += replaced[taken : taken + run] if run else link[at]
        taken += run
        at += width
    return made


@cache
def _gateways() -> tuple[Gateway, ...]:
    shapes = tomllib.loads(Path(__file__).with_name("gateways.toml").read_text(encoding="utf-8"))["gateway"]
    return tuple(Gateway(g["name"], tuple(g["hosts"]), g.get("path", ""), _reader(g)) for g in shapes)
