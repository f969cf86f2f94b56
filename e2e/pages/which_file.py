"""What one file is, and which of its columns is which field."""

from collections.abc import Mapping

from e2e.pages import WizardPage


class WhichFile(WizardPage):
    name = "files"

    @property
    def file(self) -> str:
        """The file that the page is about, as its title has it."""
        return self.page.locator("h1 .mono").inner_text().replace("\u200b", "")

    def say(self, kind: str, pairs: Mapping[str, str]) -> None:
        """Chooses the kind, has its columns shown, and pairs each that `pairs` names; others are left as they are."""
        self.page.locator("#kind").select_option(kind)
        self.press("Show the columns of this kind")
        for box in self.page.locator("main td select").all():
            column = (box.get_attribute("aria-label") or "").removeprefix("Column ").removesuffix(" becomes")
            if column in pairs:
                box.select_option(pairs[column])

    def keep(self) -> None:
        """The one primary button: to the next file, or to reading again when this was the last."""
        self.page.locator("form button.btn-primary").click()
