"""The progress page."""

from e2e.pages import WizardPage
from tests.harness.waiting import patience_ms


class Progress(WizardPage):
    name = "progress"

    def watch_until(self, name: str, seconds: float = 300.0) -> None:
        """Only looks: the page itself has to go on when the work is done."""
        self.page.wait_for_url(f"**/{name}*", timeout=patience_ms(seconds))

    @property
    def numbers(self) -> str:
        return self.page.locator("#live").inner_text()
