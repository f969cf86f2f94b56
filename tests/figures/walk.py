"""Megan's whole move by plain HTTP, from signing in to a live workspace, by the forms and links of the pages."""

import time

from tests.figures.forms import Browser, Input

CLINIC = "Harbour Street Physiotherapy"
TABS = ("locations", "practitioners", "services")
LOOK_SECONDS = 0.5


def whole(browser: Browser, patience: float = 300.0, sample: str = "Use the small sample") -> None:
    """Ends at the report of a finished move, with clients in the live workspace; raises where a page will not go on."""
    browser.open("/signin")
    browser.press("Enter as Megan")
    browser.press("See what moves and what stays")
    move = browser.page.path.removesuffix("/overview")
    browser.press("Start getting ready", tick, conversion="18/12/2026")
    browser.press("Save this choice", way="set_up")
    browser.follow("Go on to what you use")
    browser.press("Save, and go on")
    browser.press("Go on to the export")
    browser.press("I have the files", tick)
    browser.press(sample)
    wait(browser, move, "handover", patience)
    browser.press("go on", tick)
    browser.open("/sandbox")
    browser.press("gap")
    for tab in TABS:
        browser.open(f"{move}/matches?show={tab}")
        browser.press("Save for later", settle)
    browser.press("Save and start the trial", settle)
    wait(browser, move, "review", patience)
    browser.follow("Go on to approve")
    browser.press("Approve and go live", tick, name=CLINIC)
    wait(browser, move, "report", patience)
    browser.open("/sandbox")
    browser.follow("Look at the clients")
    if not any("/clients/" in address for _, address in browser.page.links):
        raise RuntimeError(f"no client is live: {browser.page.words[:300]}")


def tick(each: Input) -> str | None:
    """Every box."""
    return each.value if each.kind == "checkbox" else None


def settle(each: Input) -> str | None:
    """Chooses "bring" for everything undecided."""
    if each.kind != "select" or each.value:
        return None
    return next(choice for choice in ("create", "appointment") if choice in each.options)


def wait(browser: Browser, move: str, name: str, patience: float) -> None:
    """Reloads the move's own address, as a page without JavaScript does, until that step is shown."""
    until = time.monotonic() + patience
    while not browser.open(move).path.endswith(f"/{name}"):
        stopped = any("Try again" in button.words for form in browser.page.forms for button in form.buttons)
        if stopped or time.monotonic() > until:
            raise RuntimeError(f"{name} did not come: {browser.page.words[:600]}")
        time.sleep(LOOK_SECONDS)
