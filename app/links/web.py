"""One clinic's visit to a provider: our own requests, redirects followed by ourselves, each hop judged.

Cookies live as long as the visit and go by their own domains. What is secret leaves with a change of host.
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
from app.links.answer import Answer
from app.links.clock import Clock, SystemClock, as_time, retry_after
from app.links.guard import GuardedTransport, Watch, judged
from app.links.link import Address
from app.links.network import Network, NoSuchName, network_of
from app.links.network_errors import Unanswered
from app.links.normalise import parse
from app.links.problems import OPERATORS, PASSING, stop
from app.links.settings import LinkSettings
from app.links.slots import Slots
from app.side_effects import effect

log = logging.getLogger(__name__)
REDIRECTS = {301, 302, 303, 307, 308}
RUN_OUT = {401, 403, 404, 410}
KEPT_METHOD = {307, 308}
HEADERS = {"user-agent": "caspen-import", "accept": "*/*", "accept-encoding": "identity"}
BROWSER = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "accept-language": "en",
}
HostRule = Callable[[str], bool]
Landing = Callable[[Address], str | None]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request of our own making. `secrets` are headers for the first host alone."""

    address: Address
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    body: bytes = field(default=b"", repr=False)


class Web:
    """Sends requests to the hosts that `hosts` allows. `unknown_name` is the problem of a name that is not, `landing`
    the problem of a redirect whose goal says all: such a page is never asked for."""

    def __init__(
        self,
        settings: LinkSettings,
        hosts: HostRule,
        *,
        unknown_name: str = "provider_down",
        landing: Landing = lambda _address: None,
        network: Network | None = None,
        watch: Watch | None = None,
        clock: Clock | None = None,
        slots: Slots | None = None,
    ) -> None:
        self.settings = settings
        self._hosts, self._unknown_name, self._landing = hosts, unknown_name, landing
        self._clock, self._watch = clock or SystemClock(), watch or Watch()
        self._network = network or network_of(settings.test_network)
        self._client = httpx.Client(
            transport=GuardedTransport(self._network, settings, self._watch, slots),
            trust_env=False,
            follow_redirects=False,
            headers=HEADERS,
        )

    def judge(self, host: str) -> None:
        """Refuses a name that leads into a network that is not public; does not connect."""
        try:
            judged(host, self._network)
        except NoSuchName:
            return

    def has_cookie(self, name: str) -> bool:
        """Whether a host of this visit has set it."""
        return any(cookie.name == name for cookie in self._client.cookies.jar)

    def forget(self) -> None:
        """Throws every cookie away, as a new visitor has none."""
        self._client.cookies.clear()

    def get(
        self, address: Address, headers: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer at the end of the redirects; `secrets` are headers for the first host alone."""
        return self.ask(Ask(address, headers or {}, secrets or {}))

    def step(self, address: Address, headers: Mapping[str, str] | None = None) -> Address | None:
        """Where one redirect leads; None where there is none."""
        if not self._hosts(address.host):
            raise stop("unsafe_address")
        response = self._send(Ask(address, headers or {}))
        response.close()
        if response.status_code not in REDIRECTS:
            return None
        following = followed(address, response.headers.get("location", ""))
        if (code := self._landing(following)) is not None:
            raise stop(code)
        return following

    def ask(self, ask: Ask) -> Answer:
        """The answer at the end of the redirects, of which each is judged. An address at the end that was made for us
        may have run out: it is asked for again from the beginning, once, before anything is judged."""
        answer = self._followed(ask)
        if answer.signed and answer.status in RUN_OUT and ask.method == "GET":
            answer.close()
            answer = self._followed(ask)
        return answer

    def _followed(self, ask: Ask) -> Answer:
        first = ask.address
        for hop in range(self.settings.redirects + 1):
            if not self._hosts(ask.address.host):
                raise stop("unsafe_address")
            response = self._send(ask)
            if response.status_code not in REDIRECTS:
                answer = Answer(response, ask.address, self.settings.timeout_headers, self._watch.read)
                answer.signed = hop > 0 and ask.address.host != first.host
                return answer
            response.close()
            following = followed(ask.address, response.headers.get("location", ""))
            if (code := self._landing(following)) is not None:
                raise stop(code)
            ask = _onward(ask, following, response.status_code)
        raise stop("provider_changed")

    def refused(self, answer: Answer, code: str, label: str) -> Stop:
        """The Stop for an answer that is not the file, with the time to come back where the answer names one."""
        if code in OPERATORS:
            log.error("a provider needs our attention code=%s provider=%s status=%d", code, label, answer.status)
        now, longest = self._clock.now(), self.settings.retry_after_max
        wait = retry_after(answer.headers.get("retry-after"), now, longest) if code in PASSING else None
        return stop(code, wait, provider=label, **({} if wait is None else {"time": as_time(now + wait)}))

    def _send(self, ask: Ask) -> httpx.Response:
        target = ask.address.target.encode("ascii")
        request = self._client.build_request(
            ask.method,
            httpx.URL(scheme="https", host=ask.address.host, raw_path=target),
            headers={**ask.headers, **ask.secrets},
            content=ask.body or None,
            extensions={"target": target},  # byte for byte: a signature covers it
        )
        if ask.method == "POST" and not ask.body:
            request.headers["content-length"] = "0"
        try:
            with effect("http.get"):
                response = self._client.send(request, stream=True)
        except NoSuchName:
            if self._unknown_name == "provider_down":
                raise Unanswered from None
            raise stop(self._unknown_name) from None
        except httpx.HTTPError:  # our transport raises none: this is a redirect that cannot even be read
            raise stop("unsafe_address") from None
        self._watch.answered(ask.method, ask.address, response.status_code, response.headers)
        try:
            self._check(response)
        except Stop:
            response.close()
            raise
        return response

    def _check(self, response: httpx.Response) -> None:
        """Answers that two readers could read in two ways, or that must be inflated, are not read at all."""
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


def _onward(ask: Ask, following: Address, status: int) -> Ask:
    """The next request: what is secret stays behind with a change of host, and so does what was posted."""
    if following.host != ask.address.host:
        ask = replace(ask, secrets={}, body=b"", method="GET" if ask.method == "POST" else ask.method)
    if status not in KEPT_METHOD and ask.method == "POST":
        kept = {name: value for name, value in ask.headers.items() if name.lower() != "content-type"}
        ask = replace(ask, method="GET", body=b"", headers=kept)
    return replace(ask, address=following)


def followed(address: Address, location: str) -> Address:
    """Where a redirect leads; anything that a pasted link could not be is refused like a forbidden address."""
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
