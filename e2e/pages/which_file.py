"""The page on which a person gives a file's kind and the field of each column."""

from collections.abc import Mapping

from e2e.pages import WizardPage

# A real export has 65 columns: one step for all of them, each in its own list.
PAIR = """(pairs) => {
  const boxes = new Map([...document.querySelectorAll("main td select")].map((box) => [
    box.getAttribute("aria-label").replace(/^Column /, "").replace(/ becomes$/, ""), box]));
  return Object.entries(pairs).filter(([column, field]) => {
    const box = boxes.get(column);
    if (box) box.value = field;
    return !box || box.value !== field;
  }).map(([column]) => column);
}"""


class WhichFile(WizardPage):
    name = "files"

    @property
    def file(self) -> str:
        """The file that the page is about, as its title has it."""
        return self.page.locator("h1 .mono").inner_text().replace("\u200b", "")

    def say(self, kind: str, pairs: Mapping[str, str]) -> None:
        """Chooses the kind, has its columns shown, and pairs each that `pairs` names; others are left as they are."""
        self.page.locator("#kind").select_option(kind)
        with self.page.expect_navigation():  # the next page has the same address
            self.press("Show the columns of this kind")
        missed = self.page.evaluate(PAIR, dict(pairs))
        assert missed == [], f"{self.file} has no such columns or fields: {missed}"

    def keep(self) -> None:
        """The one primary button: to the next file, or to reading again when this was the last."""
        with self.page.expect_navigation():
            self.page.locator("form button.btn-primary").click()
