"""The HTTP client of one session with a provider. The client follows redirects itself and checks the host of each hop.

Cookies last as long as the client. Secret headers are dropped when a redirect changes the host.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx

from app.errors import Stop
from app.links.clock import Clock, SystemClock, format_time, retry_after
from app.links.connection_slots import ConnectionSlots
from app.links.guard import GuardedTransport, TrafficObserver, resolve_public
from app.links.link_problems import OPERATORS, PASSING, stop
from app.links.link_settings import LinkSettings
from app.links.network import Network, NoSuchName, build_network
from app.links.network_errors import NoResponse
from app.links.normalise import parse
from app.links.response import ProviderResponse
from app.links.share_link import WebAddress
from app.side_effects import side_effect

log = logging.getLogger(__name__)
REDIRECTS = {301, 302, 303, 307, 308}
EXPIRED = {401, 403, 404, 410}
KEPT_METHOD = {307, 308}
HEADERS = {"user-agent": "caspen-import", "accept": "*/*", "accept-encoding": "identity"}
BROWSER = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "accept-language": "en",
}
HostRule = Callable[[str], bool]
RedirectProblem = Callable[[WebAddress], str | None]


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A request. `secrets` are headers that are sent to the first host only."""

    address: WebAddress
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    body: bytes = field(default=b"", repr=False)


class WebClient:
    """Sends requests to the hosts that `hosts` allows.

    `unknown_name` is the problem code of a host that DNS does not know. `redirect_problem` returns the problem code of
    a redirect whose destination is never requested, such as a sign-in page.
    """

    def __init__(
        self,
        settings: LinkSettings,
        hosts: HostRule,
        *,
        unknown_name: str = "provider_down",
        redirect_problem: RedirectProblem = lambda _address: None,
        network: Network | None = None,
        traffic: TrafficObserver | None = None,
        clock: Clock | None = None,
        slots: ConnectionSlots | None = None,
    ) -> None:
        self.settings = settings
        self._hosts, self._unknown_name, self._redirect_problem = hosts, unknown_name, redirect_problem
        self._clock, self._traffic = clock or SystemClock(), traffic or TrafficObserver()
        self._network = network or build_network(settings.test_network)
        self._client = httpx.Client(
            transport=GuardedTransport(self._network, settings, self._traffic, slots),
            trust_env=False,
            follow_redirects=False,
            headers=HEADERS,
        )

    def require_public(self, host: str) -> None:
        """Raises Stop `unsafe_address` for a host with an address that is not public. Opens no connection."""
        try:
            resolve_public(host, self._network)
        except NoSuchName:
            return

    def has_cookie(self, name: str) -> bool:
        """Whether a response of this session has set the cookie."""
        return any(cookie.name == name for cookie in self._client.cookies.jar)

    def clear_cookies(self) -> None:
        """Deletes every cookie, so that the next request starts a new session."""
        self._client.cookies.clear()

    def get(
        self, address: WebAddress, headers: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
    ) -> ProviderResponse:
        """The response after all redirects to a GET request. `secrets` are headers for the first host only."""
        return self.request(ProviderRequest(address, headers or {}, secrets or {}))

    def resolve_once(self, address: WebAddress, headers: Mapping[str, str] | None = None) -> WebAddress | None:
        """The destination of a single redirect, or None for a response without a redirect."""
        if not self._hosts(address.host):
            raise stop("unsafe_address")
        response = self._send(ProviderRequest(address, headers or {}))
        response.close()
        if response.status_code not in REDIRECTS:
            return None
        following = resolve_redirect(address, response.headers.get("location", ""))
        if (code := self._redirect_problem(following)) is not None:
            raise stop(code)
        return following

    def request(self, request: ProviderRequest) -> ProviderResponse:
        """The response after all redirects. Each host is checked.

        A redirect may lead to a short-lived address that has expired. A GET request is then sent once more from the
        first address.
        """
        response = self._follow_redirects(request)
        if response.signed and response.status in EXPIRED and request.method == "GET":
            response.close()
            response = self._follow_redirects(request)
        return response

    def _follow_redirects(self, request: ProviderRequest) -> ProviderResponse:
        first = request.address
        for hop in range(self.settings.redirects + 1):
            if not self._hosts(request.address.host):
                raise stop("unsafe_address")
            received = self._send(request)
            if received.status_code not in REDIRECTS:
                response = ProviderResponse(
                    received, request.address, self.settings.timeout_headers, self._traffic.read
                )
                response.signed = hop > 0 and request.address.host != first.host
                return response
            received.close()
            following = resolve_redirect(request.address, received.headers.get("location", ""))
            if (code := self._redirect_problem(following)) is not None:
                raise stop(code)
            request = _build_next_request(request, following, received.status_code)
        raise stop("provider_changed")

    def refused(self, response: ProviderResponse, code: str, label: str) -> Stop:
        """The Stop for a response that is not the file, with the retry time of the response's Retry-After header."""
        if code in OPERATORS:
            log.error("a provider needs our attention code=%s provider=%s status=%d", code, label, response.status)
        now, longest = self._clock.now(), self.settings.retry_after_max
        wait = retry_after(response.headers.get("retry-after"), now, longest) if code in PASSING else None
        return stop(code, wait, provider=label, **({} if wait is None else {"time": format_time(now + wait)}))

    def _send(self, sent: ProviderRequest) -> httpx.Response:
        target = sent.address.target.encode("ascii")
        request = self._client.build_request(
            sent.method,
            httpx.URL(scheme="https", host=sent.address.host, raw_path=target),
            headers={**sent.headers, **sent.secrets},
            content=sent.body or None,
            extensions={"target": target},  # byte for byte, because a signature covers the target
        )
        if sent.method == "POST" and not sent.body:
            request.headers["content-length"] = "0"
        try:
            with side_effect("http.get"):
                response = self._client.send(request, stream=True)
        except NoSuchName:
            if self._unknown_name == "provider_down":
                raise NoResponse from None
            raise stop(self._unknown_name) from None
        except httpx.HTTPError:  # a redirect that httpx cannot parse; our transport raises no such error
            raise stop("unsafe_address") from None
        self._traffic.responded(sent.method, sent.address, response.status_code, response.headers)
        try:
            self._check(response)
        except Stop:
            response.close()
            raise
        return response

    def _check(self, response: httpx.Response) -> None:
        """Raises Stop `provider_changed` for ambiguous lengths, compressed bodies, and headers above the limit."""
        size = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
        both = "content-length" in response.headers and "transfer-encoding" in response.headers
        encoded = response.headers.get("content-encoding", "").strip().lower() not in ("", "identity")
        if size > self.settings.header_bytes or both or (encoded and response.status_code < 300):
            raise stop("provider_changed")

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _build_next_request(request: ProviderRequest, following: WebAddress, status: int) -> ProviderRequest:
    """The request after a redirect. A change of host drops the secret headers and the body."""
    if following.host != request.address.host:
        request = replace(request, secrets={}, body=b"", method="GET" if request.method == "POST" else request.method)
    if status not in KEPT_METHOD and request.method == "POST":
        kept = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        request = replace(request, method="GET", body=b"", headers=kept)
    return replace(request, address=following)


def resolve_redirect(address: WebAddress, location: str) -> WebAddress:
    """The destination of a redirect. Raises Stop `unsafe_address` for a destination that a pasted link cannot have."""
    if not location:
        raise stop("provider_changed")
    if location.startswith("//"):
        location = "https:" + location
    elif location.startswith("/"):
        location = f"https://{address.host}{location}"
    elif not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", location):
        if "\\" in location:
            raise stop("unsafe_address")
        location = urljoin(address.secret_url, location)
    try:
        following, http = parse(location)
    except Stop:
        raise stop("unsafe_address") from None
    if http:
        raise stop("unsafe_address")
    return following
