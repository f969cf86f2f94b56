"""A clinic moves, from sign-in to its live workspace; every page on the way can be read by everyone."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from e2e.journey import Journey
from e2e.pages.checklist import Checklist
from e2e.pages.report import Report
from e2e.pages.review import Review
from e2e.product import Product
from tests.harness.browser import axe, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


class Reader:
    """Reads each page in light and dark and on a phone, and collects faults."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.wrong: list[str] = []

    def __call__(self, page: Page, name: str) -> None:
        self.pages.append(name)
        for scheme in ("light", "dark"):
            chosen: Literal["light", "dark"] = "light" if scheme == "light" else "dark"
            page.emulate_media(color_scheme=chosen, reduced_motion="reduce")
            self.wrong += [f"{name}, {scheme}: {line}" for line in axe(page)]
        page.emulate_media(color_scheme="light")
        if scrolls_sideways(page):
            self.wrong.append(f"{name} has to be pushed sideways at 320 pixels")


def test_a_clinic_moves_and_finds_its_records_live(product: Product, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    reader = Reader()
    journey = Journey(page, product.url, reader)

    journey.enter()
    journey.start()
    journey.get_ready()
    journey.hand_over()
    journey.close_gaps()
    checklist = Checklist(page, journey.move)
    assert checklist.state_of("Add every location") == "Done"
    assert checklist.state_of("accept their invitation") == "Done"
    journey.match()
    journey.try_it()
    terms = Review(page, journey.move).sum()
    read = terms.pop("rows in your export")
    assert read > 11_000
    assert sum(terms.values()) == read, "the sum on the page has to balance"
    journey.look_around()
    journey.approve()
    assert any("Switch reminders on" in line for line in Report(page, journey.move).next_things())
    journey.live_clients()

    assert len(set(reader.pages)) >= 25
    assert not reader.wrong, "\n".join(reader.wrong)
    assert not faults, faults
    elsewhere = [url for url in requests if not url.startswith((product.url, "data:"))]
    assert not elsewhere, f"the pages asked other hosts: {elsewhere}"
