"""Megan's whole move by plain HTTP, from signing in to a live workspace, by the forms and links of the pages."""

from tests.figures.forms import Browser, Input
from tests.harness.waiting import until

CLINIC = "Harbour Street Physiotherapy"
TABS = ("locations", "practitioners", "services")
LOOK_SECONDS = 0.5


def whole(browser: Browser, seconds: float = 300.0, sample: str = "Use the small sample") -> None:
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
    wait(browser, move, "handover", seconds)
    browser.press("go on", tick)
    browser.open("/sandbox")
    browser.press("gap")
    for tab in TABS:
        browser.open(f"{move}/matches?show={tab}")
        browser.press("Save for later", settle)
    browser.press("Save and start the trial", settle)
    wait(browser, move, "review", seconds)
    browser.follow("Go on to approve")
    browser.press("Approve and go live", tick, name=CLINIC)
    wait(browser, move, "report", seconds)
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


def wait(browser: Browser, move: str, name: str, seconds: float) -> None:
    """Reloads the move's own address, as a page without JavaScript does, until that step is shown."""

    def is_shown() -> bool:
        if browser.open(move).path.endswith(f"/{name}"):
            return True
        if any("Try again" in button.words for form in browser.page.forms for button in form.buttons):
            raise RuntimeError(f"{name} did not come: {browser.page.words[:600]}")
        return False

    until(is_shown, seconds, poll=LOOK_SECONDS)
