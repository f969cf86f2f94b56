"""The e-mails that tell a clinic when to come back. None of them carries anything about a patient."""
