"""A session with a provider for one link: the provider, its routes, and the plan for retries."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.clock import backoff, format_time
from app.links.connection_slots import SlotsByProvider
from app.links.download_observer import DownloadObserver
from app.links.guard import TrafficObserver
from app.links.link_problems import FALLBACK, PASSING, stop, with_details
from app.links.link_settings import LinkSettings
from app.links.network_errors import ConnectionLost, NoResponse
from app.links.provider import LinkContents, Provider, Route
from app.links.provider_registry import provider_of
from app.links.response import ProviderResponse
from app.links.response_checks import build_size_stop
from app.links.share_link import ShareLink
from app.links.web_client import WebClient
from app.problems import Problem

log = logging.getLogger(__name__)
BLOCKED_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """The retry after a temporary problem: the problem code, and the seconds to wait.

    `limited` counts rate limit responses in a row, `waits` counts waits for a quota.
    """

    code: str
    wait: float
    limited: int
    waits: int


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """A link, its provider, and the client for the provider's hosts."""

    link: ShareLink
    provider: Provider
    web: WebClient

    @property
    def label(self) -> str:
        return self.provider.label(self.link)

    def route(self, state: FileState) -> Route:
        """The route of a file. The provider's best route replaces a route that is no longer available."""
        routes = self.provider.routes(self.web.settings)
        return next((route for route in routes if route.name == state.route), routes[0])

    def find_fallback(self, state: FileState, reason: Stop) -> str | None:
        """The name of another route for a file whose route failed, at most once for a file. None without a fallback."""
        if state.fell_over or reason.problem.code not in FALLBACK:
            return None
        names = [route.name for route in self.provider.routes(self.web.settings)]
        return next((name for name in names if name != self.route(state).name), None)

    def to_operator_problem(self, reason: Stop) -> Problem:
        """The problem of a failed route with the provider's label, for operators. Writes a log line."""
        log.error("route given up code=%s provider=%s", reason.problem.code, self.provider.name)
        return replace(reason.problem, details={"provider": self.label, **reason.problem.details})

    def refused(self, route: Route, response: ProviderResponse) -> Stop:
        """The Stop for a response that is not the file."""
        return self.web.refused(response, route.problem(response), self.label)

    def build_stop(self, code: str, retry_after: float | None = None, **details: str) -> Stop:
        """A Stop that names the provider."""
        return stop(code, retry_after, provider=self.label, **details)

    def plan_retry(self, reason: Stop, attempts: int, limited: int, waits: int) -> RetryPlan:
        """The retry after a temporary problem. Too many rate limit responses in a row become `provider_blocked`."""
        code, wait, rate_limits = reason.problem.code, reason.retry_after, self.provider.rate_limits
        limited = limited + 1 if code == "provider_rate_limited" else 0
        if rate_limits.blocked_after is not None and limited >= rate_limits.blocked_after:
            code, limited = "provider_blocked", 0
        if code == "provider_blocked":
            wait = max(wait or 0.0, BLOCKED_SECONDS)
        elif code == "link_quota" and wait is None:
            wait = min(rate_limits.quota_seconds * 2.0**waits, rate_limits.quota_longest)
            waits += 1
        elif wait is None:
            settings = self.web.settings
            wait = backoff(attempts, settings.backoff_first, settings.backoff_max)
        return RetryPlan(code, wait, limited, waits)

    def probe(self, observer: DownloadObserver) -> tuple[LinkContents, str]:
        """The contents of the link, and the name of the route that succeeded. Raises Stop.

        Another route is tried where a route fails for a reason that is not the link's.
        """
        routes = list(self.provider.routes(self.web.settings))
        failed: Stop | None = None
        for place, route in enumerate(routes):
            try:
                return self._probe(route, observer), route.name
            except Stop as reason:
                if reason.problem.code not in FALLBACK:
                    if failed is not None and failed.retryable and reason.retryable:
                        raise failed from None  # both are temporary: the first route's problem lasts longer
                    raise
                failed = failed or reason
                if place + 1 < len(routes):
                    observer.report(self.to_operator_problem(reason))
        assert failed is not None  # noqa: S101 - a provider has at least one route
        raise failed

    def _probe(self, route: Route, observer: DownloadObserver) -> LinkContents:
        """The contents of the link by one route. Temporary problems are retried while the observer's patience lasts."""
        attempts = waits = 0
        while True:
            observer.check_interruption()
            try:
                contents = route.probe(self.link, self.web)
            except (NoResponse, ConnectionLost):
                reason = self.build_stop("provider_down")
            except Stop as failure:
                if failure.problem.code not in PASSING:
                    raise
                reason = failure
            else:
                size = sum(file.size or 0 for file in contents.files)
                if size > self.web.settings.max_bytes:
                    raise build_size_stop(size, self.web.settings.max_bytes)
                observer.limited = 0
                return contents
            attempts += 1
            retry = self.plan_retry(reason, attempts, observer.limited, waits)
            observer.limited, waits = retry.limited, retry.waits
            if attempts >= self.web.settings.attempts or retry.wait > observer.patience:
                at = observer.clock.now() + retry.wait
                raise self.build_stop(retry.code, retry.wait, time=format_time(at))
            observer.patience -= retry.wait
            observer.wait(retry.wait, observer.check_interruption)


@contextmanager
def open_session(
    link: ShareLink,
    settings: LinkSettings,
    observer: DownloadObserver,
    traffic: TrafficObserver | None,
    slots: SlotsByProvider | None,
) -> Iterator[ProviderSession]:
    """Checks the link and opens a session. A Stop that is raised in the block names the provider."""
    provider = provider_of(link)
    with with_details(provider=provider.label(link)):
        provider.check(link, settings)
        web = WebClient(
            settings,
            lambda host: provider.allows(host, settings),
            unknown_name=provider.unknown_name,
            redirect_problem=provider.redirect_rules.problem,
            traffic=replace(traffic or TrafficObserver(), waiting=observer.check_interruption),
            clock=observer.clock,
            slots=slots(provider.name) if slots else None,
        )
        with web:
            yield ProviderSession(link, provider, web)


@contextmanager
def level_refusal_time(observer: DownloadObserver, settings: LinkSettings) -> Iterator[None]:
    """Delays the refusal of an address to a fixed time, so that the time reveals nothing about a private network."""
    clock = observer.clock
    began = clock.monotonic()
    try:
        yield
    except Stop as reason:
        if reason.problem.code in ("unsafe_address", "link_not_recognised"):
            clock.sleep(max(0.0, settings.refusal_seconds - (clock.monotonic() - began)))
        raise
