"""What every kind compares alike when an export has two rows of one key.

A csv file and the API write the same thing in different columns, and people write one number in several ways. Each
kind's `compared` returns, by attribute, the values that replace the row's own in the comparison; None leaves the
attribute out, because another value covers it or because it has no place in Caspen.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.mapping.emails import read_email
from app.sources.cliniko.addresses import Address
from app.sources.cliniko.client_phones import KINDS, Phones

ComparedValues = Mapping[str, Any]
ADDRESS_COLUMNS = ("address_1", "address_2", "address_3", "city", "state", "post_code", "country", "country_code")
PHONE_COLUMNS = tuple(f"phone_{kind}" for kind in KINDS)


def compared_email(cell: str | None) -> Any:
    """The e-mail address; [address, cell] where the cell holds more than an address; None for an empty cell."""
    if not cell:
        return None
    read = read_email(cell)
    return [read.address, cell] if read.has_more else read.address


def compared_phones(numbers: Phones) -> Any:
    """[primary number, numbers, texts that are no numbers], or None where a row has neither numbers nor texts."""
    return [numbers.primary, numbers.numbers, numbers.unread] if numbers.numbers or numbers.unread else None


def compared_address(home: Address) -> Iterable[str | None] | None:
    """The fields of an address in Caspen's order; None for a row without an address."""
    return list(home.values.values()) if home.values else None
