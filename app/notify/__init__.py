"""The e-mails that tell a clinic when to return. E-mails carry no data about patients."""
