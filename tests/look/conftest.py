"""A browser that all of these tests share, and a visitor with a fresh window, in light and in dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    visit = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    yield visit.new_page()
    visit.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    visit = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    yield visit.new_page()
    visit.close()
