"""A browser that all tests of a module share, and a fresh page for each test, in light and in dark."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.harness.browser import chromium, warm_context

SCREEN = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """Gives the browser context of a colour scheme. A second call gives the same context."""
    with ExitStack() as stack:

        @cache
        def context_of(scheme: str) -> BrowserContext:
            return stack.enter_context(warm_context(browser, color_scheme=scheme, viewport=SCREEN))

        yield context_of


@pytest.fixture(params=["light", "dark"])
def page(contexts: Callable[[str], BrowserContext], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new page, without cookies and with a session storage of its own."""
    context = contexts(request.param)
    fresh = context.new_page()
    yield fresh
    fresh.close()
    context.clear_cookies()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    visit = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    yield visit.new_page()
    visit.close()
