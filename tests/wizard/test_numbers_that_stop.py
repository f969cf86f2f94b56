"""A page whose numbers no longer come says so, and goes on by itself when the server answers again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.migration.states import Event
from app.web.navigation import page_of
from tests.conftest import At
from tests.harness.browser import axe, chromium, scrolls_sideways, served_app
from tests.harness.product import MEGAN, Product
from tests.harness.waiting import patience_ms
from tests.wizard.relay import Line, Relay, relayed
from tests.wizard.test_progress import happens, submit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TITLE = "The numbers are not live at the moment"
NOTE = "#no-news"
REACHED = ((Event.FETCHED,), (Event.FETCHED, Event.READ), (Event.FETCHED, Event.FAIL))
"""What happens to a move that is being fetched. Some of these states have numbers that change, others have none."""
ROOT_DATA = "document.documentElement.dataset"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def product(product_at: At) -> Product:
    product = product_at("preparing")
    submit(product)
    return product


@pytest.fixture
def line(product: Product) -> Iterator[Relay]:
    with served_app(product.app) as address, relayed(address) as relay:
        yield relay


@pytest.fixture
def page(product: Product, line: Relay, browser: Browser) -> Iterator[Page]:
    """The progress page, at which numbers have come."""
    visit = browser.new_context(viewport={"width": 390, "height": 900})
    megan = product.visitor(MEGAN)
    visit.add_cookies([{"name": name, "value": value, "url": line.address} for name, value in megan.cookies.items()])
    page = visit.new_page()
    page.add_init_script(
        "addEventListener('htmx:sse:after:message', () => { document.documentElement.dataset.came = '' })"
    )
    page.goto(f"{line.address}{product.at}/progress")
    numbers_come(page)
    yield page
    visit.close()


def numbers_come(page: Page) -> None:
    expect(page.locator("html[data-came]")).to_be_attached()


def test_live_numbers_have_no_note(page: Page) -> None:
    expect(page.locator(NOTE)).to_be_hidden()


@pytest.mark.parametrize("away", [Line.CUT, Line.SILENT], ids=["cut", "silent"])
def test_a_page_says_that_its_numbers_are_old_until_new_ones_come(page: Page, line: Relay, away: Line) -> None:
    line.becomes(away)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible(timeout=patience_ms(20))
    assert page.locator("[data-since]").inner_text().count(":") == 2
    expect(page.locator(".while-live")).to_be_hidden()
    assert axe(page) == []
    assert not scrolls_sideways(page)

    page.evaluate(f"delete {ROOT_DATA}.came")
    line.becomes(Line.WHOLE)
    numbers_come(page)
    expect(page.locator(NOTE)).to_be_hidden(timeout=patience_ms(20))
    expect(page.locator(".while-live")).to_be_visible()


def test_a_page_without_a_line_says_so_at_once(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(NOTE)).to_be_hidden()


@pytest.mark.parametrize("is_stream_lost", [False, True], ids=["the line was cut", "the stream never returns"])
@pytest.mark.parametrize("reached", REACHED, ids=lambda events: events[-1].value)
def test_a_page_goes_on_to_the_page_of_the_step_that_was_reached_meanwhile(
    product: Product, page: Page, line: Relay, reached: tuple[Event, ...], is_stream_lost: bool
) -> None:
    before = page.locator("h1").inner_text()
    line.becomes(Line.CUT)
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    for event in reached:
        happens(product, event, "work_failed" if event is Event.FAIL else None)
    if is_stream_lost:
        page.route("**/progress/events*", lambda route: route.abort())
    line.becomes(Line.WHOLE)
    expect(page.locator("h1")).not_to_have_text(before, timeout=patience_ms(30))
    expect(page).to_have_url(re.compile(f"{product.at}/{page_of(product.move())}"))


def test_a_page_whose_first_numbers_never_came_looks_again(product: Product, line: Relay, page: Page) -> None:
    page.route("**/progress/events*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.unroute("**/progress/events*")
    numbers_come(page)
    expect(page.locator(NOTE)).to_be_hidden()
