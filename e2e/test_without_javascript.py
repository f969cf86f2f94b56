"""The same move with JavaScript switched off: real forms, real pages, and progress by loading again."""

import pytest
from playwright.sync_api import Browser

from e2e.journey import Journey
from e2e.pages.report import Report
from e2e.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


def test_a_clinic_moves_without_javascript(product: Product, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    journey = Journey(page, product.url)

    journey.whole(only_look=False)

    Report(page, journey.move).open()
    assert "You are live on Caspen" in page.locator("h1").inner_text()
    context.close()
