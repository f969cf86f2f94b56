"""After a save in a browser, the names page equals the page that is opened anew."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, Route

from tests.conftest import At
from tests.harness.product import BASE, MEGAN, Product, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("look")]
CONTROLS = """() => [...document.querySelectorAll('main select, main input:not([type=hidden])')]
    .map(each => [each.name, each.type === 'checkbox' ? each.checked : each.value])"""
CHOICES = """each => [...each.options].map(option => option.value).filter(value => value !== each.value)"""
SAID = """() => { const main = document.querySelector('main').cloneNode(true); main.querySelector('#kept').remove();
    return main.innerText.split(/\\s+/).join(' ') }"""
FINGERPRINT = "document.querySelector('#drawn-from input').value"


def opened(browser: Browser, visitor: Visitor, address: str) -> Page:
    """A page of the product in a browser, without a network between."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()

    def answer(route: Route) -> None:
        parts, asked = urlsplit(route.request.url), route.request
        headers = {name: value for name, value in asked.headers.items() if name in ("hx-request", "content-type")}
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        response = visitor.request(asked.method, path, content=asked.post_data_buffer, headers=headers)
        route.fulfill(status=response.status_code, body=response.content, content_type=response.headers["content-type"])

    page.route("**/*", answer)
    page.goto(f"{BASE}{address}")
    return page


def saved(page: Page, product: Product, visitor: Visitor, show: str) -> None:
    """Waits for the save, and compares the page with one that is opened anew."""
    anew = opened(page.context.browser or pytest.fail("no browser"), visitor, f"{product.at}/matches?show={show}")
    assert page.evaluate(SAID) == anew.evaluate(SAID)
    assert sorted(page.evaluate(CONTROLS)) == sorted(anew.evaluate(CONTROLS))
    anew.context.close()


@pytest.mark.parametrize("show", ["practitioners", "locations", "services", "leave_out"])
def test_after_each_save_the_page_says_what_it_says_when_opened_anew(
    browser: Browser, product_at: At, show: str
) -> None:
    product = product_at("matching")
    product.close_gaps()
    visitor = product.visitor(MEGAN)
    page = opened(browser, visitor, f"{product.at}/matches?show={show}")
    selects = page.locator("main select[id^=name-]")
    ticks = page.locator("main input[type=checkbox]")
    assert selects.count() + ticks.count() > 0
    for number in range(min(selects.count(), 3)):
        select = page.locator(f"#name-{number + 1}")
        for value in select.evaluate(CHOICES)[-2:]:
            before = page.evaluate(FINGERPRINT)
            select.focus()
            select.select_option(value)
            page.wait_for_function(f"before => {FINGERPRINT} !== before", arg=before)
            assert page.evaluate("document.activeElement.id") == f"name-{number + 1}", "the focus stays with the name"
            saved(page, product, visitor, show)
    for number in range(min(ticks.count(), 1)):
        before = page.evaluate(FINGERPRINT)
        ticks.nth(number).check()
        page.wait_for_function(f"before => {FINGERPRINT} !== before", arg=before)
        saved(page, product, visitor, show)


def test_what_a_person_chooses_while_a_save_runs_is_kept_and_saved(browser: Browser, product_at: At) -> None:
    product = product_at("matching")
    page = opened(browser, product.visitor(MEGAN), f"{product.at}/matches?show=practitioners")
    second = page.locator("#name-2").get_attribute("name") or ""

    def is_second(response: Response) -> bool:
        return parse_qs(response.request.post_data or "").get(second) == ["leave_out"]

    with page.expect_response(is_second):
        page.evaluate(
            """() => ['name-1', 'name-2'].map(id => document.getElementById(id)).forEach(each => {
                each.value = 'leave_out'; each.dispatchEvent(new Event('change', {bubbles: true})) })"""
        )
    page.reload()
    assert [page.locator(f"#name-{number}").input_value() for number in (1, 2)] == ["leave_out", "leave_out"]
