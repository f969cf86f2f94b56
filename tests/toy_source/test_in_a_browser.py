"""The choice of a system on the start page, as a person with a browser uses it, with JavaScript and without."""

import pytest

from app.sandbox.demo import WORKSPACE
from tests.harness.browser import axe, chromium, scrolls_sideways, served_app
from tests.harness.page_text import headline
from tests.harness.product import MEGAN, Product
from tests.toy_source.tidewater.source import SOURCE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("has_javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_person_chooses_the_system_and_the_move_leaves_it(product: Product, width: int, has_javascript: bool) -> None:
    megan = product.visitor(MEGAN)
    with served_app(product.app) as address, chromium() as browser:
        context = browser.new_context(java_script_enabled=has_javascript, viewport={"width": width, "height": 844})
        context.add_cookies([{"name": n, "value": value, "url": address} for n, value in megan.cookies.items()])
        page = context.new_page()
        page.goto(f"{address}/start?workspace={WORKSPACE}")
        assert page.get_by_label("Cliniko").is_checked()
        if has_javascript:
            assert axe(page) == []
            assert not scrolls_sideways(page)
        page.get_by_label(SOURCE.label).check()
        page.get_by_role("button", name="See what moves and what stays").click()
        assert page.locator("h1").inner_text() == "Bring Harbour Street Physiotherapy across from Tidewater"
    assert headline(megan.see("/")) == "Bring Harbour Street Physiotherapy across from Tidewater"
