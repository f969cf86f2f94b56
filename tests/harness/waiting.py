"""Waits of tests: each waits for an event, up to a ceiling that one setting raises for a slow or busy machine.

`TEST_PATIENCE=3 make test` makes every ceiling three times as long; a test that passes is no slower. Without the
setting, `make test` takes it from the load of the machine.
"""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Page

T = TypeVar("T")

SETTING = "TEST_PATIENCE"
MOST = 10.0  # times as long, on the busiest machine
POLL_SECONDS = 0.05
USUAL_SECONDS = 300.0


def patience(seconds: float) -> float:
    """The ceiling of a wait: the seconds that suffice on a machine of our own, times TEST_PATIENCE."""
    return seconds * float(os.environ.get(SETTING) or 1)


def patience_for(load: float, processors: int) -> float:
    """The TEST_PATIENCE for a machine on which `load` processes want to run: at least 1."""
    return min(max(load / processors, 1.0), MOST)


def patience_ms(seconds: float) -> float:
    """The same in milliseconds, as the browser takes ceilings."""
    return patience(seconds) * 1000


class Ceiling:
    """The end of a wait that a loop makes by itself."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + patience(seconds)

    @property
    def left(self) -> float:
        """The seconds that are left, or 0."""
        return max(self._end - time.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        return not self.left

    def pause(self) -> None:
        """Pauses before the loop looks again."""
        time.sleep(POLL_SECONDS)


def happens(event: Callable[[], object], seconds: float = USUAL_SECONDS, poll: float = POLL_SECONDS) -> bool:
    """Waits until `event` is true, and returns whether it became true within `seconds` times TEST_PATIENCE."""
    ceiling = Ceiling(seconds)
    while not event():
        if ceiling.is_over:
            return False
        time.sleep(poll)
    return True


def until(event: Callable[[], T], seconds: float = USUAL_SECONDS, poll: float = POLL_SECONDS) -> T:
    """Waits until `event` is true, and returns its value. Fails after `seconds` times TEST_PATIENCE."""
    ceiling = Ceiling(seconds)
    while not (value := event()):
        if ceiling.is_over:
            raise AssertionError(f"it did not happen in {patience(seconds):.0f} s; {SETTING} raises this limit")
        time.sleep(poll)
    return value


def take_time(seconds: float) -> None:
    """Takes time on purpose, for a fake that is slow and for a fault at a random moment. Nothing waits for it."""
    time.sleep(seconds)


def pause_in_page(page: "Page") -> None:
    """Pauses a loop, while the browser's requests reach the handlers of the test."""
    page.wait_for_timeout(POLL_SECONDS * 1000)


def hang() -> NoReturn:
    """Does nothing until the process is killed."""
    while True:
        time.sleep(3600)
