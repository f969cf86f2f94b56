"""Clients as they will be."""

from e2e.pages import WizardPage


class Clients(WizardPage):
    name = "clients"

    def find(self, words: str) -> None:
        self.page.get_by_label("Name, e-mail or phone").fill(words)
        self.press("Find")

    def open_first(self) -> None:
        self.page.locator("tbody th a").first.click()

    def tabs(self) -> list[str]:
        """The names of the tabs of the client that is open, without their numbers."""
        return [words.partition(",")[0] for words in self.page.locator(".tabs a").all_inner_texts()]

    def open_tab(self, words: str) -> None:
        self.page.locator(".tabs a", has_text=words).click()
