"""Raises the problems of links, and lists the problems that a later retry may solve."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from app.errors import Stop
from app.problems import Level, Problem

PASSING = {"provider_rate_limited", "provider_down", "provider_blocked", "link_quota"}
RETRIED = PASSING | {"download_incomplete", "no_space"}
FALLBACK = {"credentials_rejected", "provider_blocked"}  # another route may succeed
OPERATORS = {"credentials_missing", "credentials_rejected", "provider_blocked", "provider_changed"}


def stop(code: str, retry_after: float | None = None, **details: str) -> Stop:
    """Builds a Stop. `details` hold a provider's label, a display name, a size or a time, never a link."""
    return Stop(Problem(code, level=Level.STOPS, details=details), retryable=code in RETRIED, retry_after=retry_after)


@contextmanager
def with_details(**details: str) -> Iterator[None]:
    """Adds details to a Stop that is raised in the block. Details that the Stop has already win."""
    try:
        yield
    except Stop as reason:
        reason.problem = replace(reason.problem, details={**details, **reason.problem.details})
        raise
