"""The page with the findings of an inspected link, and the question whether it is the right export."""

from e2e.pages import WizardPage


class Link(WizardPage):
    name = "link"

    @property
    def seen(self) -> str:
        return self.page.locator("ul.checks").inner_text()

    def confirm(self) -> None:
        self.press("Yes, fetch it")
