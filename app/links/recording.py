"""What providers really answered to a link that an operator tried by hand, without anything that would open it again.

Links, ids, tokens, cookies, names and addresses of people are taken out; what remains is the shape of the answers,
from which the providers' data files and the fakes of the tests are kept true.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from app.links.guard import Watch
from app.links.link import Address, Link

GONE = "REMOVED"
SHORTEST_SECRET = 6
MOST_BODY = 64 * 1024
TOKEN = re.compile(r"[A-Za-z0-9_+/=%!~-]{12,}")
WORD = re.compile(r"_*[A-Za-z]+(?:[-_/.][A-Za-z]+)*")
VALUE = re.compile(r"""(\bvalue\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE)
PERSON = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# Headers whose values say how an answer is made, and nothing of what is behind a link.
SHOWN = {
    "accept-ranges",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "dropbox-api-result",
    "location",
    "retry-after",
    "server",
    "transfer-encoding",
    "x-forms_based_auth_required",
    "x-msdavext_error",
}
# Values that a table of failures or a route looks at; every other text of a JSON answer is taken out.
KEPT_VALUES = {".tag", "code", "reason", "status", "mimetype", "error_summary", "fsobjtype", "domain", "kind"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    method: str
    host: str
    path: str
    status: int
    headers: Mapping[str, str]
    bodies: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        told = {"method": self.method, "host": self.host, "path": self.path, "status": self.status}
        return {**told, "headers": dict(self.headers), "body": "".join(self.bodies)}


class Recorder:
    """Looks on while a link is tried."""

    def __init__(self, link: Link) -> None:
        self.exchanges: list[Exchange] = []
        parts = re.split(r"[/?&=]", link.address.target)
        words = {link.password, *parts, *map(unquote, parts)}
        self._secrets = sorted((w for w in words if len(w) >= SHORTEST_SECRET), key=len, reverse=True)

    @property
    def watch(self) -> Watch:
        return Watch(answered=self._answered, read=self._read)

    def _answered(self, method: str, address: Address, status: int, headers: httpx.Headers) -> None:
        shown = {name: self._header(name, value) for name, value in headers.multi_items()}
        self.exchanges.append(Exchange(method, address.host, self._path(address), status, shown))

    def _read(self, body: bytes) -> None:
        if self.exchanges and not self.exchanges[-1].bodies:
            self.exchanges[-1].bodies.append(self._body(body[:MOST_BODY]))

    def _path(self, address: Address) -> str:
        query = "&".join(f"{pair.partition('=')[0]}={GONE}" for pair in address.query.split("&") if pair)
        path = "/".join(self._cleaned(part) for part in unquote(address.path).split("/"))
        return f"{path}?{query}" if query else path

    def _header(self, name: str, value: str) -> str:
        if name == "set-cookie":
            kept = [part.strip() for part in value.split(";")]
            return "; ".join([f"{kept[0].partition('=')[0]}={GONE}", *kept[1:]])
        if name == "location":
            goal = urlsplit(value)
            return f"{goal.scheme}://{goal.netloc}{self._path(Address('', goal.path + '?' + goal.query))}"
        if name == "content-disposition":
            return value.partition(";")[0]
        if name == "dropbox-api-result":
            return self._body(value.encode())
        return self._without_secrets(value) if name in SHOWN else GONE

    def _body(self, body: bytes) -> str:
        try:
            return json.dumps(self._values(json.loads(body)), ensure_ascii=False)
        except (ValueError, RecursionError):
            return self._cleaned(body.decode("utf-8", "replace"))

    def _values(self, told: Any, name: str = "") -> Any:
        match told:
            case dict():
                return {str(key): self._values(value, str(key).lower()) for key, value in told.items()}
            case list():
                return [self._values(value, name) for value in told]
            case str():
                return self._cleaned(told) if name in KEPT_VALUES else GONE
        return told

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, GONE)
        return text

    def _cleaned(self, text: str) -> str:
        """Without what may be a secret, a person or what somebody typed."""
        text = self._without_secrets(text)
        text = VALUE.sub(rf'\1"{GONE}"', PERSON.sub(GONE, text))
        return TOKEN.sub(lambda found: found[0] if WORD.fullmatch(found[0]) else GONE, text)
