"""States that a smooth move never shows: stopped, refused, paused, expired, and requests for a change."""

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from app.db import now
from app.sources import source
from app.templating import environment
from e2e.journey import Journey
from e2e.pages.clients import Clients
from e2e.pages.handover import Handover
from e2e.pages.help import Help
from e2e.pages.link import Link
from e2e.pages.overview import Overview
from e2e.pages.progress import Progress
from e2e.pages.review import Review
from e2e.pages.start import Start
from tests.harness.waiting import until

Seen = Callable[[Page, str], None]
NOBODY_HOME = "https://files.example.invalid/export.zip"


def other_states(page: Page, url: str, seen: Seen) -> None:
    """One clinic with bad luck: needs a fresh product and takes it from an empty list to a trial with a request."""
    staff = page.context.new_page()
    journey = Journey(page, url)
    nothing_yet(journey, seen)
    begin(journey)
    our_fault(journey, seen)
    not_theirs(journey, seen)
    unreachable_link(journey, seen)
    begin(journey, "Start again")
    unreadable_file(journey, seen)
    too_late(journey, staff, seen)
    journey.close_gaps()
    journey.match()
    journey.try_it(only_look=False)
    long_name(journey, seen)
    change_requested(journey, seen)


def nothing_yet(journey: Journey, seen: Seen) -> None:
    """Support's pages before any clinic has started, and the answer to a wrong address."""
    journey.enter("Ana")
    seen(journey.page, "support-empty")
    journey.page.goto(f"{journey.url}/outbox")
    seen(journey.page, "outbox-empty")


def begin(journey: Journey, words: str = "See what moves and what stays") -> None:
    journey.enter()
    journey.move = Start(journey.page, journey.url).begin(words)
    Overview(journey.page, journey.move).acknowledge()


def our_fault(journey: Journey, seen: Seen) -> None:
    """The page of a bug of ours, which nothing in the product makes on purpose."""
    values = {"source": source(None), "environment": "test", "error_id": "e-7c41-e09a", "at": now()}
    html = environment().get_template("errors/500.html").render(values)
    address = f"{journey.url}/broken"
    journey.page.route(address, lambda route: route.fulfill(status=500, body=html, content_type="text/html"))
    journey.page.goto(address)
    seen(journey.page, "our-fault")


def not_theirs(journey: Journey, seen: Seen) -> None:
    """The move of another clinic looks like any address where nothing is; support's pages as well."""
    journey.page.goto(f"{journey.url}/m/mig_0123456789abcdef0123/review")
    seen(journey.page, "not-theirs")
    journey.page.goto(f"{journey.url}/support")
    seen(journey.page, "not-support")


def unreachable_link(journey: Journey, seen: Seen) -> None:
    """A link to an unreachable host: either reported at once, or retried by a worker, paused, and given up."""
    page, move = journey.page, journey.move
    Handover(page, move).open()
    Handover(page, move).paste(NOBODY_HOME)
    seen(page, "link-unreachable")
    if Link(page, move).is_open():  # the other side may come back: it is handed over, and a worker keeps trying
        Link(page, move).confirm()
    progress = Progress(page, move)
    progress.open()
    if page.get_by_role("button", name="Pause").count():
        progress.press("Pause")
        progress.open()
        seen(page, "progress-paused")
    give_up(journey, seen)


def give_up(journey: Journey, seen: Seen) -> None:
    """The clinic stops the move, and can start again from the beginning."""
    page = journey.page
    if not page.locator("summary", has_text="Stop this move").count():
        journey.enter("Ana")
        page.goto(f"{journey.url}/support/{journey.move.rsplit('/', 1)[-1]}")
        page.locator("summary", has_text="Stop this move").click()
        page.locator("#cancel").fill("Started by mistake, the clinic agrees by phone.")
        seen(page, "support-stopping")
    else:
        page.locator("summary", has_text="Stop this move").click()
    page.get_by_role("button", name=re.compile("^(Stop and delete our copy|Stop this move)$")).click()
    journey.enter()
    page.goto(journey.move)
    seen(page, "cancelled")
    page.goto(f"{journey.move}/progress")
    seen(page, "progress-cancelled")


def unreadable_file(journey: Journey, seen: Seen) -> None:
    """A PDF that was saved under the name of a table."""
    page, move = journey.page, journey.move
    handover = Handover(page, move)
    handover.open()
    with TemporaryDirectory() as folder:
        file = Path(folder, "patients.csv")
        file.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 40)
        handover.upload(file)

    def stopped() -> bool:
        page.goto(move)
        return bool(page.get_by_role("button", name="Try again").count()) or handover.is_open()

    until(stopped, poll=0.5)
    seen(page, "progress-failed")
    page.get_by_role("button", name="Hand over another export").click()


def too_late(journey: Journey, staff: Page, seen: Seen) -> None:
    """A form that was open in another tab while a colleague went on."""
    journey.services()
    Handover(journey.page, journey.move).open()
    staff.goto(f"{journey.move}/handover")
    journey.hand_over(only_look=False)
    Handover(staff, journey.move).use_sample()
    seen(staff, "wrong-state")


def long_name(journey: Journey, seen: Seen) -> None:
    clients = Clients(journey.page, journey.move)
    clients.open()
    clients.find("Wilhelmin")
    seen(journey.page, "clients-found")
    clients.open_first()
    seen(journey.page, "client-long-name")
    clients.open()
    clients.find("nobody-of-this-name")
    seen(journey.page, "clients-none")


def change_requested(journey: Journey, seen: Seen) -> None:
    """The clinic asks for a change, support reads it and answers."""
    page, move = journey.page, journey.move
    review = Review(page, move)
    review.open()
    review.ask_for_change("The appointments of Ruby Castellano belong to Newport.\nSee line 1,260.")
    seen(page, "review-requested")
    page.goto(f"{move}/approve")
    seen(page, "approve-closed")
    Help(page, move).open()
    Help(page, move).write("How long does an answer take?")
    journey.enter("Ana")
    seen(page, "support-asked")
    page.goto(f"{journey.url}/support/{move.rsplit('/', 1)[-1]}")
    seen(page, "support-request")
    page.get_by_role("button", name="Answer and give it back").click()
    seen(page, "support-errors")
    page.locator("#answer").fill("They are with Newport now; start another trial, and look at line 1,260 once more.")
    page.get_by_role("button", name="Answer and give it back").click()
    journey.enter()
    page.goto(move)
    seen(page, "answered")
    review.open()
    seen(page, "review-answered")
