"""Details that Cliniko keeps of every patient and Caspen's clients do not have: they go to custom fields.

Such a field is made only when some patient has a value. What a patient agreed to is never upgraded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.mapping.columns import Column, Reader

if TYPE_CHECKING:
    from app.mapping.lookups import Lookups
    from app.sources.cliniko.patients import Patient

TURNED = "Turned round: Caspen asks whether they agreed"


def own(read: Reader, native: str, name: str, *headers: str, conversion: str = "") -> Column:
    """A confirmed column whose value goes to the field of that name."""
    return Column(read, native, headers, "C", destination=f"custom_field_values.{name}", conversion=conversion)


@dataclass(frozen=True, slots=True)
class OwnField:
    name: str
    value: Callable[[Patient], str | bool | None]
    type: str = "short_text"
    list: str = ""  # the kind whose names its value may be an id of

    def said(self, text: str, lookups: Lookups) -> str:
        """The value in words: an id that a list explains as its name there."""
        named = lookups.lists.get(self.list, {}).get(text, ()) if self.list else ()
        return next((str(one.name) for one in named if one.name), text)

    @property
    def key(self) -> str:
        return f"field:{self.name}"


OWN_FIELDS = (
    OwnField("Medicare number", lambda row: row.medicare),
    OwnField("Medicare reference number", lambda row: row.medicare_reference_number),
    OwnField("DVA card number", lambda row: row.dva_card_number),
    OwnField("Concession type", lambda row: row.concession_type, list="concession_types"),
    OwnField("Previous reference number", lambda row: row.old_reference_id),
    OwnField("Reminder preference", lambda row: row.reminder_type),
    OwnField("Follow-up messages", lambda row: row.follow_up_messages),
    OwnField("Receives confirmation emails", lambda row: row.receives_confirmation_emails, "yes_no"),
    OwnField("Email marketing consent", lambda row: row.accepted_email_marketing, "yes_no"),
    OwnField("SMS marketing consent", lambda row: row.sms_consent, "yes_no"),
    OwnField("Invoice to", lambda row: row.invoice_default_to),
    OwnField("Invoice email", lambda row: row.invoice_email),
    OwnField("Invoice extra information", lambda row: row.invoice_extra_information, "long_text"),
)
OWN_TYPES = {own.key: own.type for own in OWN_FIELDS}


def is_same(there: tuple[str, str] | None, type_: str) -> bool:
    """Whether the workspace's own question, told as id and type, can hold what a detail says."""
    return there is not None and there[1] == type_


def own_values(row: Patient) -> Iterator[tuple[OwnField, str]]:
    """The details that a patient has, with what they say: yes and no as `true` and `false`."""
    for own in OWN_FIELDS:
        value = own.value(row)
        if value is not None:
            yield own, str(value).lower() if isinstance(value, bool) else value
