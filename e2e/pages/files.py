"""The page of the export's files with the kind of each."""

from e2e.pages import WizardPage


class Files(WizardPage):
    name = "files"

    def open_first_unknown(self) -> bool:
        """Opens the first file that waits for an answer; says whether there was one."""
        links = self.page.get_by_role("link", name="Tell us what this is")
        if not links.count():
            return False
        with self.page.expect_navigation():
            links.first.click()
        return True

    def read_again(self) -> None:
        self.press("Read the export again")
