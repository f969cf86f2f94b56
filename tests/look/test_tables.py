"""No page cuts a table: a table wider than its page scrolls, by keyboard as well, and shows that it does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.templating import environment
from tests.conftest import At
from tests.harness.browser import axe, cut_tables
from tests.look.every_table import looks, of_product, with_tables
from tests.look.pages import context, served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("look-tables")]
WIDTHS = (320, 390, 800, 1024, 1280, 1440)
MOST_READ = 3
"""On so many pages of a test axe reads a table that scrolls."""
SHOWN = "document.fonts.ready.then(() => document.querySelectorAll('details').forEach(each => { each.open = true }))"
SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
"""Left out of the pages: a table needs no script, and without any they are soon there."""
REGION = '.across[role=region][tabindex="0"]:is([aria-label], [aria-labelledby])'
LOOSE = """region => [...document.querySelectorAll("table")].filter(each => !each.closest(region))
    .map(each => each.outerHTML.slice(0, 80))"""
HINTS = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(
    [...document.querySelectorAll(".across")].filter(each => each.checkVisibility()).map(each => {
        const hint = each.parentElement.querySelector(".across-hint");
        const isShown = getComputedStyle(hint).visibility === "visible" && hint.clientHeight > 10;
        return [isShown, each.scrollWidth - each.clientWidth];
    })))))"""
ONE_TABLE = """{% extends "layouts/wizard.html" %}{% from "components/table.html" import across %}
{% block title %}Table{% endblock %}{% block content %}<h1>Table</h1>
{% call across(caption="Numbers") %}<table class="t"><caption class="visually-hidden">Numbers</caption>
<thead><tr><th scope="col">Kind</th><th scope="col">Rows</th></tr></thead>
<tbody><tr><th scope="row">Clients</th><td>12</td></tr></tbody></table>{% endcall %}{% endblock %}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window with reduced motion, which does not take the hint away."""
    visit = browser.new_context(reduced_motion="reduce")
    yield visit.new_page()
    visit.close()


Known = set[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def known() -> Known:
    """The pages that a test of this module has looked at: the state with most records is first."""
    return set()


@contextmanager
def drawn(page: Page) -> Iterator[Locator]:
    """The table of a page that has nothing else."""
    with served({"/table": environment().from_string(ONE_TABLE).render(context())}) as site:
        page.goto(f"{site}/table")
        page.evaluate(SHOWN)
        yield page.locator("table")


def faults(page: Page, pages: dict[str, str]) -> list[str]:
    """The faults of the tables of these pages at any width."""
    wrong, read = [], 0
    with served({f"/{number}": SCRIPT.sub("", text) for number, text in enumerate(pages.values())}) as site:
        for number, name in enumerate(pages):
            page.goto(f"{site}/{number}")
            page.evaluate(SHOWN)
            wrong += [f"{name}: {table} is in no region that scrolls" for table in page.evaluate(LOOSE, REGION)]
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                at = f"{name} at {width}"
                wrong += [f"{at}: {cut}" for cut in cut_tables(page)]
                scrolls = page.evaluate(HINTS)
                wrong += [
                    f"{at}: {beyond} pixels beyond, hint {hint}" for hint, beyond in scrolls if hint != (beyond > 1)
                ]
                if read < MOST_READ and any(hint for hint, _ in scrolls):
                    read += 1
                    wrong += [f"{at}: {line}" for line in axe(page)]
    return wrong


def test_no_page_of_the_look_tests_cuts_a_table(page: Page, known: Known) -> None:
    pages = with_tables(looks(), known)
    assert len(pages) > 10
    assert not (wrong := faults(page, pages)), "\n".join(wrong)


@pytest.mark.parametrize("point", ["finalised", "reviewing", "matching", "preparing"])
def test_no_page_of_a_move_cuts_a_table(page: Page, shown_at: At, known: Known, point: str) -> None:
    pages = with_tables(of_product(shown_at(point)), known)
    assert known
    assert not (wrong := faults(page, pages)), "\n".join(wrong)


def test_a_table_that_its_sheet_clips_is_reported(page: Page) -> None:
    with drawn(page) as table:
        table.evaluate("each => { each.style.width = '3000px' }")
        assert cut_tables(page) == []
        page.locator(".across").evaluate("each => { each.style.overflow = 'clip' }")
        assert {line.partition(" is cut by ")[2] for line in cut_tables(page)} == {".across"}


@pytest.mark.parametrize(("beyond", "is_shown"), [(-1.0, False), (0.0, False), (0.4, False), (0.9, False), (2.0, True)])
def test_a_hint_is_shown_where_more_than_a_pixel_is_beyond(page: Page, beyond: float, is_shown: bool) -> None:
    with drawn(page) as table:
        table.evaluate("(each, beyond) => { each.style.width = `${each.offsetWidth + beyond}px` }", beyond)
        assert [hint for hint, _ in page.evaluate(HINTS)] == [is_shown]


def test_the_keyboard_scrolls_a_wide_table_and_the_hint_goes_at_its_end(page: Page) -> None:
    with drawn(page) as table:
        table.evaluate("each => { each.style.width = '3000px' }")
        region = page.get_by_role("region", name="Table: Numbers")
        region.focus()
        region.evaluate("each => { window.scrolled = new Promise(done => { each.onscroll = () => done(true) }) }")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("() => window.scrolled")
        hint = page.locator(".across-hint")
        expect(hint).to_be_visible()
        region.evaluate("each => { each.scrollLeft = 9999 }")
        expect(hint).to_be_hidden()
