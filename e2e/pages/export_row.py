"""The page of a row of the export."""

from e2e.pages import WizardPage


class Rows(WizardPage):
    name = "rows"

    def cells(self) -> dict[str, str]:
        """Its filled cells by the headers of its file."""
        rows = self.page.locator("tbody tr").all()
        return {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows}
