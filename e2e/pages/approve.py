"""Approving the trial that was reviewed."""

from e2e.pages import WizardPage


class Approve(WizardPage):
    name = "approve"

    def approve(self, clinic: str) -> None:
        """Ticks every completeness warning, types the clinic's name, and approves."""
        for box in self.page.locator("input[name=accept]").all():
            box.check()
        self.page.get_by_label("Type the name of your clinic to approve").fill(clinic)
        self.press("Approve and go live")
