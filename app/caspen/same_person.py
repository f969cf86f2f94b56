"""Decides when two clients may be the same person: equal names and dates of birth, and a shared e-mail or phone.

A client of an export who shares a key with a client that people made in the workspace waits until the clinic decides.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from app.caspen.name_keys import normalise_name


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
