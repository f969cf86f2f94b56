"""The review of a trial."""

from e2e.pages import WizardPage


class Review(WizardPage):
    name = "review"

    def sum(self) -> dict[str, int]:
        """The balance as the page shows it: labels and numbers."""
        terms = self.page.locator("dl.sum > div").all()
        return {t.locator("dt").inner_text(): int(t.locator("dd").inner_text().replace(",", "")) for t in terms}

    def ask_for_change(self, words: str) -> None:
        self.page.get_by_label("Ask for a change").fill(words)
        self.press("Send to support")

    def samples(self) -> dict[str, str]:
        """The sample cards: why each is shown, and where it leads."""
        cards = self.page.locator(".sample > li").all()
        return {c.locator("p.tiny").inner_text(): str(c.locator("a").first.get_attribute("href")) for c in cards}

    def go_on(self) -> None:
        self.page.get_by_role("link", name="Go on to approve").click()
