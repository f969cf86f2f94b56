"""Who owes, and who has paid ahead."""

from e2e.pages import WizardPage


class ClientBalances(WizardPage):
    name = "balances"
