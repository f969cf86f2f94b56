"""How a link's problem is raised: with its code, and with whether the same work may succeed later by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from app.errors import Stop
from app.problems import Level, Problem

PASSING = {"provider_rate_limited", "provider_down", "provider_blocked", "link_quota"}
RETRIED = PASSING | {"download_incomplete", "no_space"}
FALLS_OVER = {"credentials_rejected", "provider_blocked"}  # another route may do better
OPERATORS = {"credentials_missing", "credentials_rejected", "provider_blocked", "provider_changed"}


def stop(code: str, retry_after: float | None = None, **details: str) -> Stop:
    """A Stop with this code; `details` hold a provider's label, a display name, a size or a time, never a link."""
    return Stop(Problem(code, level=Level.STOPS, details=details), retryable=code in RETRIED, retry_after=retry_after)


@contextmanager
def telling(**details: str) -> Iterator[None]:
    """A Stop that leaves this block knows these details, unless it knew better."""
    try:
        yield
    except Stop as reason:
        reason.problem = replace(reason.problem, details={**details, **reason.problem.details})
        raise
