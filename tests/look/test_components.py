"""Every component of the pages, as a visitor meets it: light and dark, on a phone, without JavaScript, by keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.templating import TEMPLATES, block, environment
from app.web.form_of_another_person import AnothersForm
from app.web.refused_forms import NAME_GONE, NOT_THERE, RefusedForm, SentAnswer
from app.web.unsent_form import UnsentForm
from tests.harness.browser import axe, is_dark, scrolls_sideways
from tests.look.pages import context, render, served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("look")]

MISTAKES = [
    {"field": "date", "words": "31 November does not exist. November has 30 days."},
    {"field": "tz", "words": "Choose a time zone.", "summary": "Mona Vale: choose a time zone"},
    {"field": "svc", "words": "Choose one."},
]
ANSWERS = (
    SentAnswer("Ruby Castellano is in Caspen", "Leave out", NOT_THERE, (), NAME_GONE),
    SentAnswer("Jonathan Lim is in Caspen", "Jia Hui Lim", "nothing", (("c:12", "prac_1"),)),
    SentAnswer("Ask for a change", "Two lines,\nand a/path/without/any/space/" + "that_is_long" * 12, "nothing"),
)
PAGES: dict[str, Callable[[], str]] = {
    "/gallery": lambda: render("gallery.html"),
    "/mistakes": lambda: render("gallery.html", errors=MISTAKES),
    "/signin": lambda: render("signin/sign-in.html", email="", oidc=True, people=[
        {"name": "Megan Doyle", "email": "megan@x.example", "role_label": "Clinic admin", "clinic": "Harbour Street"},
        {"name": "Ana Ferreira", "email": "ana@x.example", "role_label": "Support", "clinic": ""},
    ]),
    "/check": lambda: render("signin/check-email.html", email="megan@clinic.example", sender="m@c.example", minutes=30),
    "/out": lambda: render("signin/signed-out.html", idle="2 hours", next="/m/x/review", email="m@x.example", kept={
        "title": "Ask for a change, typed at 3:41 pm", "start": "In the files of two clients", "length": 148,
    }),
    "/404": lambda: render("errors/404.html", path="/m/harbour-street/reveiw", go_on={
        "href": "/m/x", "words": "step 6 of 7, review",
    }),
    "/403": lambda: render("errors/403.html", who=["Megan Doyle", "Grace Okonkwo"]),
    "/401": lambda: render("errors/401.html", viewer=None, next="/m/x/review", form=UnsentForm(
        "/m/x/review/requests", (("text", "Archive 12."),), ("Archive 12.",), has_password=False, has_files=False)),
    "/another": lambda: render("errors/another-person.html", form=AnothersForm(
        "Grace Okonkwo", is_asked=False, answers=ANSWERS[2:], words=("Archive 12.",), href="/m/x/review/requests",
        inputs=(("text", "Archive 12."),), fresh="/m/x/review")),
    "/another-button": lambda: render("errors/another-person.html", form=AnothersForm(
        "Grace Okonkwo", is_asked=False, answers=(), words=(), href="", inputs=(), fresh="/m/x/review")),
    "/another-asked": lambda: render("errors/another-person.html", form=AnothersForm(
        "Grace Okonkwo", is_asked=True, answers=(), words=("Archive 12.",), href="/m/x/review/requests",
        inputs=(("text", "Archive 12."),), fresh="/m/x/review")),
    "/408": lambda: render("errors/408.html", viewer=None, migration=None, clinic=None, rail=[]),
    "/409": lambda: render("errors/409.html", title="This step is over: the trial is being made",
                           lede="Your answer came at 2:33 pm.", kept="J. Lim becomes Jia Hui Lim",
                           lines=[{"words": "Wait for this trial.", "seen": "6 to 9 minutes"}],
                           go={"href": "/m/x/progress", "words": "Go to the trial"}),
    "/409-answers": lambda: render("errors/409.html", title="This step is over: your export is being read",
                                   lede="Nothing was changed.", answers=ANSWERS,
                                   go={"href": "/m/x/progress", "words": "See the progress"}),
    "/changed": lambda: render("errors/changed.html", form=RefusedForm(ANSWERS, action="/m/x/matches", basis="x"),
                               changes=None, fresh="", leave="/m/x/matches", is_upload=False),
    "/changed-lost": lambda: render("errors/changed.html", form=RefusedForm(ANSWERS[:1]), changes=None, fresh="",
                                    leave="/m/x/matches", is_upload=False),
    "/422": lambda: render("errors/422.html"),
    "/500": lambda: render("errors/500.html", error_id="e-7c41-e09a-22d8", kept="Your answer about 412 notes.",
                           retry={"href": "/m/x", "method": "post", "fields": [("answer", "jia")]}),
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served({address: draw() for address, draw in PAGES.items()}) as address:
        yield address


@pytest.mark.parametrize("address", PAGES)
def test_nobody_is_shut_out_and_nothing_is_refused_by_the_policy(page: Page, site: str, address: str) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site + address)
    assert axe(page) == []
    assert said == []
    assert [url for url in asked if not url.startswith(site)] == []


@pytest.mark.parametrize("address", PAGES)
def test_a_phone_is_never_pushed_sideways(page: Page, site: str, address: str) -> None:
    page.goto(site + address)
    assert not scrolls_sideways(page)
    if is_dark(page):  # once is enough: the colours are those of the wide page
        page.set_viewport_size({"width": 320, "height": 800})
        assert axe(page) == []


def test_a_page_with_mistakes_begins_by_saying_them(page: Page, site: str) -> None:
    page.goto(f"{site}/mistakes")
    assert page.title().startswith("Problem: ")
    assert page.evaluate("document.activeElement.className") == "errors"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "date"
    assert page.locator("#date").input_value() == "31/11/2026"
    described = page.locator("#date").get_attribute("aria-describedby") or ""
    assert "31 November does not exist" in " ".join(page.locator(f"#{each}").inner_text() for each in described.split())


def test_the_keyboard_reaches_the_page_first_and_closes_the_menu(page: Page, site: str) -> None:
    page.goto(f"{site}/gallery")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.locator(".who > summary").press("Enter")
    assert page.locator(".who-menu").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".who-menu").is_hidden()


def test_without_javascript_the_menu_and_the_folds_open(plain: Page, site: str) -> None:
    plain.goto(f"{site}/gallery")
    plain.locator(".who > summary").click()
    assert plain.get_by_role("button", name="Sign out").is_visible()
    plain.get_by_text("Show the 6 files").click()
    assert plain.get_by_text("harbour-street-export-1.zip").is_visible()


def test_the_page_is_drawn_with_our_font(page: Page, site: str) -> None:
    page.goto(f"{site}/gallery")
    page.evaluate("document.fonts.ready")
    assert page.evaluate(
        "document.fonts.check('16px \"Hanken Grotesk\"') && [...document.fonts].some(f => f.status == 'loaded')"
    )


def test_a_fragment_is_a_block_of_the_page_itself() -> None:
    template = environment(TEMPLATES, Path(__file__).parent).get_template("gallery.html")
    rows = block(template, "rows", **context())
    assert rows.strip().startswith('<div class="sheet">')
    assert rows.strip() in template.render(context())


FORM = """{% extends "layouts/wizard.html" %}{% block title %}Form{% endblock %}{% block content %}
<form method="post" action="/answer" hx-post="/answer" hx-target="#main" hx-select="#main" hx-swap="outerHTML">
<h1>Form</h1><button>Send</button></form>{% endblock %}"""


def test_a_form_that_comes_back_with_mistakes_is_swapped_in_and_read_first(page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with served({"/form": environment().from_string(FORM).render(context())}) as site:
        answer = PAGES["/mistakes"]()
        page.route("**/answer", lambda route: route.fulfill(status=422, body=answer, content_type="text/html"))
        page.goto(f"{site}/form")
        page.get_by_role("button", name="Send").click()
        page.locator(".errors").wait_for()
        page.wait_for_function("document.activeElement.className == 'errors'")
        assert page.url == f"{site}/form"
        assert page.locator("#date").input_value() == "31/11/2026"
    assert [line for line in said if "422" not in line] == []
