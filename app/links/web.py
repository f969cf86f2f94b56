"""One clinic's visit to a provider: our own requests, redirects followed by ourselves, each hop judged.

Cookies live as long as the visit and go by their own domains. What is secret leaves with a change of host.
"""

import re
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx

from app.errors import Stop
from app.links.answer import Answer
from app.links.clock import Clock, SystemClock, as_time, retry_after
from app.links.cuts import Unanswered
from app.links.guard import GuardedTransport, Watch, judged
from app.links.link import Address
from app.links.network import Network, NoSuchName, network_of
from app.links.normalise import parse
from app.links.problems import PASSING, stop
from app.links.settings import LinkSettings

REDIRECTS = {301, 302, 303, 307, 308}
HEADERS = {"user-agent": "caspen-import", "accept": "*/*", "accept-encoding": "identity"}
HostRule = Callable[[str], bool]


class Web:
    """Sends GET requests to the hosts that `hosts` allows. `unknown_name` is the problem of a name that is not."""

    def __init__(
        self,
        settings: LinkSettings,
        hosts: HostRule,
        *,
        unknown_name: str = "provider_down",
        network: Network | None = None,
        watch: Watch | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self._hosts, self._unknown_name = hosts, unknown_name
        self._clock = clock or SystemClock()
        self._network = network or network_of(settings.test_network)
        self._client = httpx.Client(
            transport=GuardedTransport(self._network, settings, watch or Watch()),
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

    def get(
        self, address: Address, headers: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer at the end of the redirects; `secrets` are headers for the first host alone."""
        sent = dict(headers or {}) | dict(secrets or {})
        for _ in range(self.settings.redirects + 1):
            if not self._hosts(address.host):
                raise stop("unsafe_address")
            response = self._send(address, sent)
            if response.status_code not in REDIRECTS:
                return Answer(response, address.host, self.settings.timeout_headers)
            response.close()
            following = _followed(address, response.headers.get("location", ""))
            if following.host != address.host:
                sent = {name: value for name, value in sent.items() if name not in (secrets or {})}
            address = following
        raise stop("provider_changed")

    def refused(self, answer: Answer, code: str, label: str) -> Stop:
        """The Stop for an answer that is not the file, with the time to come back where the answer names one."""
        now, longest = self._clock.now(), self.settings.retry_after_max
        wait = retry_after(answer.headers.get("retry-after"), now, longest) if code in PASSING else None
        return stop(code, wait, provider=label, **({} if wait is None else {"time": as_time(now + wait)}))

    def _send(self, address: Address, headers: Mapping[str, str]) -> httpx.Response:
        target = address.target.encode("ascii")
        request = self._client.build_request(
            "GET",
            httpx.URL(scheme="https", host=address.host, raw_path=target),
            headers=dict(headers),
            extensions={"target": target},  # byte for byte: a signature covers it
        )
        try:
            response = self._client.send(request, stream=True)
        except NoSuchName:
            if self._unknown_name == "provider_down":
                raise Unanswered from None
            raise stop(self._unknown_name) from None
        except httpx.HTTPError:  # our transport raises none: this is a redirect that cannot even be read
            raise stop("unsafe_address") from None
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


def _followed(address: Address, location: str) -> Address:
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
