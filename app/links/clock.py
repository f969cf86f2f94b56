"""Time, as a download sees it: how long to wait, and until when. Tests bring a clock of their own."""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """The time of day, in seconds since 1970."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def backoff(attempt: int, first: float, longest: float) -> float:
    """Doubling waits with full jitter: anything from nothing to the wait of this attempt (the first is 1)."""
    ceiling = min(longest, first * 2.0 ** min(attempt - 1, 60))
    return random.uniform(0, ceiling)  # noqa: S311 - spreads retries, guards nothing


def retry_after(text: str | None, now: float, longest: float) -> float | None:
    """What a Retry-After header asks for, in seconds: a number or a date. Nonsense asks for nothing."""
    if text is None:
        return None
    said = text.strip()
    if said.isascii() and said.isdigit():
        wait = float(said[:18])
    else:
        try:
            wait = parsedate_to_datetime(said).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(wait, longest) if wait >= 0 else None


def as_time(seconds: float) -> str:
    """A moment as problems carry it: 2026-11-22T13:45Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")
