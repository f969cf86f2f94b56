"""Help on every page."""

from e2e.pages import WizardPage


class Help(WizardPage):
    name = "help"

    def write(self, words: str) -> None:
        self.page.locator("textarea[name=text]").fill(words)
        self.page.locator("main form button").last.click()
