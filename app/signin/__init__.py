"""Signing in by a link that is e-mailed and works once."""
