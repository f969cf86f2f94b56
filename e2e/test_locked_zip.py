"""A clinic hands over a zip with a password, is asked for the password, mistypes it, and continues."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.journey import Journey
from e2e.pages.handover import Handover
from e2e.pages.progress import Progress
from e2e.pages.zip_password import ZipPassword
from e2e.product import Product
from tests.harness.browser import axe, scrolls_sideways
from tests.wizard.questionable import few
from tests.wizard.test_zip_password import SECRET, closed

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


def ask(page: Page, move: str) -> ZipPassword:
    """Watches until reading has stopped, and follows to where the password is asked for."""
    link = page.get_by_role("link", name="Enter the password")
    expect(link).to_be_visible()
    link.click()
    expect(page.locator("h1")).to_have_text("Your zip is locked with a password")
    return ZipPassword(page, move)


def test_a_locked_zip_is_opened_with_its_password(product: Product, browser: Browser, tmp_path: Path) -> None:
    export = tmp_path / "export.zip"
    export.write_bytes(closed(few()))
    context = browser.new_context(viewport={"width": 320, "height": 900})
    page = context.new_page()
    journey = Journey(page, product.url)
    journey.enter()
    journey.start()
    journey.get_ready()
    Handover(page, journey.move).upload(export)

    asking = ask(page, journey.move)
    assert axe(page) == []
    assert not scrolls_sideways(page)
    asking.enter("harbour")

    asking = ask(page, journey.move)
    expect(page.locator("main")).to_contain_text("That password does not open the zip")
    assert axe(page) == []
    asking.enter(SECRET)
    Progress(page, journey.move).wait_until("handover")
    context.close()
