"""A worker is killed while the clinic watches: the page continues without a click and nothing is lost."""

import os
import signal

import pytest
from playwright.sync_api import Browser

from e2e.journey import Journey
from e2e.pages.matches import Matches
from e2e.pages.progress import Progress
from e2e.pages.review import Review
from e2e.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


def test_a_worker_is_killed_while_the_page_watches(product: Product, browser: Browser) -> None:
    page = browser.new_page()
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/progress/events" in request.url else None)
    journey = Journey(page, product.url)
    journey.enter()
    journey.start()
    journey.get_ready()
    journey.hand_over()
    journey.close_gaps()
    journey.match()

    Matches(page, journey.move).start_trial()
    killed = product.workers()
    assert killed, "there has to be a worker to kill"
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    Progress(page, journey.move).watch_until("review")

    terms = Review(page, journey.move).sum()
    read = terms.pop("rows in your export")
    assert sum(terms.values()) == read
    assert not set(killed) & set(product.workers()), "another worker has to have taken over"
    assert streams
    assert len(streams) == len(set(streams)), "a page opens one stream of numbers, not two"
