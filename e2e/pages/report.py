"""The report after the move."""

from e2e.pages import WizardPage


class Report(WizardPage):
    name = "report"

    def next_things(self) -> list[str]:
        return [line.inner_text() for line in self.page.locator("ul.tasks h3").all()]
