"""One visit to a provider for one link: whom we ask, by which route, and what its troubles mean for going on."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from app.errors import Stop
from app.links.answer import Answer
from app.links.checkpoint import FileState
from app.links.clock import as_time, backoff
from app.links.download_observer import Conduct
from app.links.guard import Watch
from app.links.link import Link
from app.links.network_errors import Cut, Unanswered
from app.links.problems import FALLS_OVER, PASSING, stop, telling
from app.links.provider import Found, Provider, Route
from app.links.providers import provider_of
from app.links.response_checks import too_big
from app.links.settings import LinkSettings
from app.links.slots import Slots
from app.links.web import Web
from app.problems import Problem

log = logging.getLogger(__name__)
BLOCKED_SECONDS = 3600.0
Places = Callable[[str], Slots]  # the connections that may be open to a provider, by its name


@dataclass(frozen=True, slots=True)
class Trouble:
    """What passes by itself: its code, how long it is waited for, and how often that has been so in a row."""

    code: str
    wait: float
    limited: int
    waits: int


@dataclass(frozen=True, slots=True)
class Journey:
    """A link, its provider, and the requests that go there."""

    link: Link
    provider: Provider
    web: Web

    @property
    def label(self) -> str:
        return self.provider.label(self.link)

    def route(self, state: FileState) -> Route:
        """The route that a file goes by; the best one where that is gone."""
        routes = self.provider.routes(self.web.settings)
        return next((route for route in routes if route.name == state.route), routes[0])

    def falls_over(self, state: FileState, reason: Stop) -> str | None:
        """The other route, where this one failed in a way that says nothing of the link; once for a file."""
        if state.fell_over or reason.problem.code not in FALLS_OVER:
            return None
        names = [route.name for route in self.provider.routes(self.web.settings)]
        return next((name for name in names if name != self.route(state).name), None)

    def told(self, reason: Stop) -> Problem:
        """For the operators, who alone can mend it."""
        log.error("route given up code=%s provider=%s", reason.problem.code, self.provider.name)
        return replace(reason.problem, details={"provider": self.label, **reason.problem.details})

    def refused(self, route: Route, answer: Answer) -> Stop:
        return self.web.refused(answer, route.problem(answer), self.label)

    def stopped(self, code: str, retry_after: float | None = None, **details: str) -> Stop:
        return stop(code, retry_after, provider=self.label, **details)

    def weighed(self, reason: Stop, attempts: int, limited: int, waits: int) -> Trouble:
        """How long a trouble is waited for. Too many requests to slow down in a row mean that we are blocked."""
        code, wait, manners = reason.problem.code, reason.retry_after, self.provider.manners
        limited = limited + 1 if code == "provider_rate_limited" else 0
        if manners.blocked_after is not None and limited >= manners.blocked_after:
            code, limited = "provider_blocked", 0
        if code == "provider_blocked":
            wait = max(wait or 0.0, BLOCKED_SECONDS)
        elif code == "link_quota" and wait is None:
            wait = min(manners.quota_seconds * 2.0**waits, manners.quota_longest)
            waits += 1
        elif wait is None:
            settings = self.web.settings
            wait = backoff(attempts, settings.backoff_first, settings.backoff_max)
        return Trouble(code, wait, limited, waits)

    def probed(self, conduct: Conduct) -> tuple[Found, str]:
        """What is behind the link, and the route that found it; another route is taken where the first fails for
        reasons of its own."""
        routes = list(self.provider.routes(self.web.settings))
        failed: Stop | None = None
        for place, route in enumerate(routes):
            try:
                return self._probed(route, conduct), route.name
            except Stop as reason:
                if reason.problem.code not in FALLS_OVER:
                    if failed is not None and failed.retryable and reason.retryable:
                        raise failed from None  # both pass by themselves: the first is the longer one
                    raise
                failed = failed or reason
                if place + 1 < len(routes):
                    conduct.tell(self.told(reason))
        assert failed is not None  # noqa: S101 - there is at least one route
        raise failed

    def _probed(self, route: Route, conduct: Conduct) -> Found:
        """The provider's answer; its passing troubles are waited out while patience lasts."""
        attempts = waits = 0
        while True:
            conduct.heard()
            try:
                found = route.probe(self.link, self.web)
            except (Unanswered, Cut):
                reason = self.stopped("provider_down")
            except Stop as told:
                if told.problem.code not in PASSING:
                    raise
                reason = told
            else:
                size = sum(file.size or 0 for file in found.files)
                if size > self.web.settings.max_bytes:
                    raise too_big(size, self.web.settings.max_bytes)
                conduct.limited = 0
                return found
            attempts += 1
            trouble = self.weighed(reason, attempts, conduct.limited, waits)
            conduct.limited, waits = trouble.limited, trouble.waits
            if attempts >= self.web.settings.attempts or trouble.wait > conduct.patience:
                at = conduct.clock.now() + trouble.wait
                raise self.stopped(trouble.code, trouble.wait, time=as_time(at))
            conduct.patience -= trouble.wait
            conduct.wait(trouble.wait, conduct.heard)


@contextmanager
def travelling(
    link: Link, settings: LinkSettings, conduct: Conduct, watch: Watch | None, slots: Places | None
) -> Iterator[Journey]:
    """Opens a visit, after the link itself was looked at; a Stop that leaves it names the provider."""
    provider = provider_of(link)
    with telling(provider=provider.label(link)):
        provider.check(link, settings)
        web = Web(
            settings,
            lambda host: provider.allows(host, settings),
            unknown_name=provider.unknown_name,
            landing=provider.landings.problem,
            watch=replace(watch or Watch(), waiting=conduct.heard),
            clock=conduct.clock,
            slots=slots(provider.name) if slots else None,
        )
        with web:
            yield Journey(link, provider, web)


@contextmanager
def even_refusals(conduct: Conduct, settings: LinkSettings) -> Iterator[None]:
    """Refused addresses all take the same time, so that none tells what stands behind it."""
    clock = conduct.clock
    began = clock.monotonic()
    try:
        yield
    except Stop as reason:
        if reason.problem.code in ("unsafe_address", "link_not_recognised"):
            clock.sleep(max(0.0, settings.refusal_seconds - (clock.monotonic() - began)))
        raise
