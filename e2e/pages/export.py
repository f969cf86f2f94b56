"""How to make the export."""

from e2e.pages import WizardPage


class Export(WizardPage):
    name = "export"

    def confirm(self) -> None:
        self.page.locator("input[name=ready]").check()
        self.page.locator("main form button").last.click()
