"""A share link: what a clinic pasted. Whoever holds it holds the clinic's records, so it never shows itself."""

import hashlib
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """One https address: the host as the name service knows it, and path with query byte for byte."""

    host: str
    target: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def parameters(self) -> dict[str, str]:
        """The query as names and values, decoded; the first of equal names wins, in small letters."""
        told: dict[str, str] = {}
        for pair in self.query.split("&"):
            name, _, value = pair.partition("=")
            told.setdefault(unquote(name).lower(), unquote(value))
        return told

    @property
    def secret_url(self) -> str:
        return f"https://{self.host}{self.target}"

    def __repr__(self) -> str:
        return f"Address({fingerprint(self.secret_url)})"

    __str__ = __repr__


@dataclass(frozen=True, slots=True, repr=False)
class Link:
    """A pasted link after tidying, with the password that the clinic gave for it. Neither ever shows itself.

    `upgraded` says that it was pasted as http and is tried as https.
    """

    address: Address
    upgraded: bool = False
    password: str = ""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.address.secret_url)

    def __repr__(self) -> str:
        return f"Link({self.fingerprint})"

    __str__ = __repr__


def fingerprint(secret_url: str) -> str:
    """What a log may say of a link."""
    return hashlib.sha256(secret_url.encode()).hexdigest()[:12]


def host_matches(host: str, patterns: tuple[str, ...]) -> bool:
    """Exactly, or by dot-suffix where the pattern begins with a dot; `.example` covers its sub-domains only."""
    return any(host.endswith(p) and len(host) > len(p) if p.startswith(".") else host == p for p in patterns)
