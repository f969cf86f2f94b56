"""Caspen's labels for states, roles and channels, and formats for dates, phones and addresses."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

import phonenumbers

from app.formatting import DAYS, MONTHS
from app.json_values import JsonValue
from app.records.field import RecordField

ROLES = {
    "practitioner_admin": "Practitioner Admin",
    "practitioner": "Practitioner",
    "practice_manager": "Practice Manager",
    "receptionist": "Receptionist",
    "accountant": "Accountant",
}
INVITED = {"not_invited": "Not invited", "invited": "Unverified", "accepted": "Verified"}
VISITS = {"pending": "Pending", "arrived": "Arrived", "missed": "Missed", "cancelled": "Canceled"}
CHANNELS = {"sms": "SMS", "email": "E-mail", "phone": "Phone call", "other": "Other"}
DIRECTIONS = {"sent": "Sent", "received": "Received"}
NO_ANSWER = "—"


def to_label(words: Mapping[str, str], token: str | None) -> str | None:
    """A token's label in Caspen. Unknown tokens are capitalised: `rejected` becomes "Rejected"."""
    return words.get(token, token.replace("_", " ").capitalize()) if token else None


def yes_no(value: bool | None) -> str | None:
    return None if value is None else "Yes" if value else "No"


def full_day(value: date | None) -> str | None:
    """As in "4 March 1961"."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else None


def day_field(label: str, value: date | None, *columns: str) -> RecordField:
    plain = (value.isoformat(),) if value else ()
    return RecordField(label, full_day(value), columns, plain, "Read with the day before the month")


def moment_field(label: str, words: str | None, value: datetime | None, *columns: str) -> RecordField:
    plain = (value.isoformat().replace("+00:00", "Z"),) if value else ()
    return RecordField(label, words, columns, plain, "Shown on the clock of its location", is_moment=True)


def weekday(number: int) -> str:
    return DAYS[number - 1] if 1 <= number <= len(DAYS) else str(number)


def amount(value: Decimal | None) -> str | None:
    """Money with its cents: "80.00"."""
    return None if value is None else f"{value:,.2f}"


def join_parts(parts: Iterable[str | None], between: str = ", ") -> str | None:
    """Joins the parts that are not empty. None if there are none."""
    return between.join(part for part in parts if part) or None


def address(value: Mapping[str, JsonValue] | None) -> str | None:
    names = ("line1", "line2", "city", "state", "postal_code", "country_code")
    return join_parts(str(value.get(name) or "") for name in names) if value else None


def address_field(value: Mapping[str, JsonValue] | None) -> RecordField:
    plain = tuple(str(part) for part in value.values() if part) if value else ()
    return RecordField("Address", address(value), ("address",), plain, "Put into Caspen's lines of an address")


def phone(value: Mapping[str, JsonValue]) -> str:
    """As in "+61 491 570 462, mobile", grouped as in its country."""
    whole = f"{value.get('code') or ''}{value.get('number') or ''}"
    try:
        number = phonenumbers.parse(whole)
        whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        pass
    kind = value.get("type")
    return f"{whole}, {kind}" if kind else whole


def phones_field(
    listed: Iterable[Mapping[str, JsonValue]] | None, single: str | None = None, *columns: str
) -> RecordField:
    numbers = [value for value in listed or () if isinstance(value, Mapping)]
    plain = tuple(f"{value.get('code') or ''}{value.get('number') or ''}" for value in numbers)
    words = "\n".join(phone(value) for value in numbers) or single
    return RecordField("Phones", words, columns or ("phone_numbers",), plain, "Written with the code of the country")
