"""The page that starts a move."""

from playwright.sync_api import Page


class Start:
    """The page of a clinic without an open move. It has an address of its own, outside of any move."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def open(self) -> None:
        self.page.goto(f"{self.url}/start")

    def begin(self, words: str = "See what moves and what stays") -> str:
        """Starts a move with the button of this name. Returns the address of the move."""
        self.page.get_by_role("button", name=words).click()
        return self.page.url.removesuffix("/overview")
