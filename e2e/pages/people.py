"""The pages of people and of the history."""

from e2e.pages import WizardPage


class People(WizardPage):
    name = "people"

    def invite(self, email: str) -> None:
        self.page.get_by_label("E-mail", exact=True).fill(email)
        self.press("Send the invitation")

    def history(self) -> list[str]:
        return [line.inner_text() for line in self.page.locator("ol.timeline li").all()]
