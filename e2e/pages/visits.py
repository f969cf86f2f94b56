"""Clients with another first or last appointment than their old software says."""

from e2e.pages import WizardPage


class Visits(WizardPage):
    name = "visits"
