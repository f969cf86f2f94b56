"""The whole journey, from sign-in to a live workspace, as one story that tests and pictures share."""

from collections.abc import Callable

from playwright.sync_api import Error, Page

from e2e.pages.approve import Approve
from e2e.pages.checklist import Checklist
from e2e.pages.client_balances import ClientBalances
from e2e.pages.clients import Clients
from e2e.pages.export import Export
from e2e.pages.handover import Handover
from e2e.pages.help import Help
from e2e.pages.matches import Matches
from e2e.pages.overview import Overview
from e2e.pages.people import People
from e2e.pages.problems import Problems
from e2e.pages.progress import Progress
from e2e.pages.records import Records
from e2e.pages.report import Report
from e2e.pages.review import Review
from e2e.pages.start import Start
from e2e.pages.used_features import Uses
from e2e.pages.visits import Visits

Seen = Callable[[Page, str], None]
CLINIC = "Harbour Street Physiotherapy"


def nothing(page: Page, name: str) -> None:
    """The default of `seen`: does nothing."""


class Journey:
    """Megan's way through the wizard. `seen` is called on every page and state, with a name for it."""

    def __init__(self, page: Page, url: str, seen: Seen = nothing) -> None:
        self.page = page
        self.url = url
        self.seen = seen
        self.move = ""

    def enter(self, name: str = "Megan") -> None:
        self.page.goto(f"{self.url}/signin")
        self.seen(self.page, "sign-in")
        self.page.get_by_role("button", name=f"Enter as {name}").click()

    def start(self) -> None:
        self.seen(self.page, "start")
        self.move = Start(self.page, self.url).begin()
        self.seen(self.page, "overview")

    def get_ready(self) -> None:
        Overview(self.page, self.move).acknowledge()
        checklist = Checklist(self.page, self.move)
        self.seen(self.page, "checklist")
        self.services()
        checklist.go_on()
        self.seen(self.page, "uses")
        Uses(self.page, self.move).tick_all()
        self.seen(self.page, "uses-counts")
        Uses(self.page, self.move).count(patients="600")
        self.seen(self.page, "export")
        Export(self.page, self.move).confirm()
        self.seen(self.page, "handover")

    def services(self) -> None:
        checklist = Checklist(self.page, self.move)
        if not checklist.is_open():
            checklist.open()
        checklist.choose_services()

    def hand_over(self, *, only_look: bool = True) -> None:
        """Hands over the sample and waits until it is read. `only_look`: the page itself has to go on."""
        Handover(self.page, self.move).use_sample()
        self.seen(self.page, "progress-reading")
        progress = Progress(self.page, self.move)
        if only_look:
            progress.watch_until("handover")
        else:
            progress.wait_until("handover")
        self.seen(self.page, "found")
        Handover(self.page, self.move).acknowledge_found()

    def close_gaps(self) -> None:
        """Sets up in the sandbox what the checklist lists as missing, until every line is ticked."""
        self.seen(self.page, "matches-open")
        Checklist(self.page, self.move).open()
        self.seen(self.page, "checklist-gaps")
        self.page.goto(f"{self.url}/sandbox")
        self.seen(self.page, "sandbox")
        self.page.get_by_role("button", name="Close all").click()
        Checklist(self.page, self.move).open()
        self.seen(self.page, "checklist-closed")

    def match(self) -> None:
        matches = Matches(self.page, self.move)
        matches.settle_all()
        for tab in ("practitioners", "locations", "services", "custom_fields", "leave_out"):
            matches.open(f"?show={tab}")
            self.seen(self.page, f"matches-{tab}")

    def try_it(self, *, only_look: bool = True) -> None:
        Matches(self.page, self.move).start_trial()
        self.seen(self.page, "progress-trial")
        progress = Progress(self.page, self.move)
        if only_look:
            progress.watch_until("review")
        else:
            progress.wait_until("review")
        self.seen(self.page, "review")

    def look_around(self) -> None:
        problems, clients = Problems(self.page, self.move), Clients(self.page, self.move)
        problems.open()
        self.seen(self.page, "problems")
        problems.open_first()
        self.seen(self.page, "problem")
        ClientBalances(self.page, self.move).open()
        self.seen(self.page, "balances")
        Visits(self.page, self.move).open()
        self.seen(self.page, "visits")
        clients.open()
        self.seen(self.page, "clients")
        clients.open_first()
        self.seen(self.page, "client")
        self.samples()
        People(self.page, self.move).open()
        self.seen(self.page, "people")
        Help(self.page, self.move).open()
        self.seen(self.page, "help")

    def samples(self) -> None:
        """A client with everything, tab by tab; and a record and a row with where they came from."""
        review, clients = Review(self.page, self.move), Clients(self.page, self.move)
        review.open()
        cards = review.samples()
        self.page.goto(self.url + cards["Most messages"])
        for tab in clients.tabs():
            clients.open_tab(tab)
            self.seen(self.page, f"client-{tab.lower()}")
        for why in ("Custom field with most options", "Appointment in a group", "Form with a signature"):
            self.page.goto(self.url + cards[why])
            self.seen(self.page, f"record-{why.split()[0].lower()}")
        self.page.get_by_role("link", name="line ").first.click()
        self.seen(self.page, "rows")
        Records(self.page, self.move).open_kind("contacts")
        self.seen(self.page, "records")
        review.open()
        self.seen(self.page, "review-looked")

    def glance(self, name: str) -> None:
        """Reads a page that may move on to the next page while it is read, when the work is done."""
        try:
            self.seen(self.page, name)
        except Error as left:
            if "navigation" not in str(left):
                raise
            self.page.wait_for_load_state()

    def approve(self, *, only_look: bool = True) -> None:
        Review(self.page, self.move).open()
        Review(self.page, self.move).go_on()
        self.seen(self.page, "approve")
        Approve(self.page, self.move).approve(CLINIC)
        self.glance("progress-finalising")
        progress = Progress(self.page, self.move)
        if only_look and not Report(self.page, self.move).is_open():
            progress.watch_until("report")
        else:
            progress.wait_until("report")
        self.seen(self.page, "report")

    def live_clients(self) -> None:
        self.page.goto(f"{self.url}/sandbox")
        self.page.get_by_role("link", name="Look at the clients").click()
        self.seen(self.page, "sandbox-clients")
        self.page.locator("tbody th a").first.click()
        self.seen(self.page, "sandbox-client")
        self.page.locator(".tabs a", has_text="Notes").click()
        self.seen(self.page, "sandbox-client-notes")

    def whole(self, *, only_look: bool = True) -> None:
        """All of it, in order."""
        self.enter()
        self.start()
        self.get_ready()
        self.hand_over(only_look=only_look)
        self.close_gaps()
        self.match()
        self.try_it(only_look=only_look)
        self.look_around()
        self.approve(only_look=only_look)
        self.live_clients()
