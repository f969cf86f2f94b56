"""A person with a browser: Debian's Chromium, driven by Playwright, and the checks that every page must pass."""

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from app.templating import STATIC, package
from tests.harness.waiting import SETTING, USUAL_SECONDS, Ceiling, patience, patience_ms, pause_in_page

expect.set_options(timeout=patience_ms(60))
EXECUTABLE = shutil.which("chromium") or "/usr/bin/chromium"
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = patience_ms(120)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGS, timeout=PATIENCE_MS)
        be_patient(browser)
        try:
            yield browser
        finally:
            browser.close()


def be_patient(browser: Browser) -> None:
    """Gives every page of the browser the ceiling of tests: 30 seconds, as Playwright has it, is too short."""
    new_context, new_page = browser.new_context, browser.new_page

    def patient_context(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        return context

    def patient_page(**options: Any) -> Page:
        page = new_page(**options)
        page.set_default_timeout(PATIENCE_MS)
        return page

    browser.new_context, browser.new_page = patient_context, patient_page  # type: ignore[method-assign]


@contextmanager
def warm_context(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A browser context whose pages share one renderer process, for tests that open a page each.

    A blank page of the tests' own site keeps the process. A page that axe reads costs 3.3 seconds of CPU in a context
    of its own, and 1.9 in this context.
    """
    context = browser.new_context(**options)
    try:
        with served_app(_blank()) as site:
            context.new_page().goto(site)
            yield context
    finally:
        context.close()


def _blank() -> FastAPI:
    app = FastAPI()
    app.add_api_route("/", lambda: HTMLResponse("<!doctype html><title>Blank</title>"))
    return app


def until_in_page(page: Page, event: Callable[[], object], seconds: float = USUAL_SECONDS) -> None:
    """Waits until `event` is true. Meanwhile the page's requests reach the handlers of the test."""
    ceiling = Ceiling(seconds)
    while not event():
        assert not ceiling.is_over, f"it did not happen; {SETTING} raises this limit"
        pause_in_page(page)


def until_idle(page: Page) -> None:
    """Waits until the browser has done everything that began with the page, and has painted it."""
    page.evaluate("() => new Promise(done => requestIdleCallback(() => requestAnimationFrame(() => setTimeout(done))))")


@cache
def axe_source() -> str:
    return (STATIC / package("axe-core") / "axe.min.js").read_text()


MOVED_ON = "Execution context was destroyed"
"""What Playwright says if a page leads elsewhere while a script runs in it, as pages of progress do at their end."""


def axe(page: Page) -> list[str]:
    """The faults that axe-core finds on the page, one line per element; empty if there are none.

    If the page leads elsewhere by itself meanwhile, the page where it arrives is read.
    """
    while True:
        try:
            return _faults(page)
        except Error as fault:
            if MOVED_ON not in fault.message:
                raise
        page.wait_for_load_state()


def _faults(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    found = page.evaluate(f"axe.run({{runOnly: {json.dumps(RULES)}}}).then((result) => result.violations)")
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


def scrolls_sideways(page: Page, width: int = 320) -> bool:
    """Whether the page at that width has to be scrolled sideways, or cuts off the content of a box."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    wide: bool = page.evaluate(
        """() => {
            const page = document.documentElement;
            const cut = (box) => box.scrollWidth > box.clientWidth + 1;
            return page.scrollWidth > page.clientWidth || [...document.querySelectorAll(".across, .panel")].some(cut);
        }"""
    )
    if before:
        page.set_viewport_size(before)
    return wide


def cut_tables(page: Page) -> list[str]:
    """Every table and cell that ends, at the page's present width, outside of a box that clips and does not scroll.

    A box that scrolls shows all it holds, so that only its own end counts for the boxes around it. A cell ends where
    its widest word ends. Less than a pixel is no cut, and heads that are only read aloud are not looked at.
    """
    found: list[str] = page.evaluate(CUT)
    return found


CUT = """() => {
    const isAloud = (each) => getComputedStyle(each.closest("thead") ?? each).clipPath !== "none";
    const clipsAt = (box) => box.getBoundingClientRect().left + box.clientLeft + box.clientWidth;
    const cutter = (each) => {
        const from = each.getBoundingClientRect();
        let end = from.left + Math.max(from.width, each.scrollWidth);
        for (let box = each.parentElement; box; box = box.parentElement) {
            const flow = getComputedStyle(box).overflowX;
            if (flow !== "visible" && flow !== "auto" && flow !== "scroll" && end >= clipsAt(box) + 1) return box;
            if (flow !== "visible") end = Math.min(end, clipsAt(box));
        }
        return null;
    };
    return [...document.querySelectorAll("table, th, td")].flatMap((each) => {
        const box = each.getClientRects().length && !isAloud(each) ? cutter(each) : null;
        return box ? [`${each.localName} "${each.textContent.trim().slice(0, 40)}" is cut by .${box.className}`] : [];
    });
}"""


@contextmanager
def served_app(app: FastAPI) -> Iterator[str]:
    """The pages of this process on a port of their own, for a real browser. Yields their address."""
    listener = socket.create_server(("127.0.0.1", 0))
    started = threading.Event()

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Announced(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert started.wait(patience(60)), "the pages did not start"
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(patience(10))


def is_dark(page: Page) -> bool:
    dark: bool = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    return dark
