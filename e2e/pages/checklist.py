"""The pre-flight checklist."""

from e2e.pages import WizardPage


class Checklist(WizardPage):
    name = "checklist"

    def choose_services(self, words: str = "We set up our services in Caspen ourselves") -> None:
        self.page.get_by_label(words).check()
        self.press("Save this choice")

    def state_of(self, title: str) -> str:
        """The state of a checklist line: "Done", "Needs you", "Waiting on 1"."""
        line = self.page.locator("li.task").filter(has_text=title)
        return line.locator(".state").inner_text()

    def go_on(self) -> None:
        self.page.get_by_role("link", name="Go on to").click()
