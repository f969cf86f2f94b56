"""The pages of the hand-over and of the findings of reading."""

import re
from pathlib import Path

from e2e.pages import WizardPage
from tests.harness.waiting import patience_ms


class Handover(WizardPage):
    name = "handover"

    def use_sample(self) -> None:
        self.press("Use the small sample")

    def send(self, *files: Path) -> None:
        """Begins to send files, and does not wait."""
        self.page.locator("input[name=files]").set_input_files([str(file) for file in files])
        self.press("Upload and read")

    def upload(self, *files: Path) -> None:
        """Sends files until all have arrived: who leaves the page before that has sent nothing."""
        self.send(*files)
        self.page.wait_for_url(re.compile(r"/m/\w+/(?!handover)"), timeout=patience_ms(120))

    def paste(self, link: str) -> None:
        self.page.get_by_label("Share link").fill(link)
        self.page.locator("form[action$='/link'] button").click()

    def acknowledge_found(self) -> None:
        """Ticks every absent kind, and continues."""
        for box in self.page.locator("input[name=absent]").all():
            box.check()
        self.page.locator("form[action$='/handover/found'] button").click()
