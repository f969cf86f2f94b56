"""Verification rules: what a row must have become where no cell is copied unchanged, calculated a second time.

The trial is compared with these values, so that the rules share the headers of columns with the mapping, and no code.
The parameters of a rule are attributes of the kind, and receive their cells of one row. A rule returns an empty text
where the row does not determine the value. No rule raises.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from app.json_values import JsonValue
from app.mapping.verified_kinds import RowRule, bare_header

_REASONS = frozenset({"feelingbetter", "conditionworse", "sick", "covid19related", "away", "other", "work", "forgot"})
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False, "": False}
_MOST_MINUTES = 1440  # of a visit
_BLANK = frozenset({"", "n/a", "#n/a", "null", "nil"})  # in the cell of a time
_BEFORE_OFFSET = re.compile(r"\s+(?=[Z+-][\d:]*$)")
_PLAIN = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s*(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)",
    re.ASCII | re.IGNORECASE,
)
_TYPES = {"standard": "other", "doctor": "referrer", "3rdpartypayer": "payer"}
_TYPE_CODES = {"0": "other", "1": "referrer", "2": "payer"}
_CHANNELS = {"sms": "sms", "email": "email", "phonecall": "phone", "other": "other"}
_CHANNEL_CODES = {"1": "sms", "2": "email", "3": "phone", "4": "other"}
_DIRECTIONS = {"sent": "sent", "received": "received"}
_DIRECTION_CODES = {"1": "sent", "2": "received"}
_ROLES = {
    "practitioner": "practitioner",
    "powerreceptionist": "receptionist",
    "receptionist": "receptionist",
    "scheduler": "receptionist",
    "bookkeeper": "accountant",
}


def _moment(cell: str) -> datetime | None:
    """A time with an offset in ISO 8601, as UTC; None for any other text."""
    if not _PLAIN.fullmatch(cell):
        return None
    try:
        at = datetime.fromisoformat(_BEFORE_OFFSET.sub("", cell.upper())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if at.year in (MINYEAR, MAXYEAR) else at  # some zones have no date for these


@RowRule
def ends_after_it_starts(starts_at: str, ends_at: str) -> bool:
    """Whether both times of a row can be read and the end is later than the start."""
    starts, ends = _moment(starts_at), _moment(ends_at)
    return starts is not None and ends is not None and ends > starts


@RowRule
def minutes(starts_at: str, ends_at: str) -> str:
    """The duration of a visit in minutes."""
    starts, ends = _moment(starts_at), _moment(ends_at)
    return str(int((ends - starts).total_seconds() + 30) // 60) if starts and ends and ends > starts else ""


@RowRule
def status(cancelled_at: str, did_not_arrive: str, archived_at: str, patient_arrived: str | None = None) -> str:
    """The status of a visit, from a file with the columns for arrived and not arrived."""
    if cancelled_at.casefold() not in _BLANK:
        return "cancelled" if _moment(cancelled_at) else ""
    if patient_arrived is None:
        return ""
    arrived, missed = (_TRUTHS.get(cell.casefold()) for cell in (patient_arrived, did_not_arrive))
    if arrived is None or missed is None or archived_at or (arrived and missed):
        return ""
    return "missed" if missed else "arrived" if arrived else "pending"


@RowRule
def other_reason(cancellation_reason: str, cancelled_at: str) -> str:
    """The words of a cancellation reason that become a note.

    For a cancelled visit, words that are no reason of Cliniko's; for any other visit, all words.
    """
    reason = cancellation_reason
    if reason.isdigit() or reason.casefold() in _BLANK:
        return ""
    if cancelled_at.casefold() in _BLANK:
        return reason
    return "" if bare_header(reason) in _REASONS or not _moment(cancelled_at) else reason


@RowRule
def note_date(booking_id: str, attendee_id: str, created_at: str) -> str:
    """When a note was made, which is its date where the note belongs to no visit."""
    return "" if booking_id or attendee_id else created_at


@RowRule
def active(active: str, archived_at: str) -> str:
    """Whether a user or practitioner is active: `1` or `0`, as stored."""
    truth = _TRUTHS.get(active.casefold()) if active else None
    return "" if truth is None or archived_at else str(int(truth))


@RowRule
def role(role: str) -> str:
    """The role of a user; empty for an administrator, whose role depends on other rows."""
    return _ROLES.get(bare_header(role), "")


@RowRule
def practitioner_role() -> str:
    """The role of a user that is made for a practitioner."""
    return "practitioner"


@RowRule
def location_name(display_name: str, business_name: str, label: str) -> str:
    """The name of a location."""
    return display_name or business_name or label


@RowRule
def own_user(id: str) -> str:
    """The source id of the user that is made for a practitioner without a known user."""
    return f"{id}:user"


@RowRule
def type_duration(duration_in_minutes: str) -> str:
    """The duration of an appointment type in minutes."""
    cell = duration_in_minutes
    return str(int(cell)) if cell.isascii() and cell.isdigit() and 0 < int(cell) <= _MOST_MINUTES else ""


@RowRule
def contact_type(type: str, type_code: str) -> str:
    """The type of a contact: by its word, or by its code where the row has no word."""
    if type:
        return _TYPES.get(bare_header(type)) or _TYPE_CODES.get(type, "")
    return _TYPE_CODES.get(type_code, "")


@RowRule
def channel(type: str, type_code: str) -> str:
    """The channel of a message: by its code, or by its word where the row has no code."""
    return _CHANNEL_CODES.get(type_code, "") if type_code else _CHANNELS.get(bare_header(type), "")


@RowRule
def direction(direction: str, direction_code: str) -> str:
    """The direction of a message: by its code, or by its word where the row has no code."""
    return _DIRECTION_CODES.get(direction_code, "") if direction_code else _DIRECTIONS.get(bare_header(direction), "")


@RowRule
def category(category: str, category_code: str) -> str:
    """The category of a message, where the export writes words."""
    return "" if category_code or category.isdigit() or len(category) > 200 else category


@RowRule
def path(path: str) -> str:
    """The path of a file in the export."""
    return path


@RowRule
def in_own_folder(patient_id: str, path: str) -> bool:
    """Whether a file of a client is in a folder whose name begins with that client's id."""
    folders = path.replace("\\", "/").split("/")[:-1]
    named = next((folder for folder in folders if folder[:1].isdigit()), "")
    return bool(patient_id) and named.partition(" - ")[0] == patient_id


@RowRule
def file_name(filename: str) -> str:
    """The name of a file, where it is short enough to be kept unchanged."""
    return filename if len(filename) < 200 else ""


@RowRule
def private_folder() -> str:
    """The folder in Caspen that all imported files are in."""
    return "Imported from Cliniko"


@RowRule
def checksum(sha256: str) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    return sha256 if re.fullmatch(r"[0-9a-fA-F]{64}", sha256) else ""


def defined_fields(nested: Mapping[str, JsonValue]) -> Iterable[Mapping[str, JsonValue]] | None:
    """The rows of a definition of custom fields: one for each option, and one for a field without options.

    None for an object that defines no fields.
    """
    whole: object = nested.get("patient_custom_fields_definition", nested)
    groups = _list_of(whole.get("sections", [whole]) if isinstance(whole, dict) else whole)
    if whole is nested and not any("fields" in group for group in groups):
        return None
    return _options(field for group in groups for field in _list_of(group.get("fields")))


def _options(fields: Iterable[Mapping[str, JsonValue]]) -> Iterator[Mapping[str, JsonValue]]:
    for field in fields:
        yield from _list_of(field.get("options")) or (field,)


def _list_of(value: Any) -> list[Mapping[str, JsonValue]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
