"""The password of a locked zip."""

from e2e.pages import WizardPage


class ZipPassword(WizardPage):
    name = "files/password"

    def enter(self, password: str) -> None:
        """By the keyboard alone."""
        self.page.get_by_label("Password of the zip").focus()
        self.page.keyboard.type(password)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
