"""Decides when two names mean the same to a clinic: `Sick leave` and `sick  LEAVE`."""

import unicodedata


def normalise_name(text: str) -> str:
    """A name without case, width, or spacing.

    >>> normalise_name("  Initial   CONSULT ")
    'initial consult'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
