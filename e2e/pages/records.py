"""Records of one kind, as they will be."""

from e2e.pages import WizardPage


class Records(WizardPage):
    name = "records"

    def open_kind(self, kind: str) -> None:
        self.open(f"/{kind}")

    def open_first(self) -> None:
        self.page.locator("tbody th a").first.click()
