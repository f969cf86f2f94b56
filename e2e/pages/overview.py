"""The page with the lists of what moves and what stays."""

from e2e.pages import WizardPage


class Overview(WizardPage):
    name = "overview"

    def acknowledge(self, conversion: str = "18/12/2026") -> None:
        self.page.get_by_label("Trial Conversion date").fill(conversion)
        self.page.get_by_label("I have read what moves and what stays").check()
        self.press("Start getting ready")
