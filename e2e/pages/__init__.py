"""The wizard's pages as a person uses them, one class per page, all alike."""

from playwright.sync_api import Error, Page

from tests.harness.waiting import until


class WizardPage:
    """A page of one move. `name` is the last part of its address."""

    name = ""

    def __init__(self, page: Page, move: str) -> None:
        self.page = page
        self.move = move

    def open(self, rest: str = "") -> None:
        self.page.goto(f"{self.move}/{self.name}{rest}")

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words).first.click()

    def is_open(self) -> bool:
        return self.page.url.split("?")[0].split("#")[0].endswith(f"/{self.name}")

    def wait_until(self, name: str, seconds: float = 300.0) -> None:
        """Reloads the move's own address until the page with that name is shown. Works without JavaScript."""

        def is_shown() -> bool:
            self.look_again()
            return self.page.url.split("?")[0].endswith(f"/{name}")

        try:
            until(is_shown, seconds, poll=0.5)
        except AssertionError as late:
            words = self.page.locator("main").inner_text()[:500]
            raise AssertionError(f"{name} did not come; the page says: {words}") from late
        self.page.wait_for_load_state()  # where a page moved on by itself, its address changes before it is drawn

    def look_again(self) -> None:
        """Opens the move's own address. A page that moves on by itself may interrupt this."""
        try:
            self.page.goto(self.move)
        except Error as cut:
            if "ERR_ABORTED" not in cut.message and "interrupted" not in cut.message:
                raise
