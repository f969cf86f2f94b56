"""A double click starts an upload and ends nothing: no destructive act appears under the pointer."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.templating import TEMPLATES
from tests.conftest import At
from tests.harness.browser import axe, chromium, scrolls_sideways, served_app
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN, Product
from tests.wizard.test_pieces import GRAIN, begin, large, piece

FORM = re.compile(r'<form [^>]*action="(?P<action>[^"]*)"[^>]*>')
END = "Delete what is here"
ENDING = re.compile(r"/(upload/stop|handover/replace|link/forget|pause|cancel|undo|report/delete|withdraw)$")
UNDER = """([x, y]) => {
    const pressed = document.elementFromPoint(x, y)?.closest("button, a, summary");
    return pressed && !pressed.disabled ? pressed.textContent.trim() : "";
}"""


@pytest.fixture
def product(product_at: At) -> Product:
    return product_at("preparing")


@pytest.fixture
def site(product: Product) -> Iterator[str]:
    with served_app(product.app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def opened(product: Product, site: str, browser: Browser, width: int) -> Page:
    visit = browser.new_context(viewport={"width": width, "height": 900})
    megan = product.visitor(MEGAN)
    visit.add_cookies([{"name": name, "value": value, "url": site} for name, value in megan.cookies.items()])
    page = visit.new_page()
    page.goto(f"{site}{product.at}/handover")
    return page


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_double_click_on_the_upload_stops_nothing(
    product: Product, site: str, browser: Browser, width: int, tmp_path: Path
) -> None:
    export = tmp_path / "export.zip"
    export.write_bytes(large())
    page = opened(product, site, browser, width)
    held: list[Route] = []
    page.route("**/piece", lambda route: held.append(route))  # the upload is on its way until the test says otherwise
    stops: list[str] = []
    page.on("request", lambda request: stops.append(request.url) if request.url.endswith("/stop") else None)
    page.locator("input[name=files]").set_input_files(str(export))
    button = page.get_by_role("button", name="Upload and read")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.dblclick(*middle, delay=150)

    stop = page.get_by_text("Stop the upload", exact=True)
    expect(stop).to_be_visible()
    assert page.evaluate(UNDER, middle) == "", "an act has come to lie where the person has just pressed"
    page.mouse.click(*middle)
    assert stops == []
    assert page.url.endswith("/handover")
    assert axe(page) == []
    assert not scrolls_sideways(page)
    stop.click()
    expect(page.locator("main")).to_contain_text("What arrived is deleted")
    page.get_by_role("button", name="Stop, and delete what arrived").click()
    expect(page.locator("main")).to_contain_text("Megan Doyle stopped it")
    assert len(stops) == 1
    assert axe(page) == []
    page.context.close()


def redirects(product: Product, site: str, browser: Browser) -> Page:
    """The page of an upload after a press on the page before. The page's clock is stopped."""
    begin(product, ("a.zip", 10))
    page = opened(product, site, browser, 1280)
    page.add_init_script("Date.now = () => window.minute ?? 1000000")
    page.goto(f"{site}{product.at}/help")
    page.evaluate(
        f"document.querySelector('main').insertAdjacentHTML('afterbegin', '<a href={product.at}/handover>On</a>')"
    )
    page.get_by_role("link", name="On", exact=True).click()
    expect(page.get_by_role("button", name=END)).to_be_visible()
    return page


@pytest.mark.browser
def test_an_immediate_click_is_never_ignored(product: Product, site: str, browser: Browser) -> None:
    begin(product, ("a.zip", 10))
    page = opened(product, site, browser, 1280)
    page.add_init_script("performance.now = () => 0; Date.now = () => 1000000")  # no time passes, however slow we are
    page.reload()
    page.get_by_role("button", name=END).click()
    expect(page.locator("main")).to_contain_text("Megan Doyle stopped it")
    page.context.close()


@pytest.mark.browser
def test_the_second_click_of_a_double_click_that_led_to_the_page_ends_nothing(
    product: Product, site: str, browser: Browser
) -> None:
    page = redirects(product, site, browser)
    button = page.get_by_role("button", name=END)
    button.click()
    expect(button).to_be_visible()
    page.evaluate("window.minute = 1000499")
    button.click(button="left", force=True, position={"x": 3, "y": 3})
    expect(button).to_be_visible()
    page.evaluate("window.minute = 1000500")
    button.click()
    expect(page.locator("main")).to_contain_text("Megan Doyle stopped it")
    page.context.close()


@pytest.mark.browser
def test_a_double_click_sends_the_form_once(product: Product, site: str, browser: Browser) -> None:
    begin(product, ("a.zip", 10))
    page = opened(product, site, browser, 1280)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name=END).dblclick()
    expect(page.locator("main")).to_contain_text("Megan Doyle stopped it")
    assert len(sent) == 1
    page.context.close()


@pytest.mark.browser
def test_a_key_is_never_the_second_press_of_a_double_click(product: Product, site: str, browser: Browser) -> None:
    page = redirects(product, site, browser)
    page.get_by_role("button", name=END).press("Enter")
    expect(page.locator("main")).to_contain_text("Megan Doyle stopped it")
    page.context.close()


def test_every_form_that_ends_something_is_marked_so() -> None:
    ending, unmarked = 0, []
    for path in sorted(TEMPLATES.rglob("*.html")):
        for form in FORM.finditer(path.read_text()):
            if ENDING.search(form["action"]):
                ending += 1
                unmarked += [] if " data-ends" in form[0] else [f"{path.name}: {form['action']}"]
    assert ending >= 14
    assert unmarked == []


def test_a_stopped_upload_is_mentioned_until_the_next_handover(product: Product) -> None:
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])
    megan = product.visitor(MEGAN)
    assert "was stopped" not in words(megan.get(f"{product.at}/handover"))
    done(megan.post(f"{product.at}/upload/stop"))
    assert "Megan Doyle stopped it" in words(megan.get(f"{product.at}/handover"))
    begin(product, ("a.zip", len(data)))
    assert "stopped it" not in words(megan.get(f"{product.at}/handover"))


def test_a_new_upload_survives_leaving_the_page(product: Product) -> None:
    megan = product.visitor(MEGAN)
    before = megan.get(f"{product.at}/handover").text
    old = re.search(r'upload/stop"[^>]*>\s*<input type="hidden" name="basis" value="([^"]+)"', before)
    assert old is not None
    begin(product, ("a.zip", 10))
    answer = megan.post(f"{product.at}/upload/stop", data={"basis": old[1]})
    assert answer.status_code == 409
    text = words(answer)
    assert "1 file of an upload is sent or begun" in text
    assert "another upload" not in text
    leave = re.search(r'href="([^"]+)"[^>]*>Leave it as it is now', answer.text)
    assert leave is not None
    assert "of an upload are here" in words(megan.get(leave[1]))
