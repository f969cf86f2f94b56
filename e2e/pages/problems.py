"""The page of problems: which rows were not imported, and why."""

from e2e.pages import WizardPage


class Problems(WizardPage):
    name = "problems"

    def open_first(self) -> None:
        self.page.locator("tbody th a").first.click()
