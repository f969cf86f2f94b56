"""Records the responses to a link that an operator checks by hand, as fixtures for the tests' fake providers.

Links, ids, tokens, cookies, and people's names and addresses are redacted. The shape of the responses remains.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict
from urllib.parse import unquote, urlsplit

import httpx

from app.links.guard import TrafficObserver
from app.links.share_link import ShareLink, WebAddress

GONE = "REMOVED"
SHORTEST_SECRET = 6
MOST_BODY = 64 * 1024
TOKEN = re.compile(r"[A-Za-z0-9_+/=%!~-]{12,}")
WORD = re.compile(r"_*[A-Za-z]+(?:[-_/.][A-Za-z]+)*")
VALUE = re.compile(r"""(\bvalue\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE)
PERSON = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# Headers whose values are shown, because their values never identify the contents of a link.
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
# JSON values that a failure table or a route reads. Every other text of a JSON response is redacted.
KEPT_VALUES = {".tag", "code", "reason", "status", "mimetype", "error_summary", "fsobjtype", "domain", "kind"}


class ExchangeHead(TypedDict):
    """A request and its response as JSON, redacted and without the body."""

    method: str
    host: str
    path: str
    status: int
    headers: dict[str, str]


class ExchangeJson(ExchangeHead):
    """A request and its response as JSON, redacted."""

    body: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, redacted."""

    method: str
    host: str
    path: str
    status: int
    headers: Mapping[str, str]
    bodies: list[str] = field(default_factory=list)

    def head(self) -> ExchangeHead:
        """The exchange for the output of a command."""
        return {
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "status": self.status,
            "headers": dict(self.headers),
        }

    def to_json(self) -> ExchangeJson:
        """The exchange for a fixture."""
        return {**self.head(), "body": "".join(self.bodies)}


class Recorder:
    """Records the exchanges of one link. Pass `traffic` to the check of the link."""

    def __init__(self, link: ShareLink) -> None:
        self.exchanges: list[Exchange] = []
        parts = re.split(r"[/?&=]", link.address.target)
        words = {link.password, *parts, *map(unquote, parts)}
        self._secrets = sorted((w for w in words if len(w) >= SHORTEST_SECRET), key=len, reverse=True)

    @property
    def traffic(self) -> TrafficObserver:
        return TrafficObserver(responded=self._record, read=self._record_body)

    def _record(self, method: str, address: WebAddress, status: int, headers: httpx.Headers) -> None:
        shown = {name: self._redact_header(name, value) for name, value in headers.multi_items()}
        self.exchanges.append(Exchange(method, address.host, self._redact_path(address), status, shown))

    def _record_body(self, body: bytes) -> None:
        if self.exchanges and not self.exchanges[-1].bodies:
            self.exchanges[-1].bodies.append(self._redact_body(body[:MOST_BODY]))

    def _redact_path(self, address: WebAddress) -> str:
        query = "&".join(f"{pair.partition('=')[0]}={GONE}" for pair in address.query.split("&") if pair)
        path = "/".join(self._redact(part) for part in unquote(address.path).split("/"))
        return f"{path}?{query}" if query else path

    def _redact_header(self, name: str, value: str) -> str:
        if name == "set-cookie":
            kept = [part.strip() for part in value.split(";")]
            return "; ".join([f"{kept[0].partition('=')[0]}={GONE}", *kept[1:]])
        if name == "location":
            goal = urlsplit(value)
            return f"{goal.scheme}://{goal.netloc}{self._redact_path(WebAddress('', goal.path + '?' + goal.query))}"
        if name == "content-disposition":
            return value.partition(";")[0]
        if name == "dropbox-api-result":
            return self._redact_body(value.encode())
        return self._without_secrets(value) if name in SHOWN else GONE

    def _redact_body(self, body: bytes) -> str:
        try:
            return json.dumps(self._redact_values(json.loads(body)), ensure_ascii=False)
        except (ValueError, RecursionError):
            return self._redact(body.decode("utf-8", "replace"))

    def _redact_values(self, value: Any, name: str = "") -> Any:
        match value:
            case dict():
                return {str(key): self._redact_values(inner, str(key).lower()) for key, inner in value.items()}
            case list():
                return [self._redact_values(inner, name) for inner in value]
            case str():
                return self._redact(value) if name in KEPT_VALUES else GONE
        return value

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, GONE)
        return text

    def _redact(self, text: str) -> str:
        """The text without secrets, e-mail addresses, typed values and tokens."""
        text = self._without_secrets(text)
        text = VALUE.sub(rf'\1"{GONE}"', PERSON.sub(GONE, text))
        return TOKEN.sub(lambda match: match[0] if WORD.fullmatch(match[0]) else GONE, text)
