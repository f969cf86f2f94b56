"""The page about the features that the clinic uses in its old software, and its own numbers."""

from e2e.pages import WizardPage


class Uses(WizardPage):
    name = "uses"

    def tick_all(self) -> None:
        """Everything but "none of these"."""
        for box in self.page.locator("input[name=uses]:not([value=nothing_else])").all():
            box.check()
        self.press("Save, and go on")

    def count(self, **numbers: str) -> None:
        for kind, number in numbers.items():
            self.page.locator(f"#count-{kind}").fill(number)
        self.press("Go on to the export")
