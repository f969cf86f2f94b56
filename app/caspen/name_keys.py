"""Decides when two names mean the same to a clinic: `Sick leave` and `sick  LEAVE`."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date


def normalise_name(text: str) -> str:
    """A name without case, width, or spacing.

    >>> normalise_name("  Initial   CONSULT ")
    'initial consult'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def client_keys(
    first: str | None, last: str | None, born: date | None, email: str | None, phones: Iterable[str]
) -> Iterator[str]:
    """Texts that are equal for two records of one person: name and date of birth, with an e-mail or a phone number."""
    if not first or not last or born is None:
        return
    who = f"{normalise_name(first)}\n{normalise_name(last)}\n{born.isoformat()}"
    if email:
        yield f"{who}\n{email.casefold()}"
    for phone in phones:
        yield f"{who}\n{phone}"
