"""The clock of a download, and the length of a wait before a retry. Tests replace the clock."""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970."""

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def backoff(attempt: int, first: float, longest: float) -> float:
    """Seconds before a retry: random between 0 and a ceiling that doubles with each attempt. The first attempt is 1."""
    ceiling = min(longest, first * 2.0 ** min(attempt - 1, 60))
    return random.uniform(0, ceiling)  # noqa: S311 - spreads retries, guards nothing


def retry_after(text: str | None, now: float, longest: float) -> float | None:
    """The wait of a Retry-After header in seconds, at most `longest`. An invalid header returns None."""
    if text is None:
        return None
    value = text.strip()
    if value.isascii() and value.isdigit():
        wait = float(value[:18])
    else:
        try:
            wait = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(wait, longest) if wait >= 0 else None


def format_time(seconds: float) -> str:
    """Seconds since 1970 as problems carry a time: 2026-11-22T13:45Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")
