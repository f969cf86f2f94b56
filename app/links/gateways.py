"""A link that came by e-mail may be wrapped by a mail gateway; this takes the clinic's own link out of it."""

import base64
import binascii
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_letters, digits
from urllib.parse import unquote

from app.links.link import Address, host_matches

RUN_LETTERS = ascii_letters[26:] + ascii_letters[:26] + digits + "-_"


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the link stands: in a query parameter, or between two marks of the path."""

    hosts: tuple[str, ...]
    path: str
    parameter: str
    between: str

    def inside(self, address: Address) -> str | None:
        if not host_matches(address.host, self.hosts):
            return None
        if self.between:
            return _between(address.target, self.path, self.between)
        if address.path.rstrip("/") != self.path.rstrip("/"):
            return None
        for pair in address.query.split("&"):
            name, _, value = pair.partition("=")
            if name == self.parameter and value:
                return unquote(value)
        return None


def unwrapped(address: Address) -> str | None:
    """The link inside, as text to be read like a pasted one; None when this is no wrapper."""
    return next((found for g in _gateways() if (found := g.inside(address))), None)


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
    said = tomllib.loads(Path(__file__).with_name("gateways.toml").read_text(encoding="utf-8"))
    return tuple(
        Gateway(tuple(g["hosts"]), g["path"], g.get("parameter", ""), g.get("between", "")) for g in said["gateway"]
    )
