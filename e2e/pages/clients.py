"""Clients as they will be."""

from e2e.pages import WizardPage


class Clients(WizardPage):
    name = "clients"

    def find(self, words: str) -> None:
        self.page.get_by_label("Name, e-mail or phone").fill(words)
        self.press("Find")

    def open_first(self) -> None:
        self.page.locator("tbody th a").first.click()
