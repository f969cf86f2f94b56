"""Details that Cliniko keeps of every patient and that Caspen's clients have no field for: they become custom fields.

A custom field is made only where some patient has a value. Consent is never upgraded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.mapping.columns import columns_of
from app.mapping.lookups import Lookups
from app.sources.cliniko.patient_row import PatientRow


@dataclass(frozen=True, slots=True)
class OwnField:
    """One detail: the custom field's name, how the value is taken from a row, and Caspen's type of field."""

    name: str
    value: Callable[[PatientRow], str | bool | None]
    type: str = "short_text"
    list: str = ""  # the kind whose names its value may be an id of

    def in_words(self, text: str, lookups: Lookups) -> str:
        """The value as text. An id that the export's list of `self.list` names becomes that name."""
        entries = lookups.lists.get(self.list, {}).get(text, ()) if self.list else ()
        return next((str(entry.name) for entry in entries if entry.name), text)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of a patient's row that hold the value."""
        wanted = f"custom_field_values.{self.name}"
        return frozenset(placed.name for placed in columns_of(PatientRow) if placed.column.destination == wanted)

    @property
    def key(self) -> str:
        """The source id of the custom field."""
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
OWN_COLUMNS = {own.key: own.columns for own in OWN_FIELDS}
OWN_TYPES = {own.key: own.type for own in OWN_FIELDS}


def is_same(existing: tuple[str, str] | None, type_: str) -> bool:
    """Whether the workspace has a custom field of that name and type. `existing` is the field's id and type."""
    return existing is not None and existing[1] == type_


def own_values(row: PatientRow) -> Iterator[tuple[OwnField, str]]:
    """The details that a patient has, each with its text; yes and no are `true` and `false`."""
    for own in OWN_FIELDS:
        value = own.value(row)
        if value is not None:
            yield own, str(value).lower() if isinstance(value, bool) else value
