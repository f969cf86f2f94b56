"""A share link that a clinic pasted. The link opens the clinic's records, so no representation shows the link."""

import hashlib
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, repr=False)
class WebAddress:
    """An https address: the host in ASCII as DNS takes the host, and the path with the query byte for byte."""

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
        """The decoded query: values by name in small letters. The first value of a repeated name wins."""
        values: dict[str, str] = {}
        for pair in self.query.split("&"):
            name, _, value = pair.partition("=")
            values.setdefault(unquote(name).lower(), unquote(value))
        return values

    @property
    def secret_url(self) -> str:
        return f"https://{self.host}{self.target}"

    def __repr__(self) -> str:
        return f"Address({fingerprint(self.secret_url)})"

    __str__ = __repr__


@dataclass(frozen=True, slots=True, repr=False)
class ShareLink:
    """A normalised link with the password that the clinic typed for the link.

    `upgraded`: the link was pasted as http and is requested as https.
    """

    address: WebAddress
    upgraded: bool = False
    password: str = ""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.address.secret_url)

    def __repr__(self) -> str:
        return f"Link({self.fingerprint})"

    __str__ = __repr__


def fingerprint(secret_url: str) -> str:
    """The first 12 hex digits of the link's sha256, for logs."""
    return hashlib.sha256(secret_url.encode()).hexdigest()[:12]


def host_matches(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether the host equals a pattern, or ends with a pattern that begins with a dot (sub-domains only)."""
    return any(host.endswith(p) and len(host) > len(p) if p.startswith(".") else host == p for p in patterns)
