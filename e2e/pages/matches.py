"""Who is who in Caspen."""

from e2e.pages import WizardPage

TABS = ("locations", "practitioners", "services")


class Matches(WizardPage):
    name = "matches"

    def settle_all(self) -> None:
        """Chooses "bring" for every undecided name, tab by tab."""
        for tab in TABS:
            self.open(f"?show={tab}")
            open_ones = [box for box in self.page.locator("select").all() if not box.input_value()]
            for box in open_ones:
                natural = (box.get_attribute("name") or "").startswith("n")
                box.select_option("appointment" if natural else "create")
            if open_ones:
                with self.page.expect_navigation():  # the button waits for the saves that the choices began
                    self.press("Save for later")

    def start_trial(self) -> None:
        self.press("Save and start the trial")
