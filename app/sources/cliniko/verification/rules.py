"""Verification rules: what a row must have become where no cell is copied unchanged, calculated a second time.

The trial is compared with these values, so that the rules share headers with the mapping, and no code. Each rule
receives the cells of one row by header, and returns an empty text where the row does not determine the value. No rule
raises.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from app.mapping.verified_kinds import Cells, bare_header, first_filled
from app.sources.cliniko.headers import CANCELLED, ENDS, STARTS

NAMES = ("Display Name", "display_name", "Business Name", "business_name", "Label", "label")
_ARCHIVED = ("Archived At", "archived_at", "Archived")
_ARRIVED = ("Patient Arrived", "patient_arrived")
_MISSED = ("Did Not Arrive", "did_not_arrive")
_REASONS = frozenset({"feelingbetter", "conditionworse", "sick", "covid19related", "away", "other", "work", "forgot"})
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False, "": False}
_MOST_MINUTES = 1440  # of a visit
_BLANK = frozenset({"", "n/a", "#n/a", "null", "nil"})  # in the cell of a time
_OFFSET = re.compile(r"\s*([+-]\d\d):?(\d\d)$")
_PLAIN = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|\s*[+-](?:0\d|1[0-4]):?[0-5]\d)", re.ASCII
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
    text = _OFFSET.sub(r"\1:\2", cell.removesuffix("Z") + ("+00:00" if cell.endswith("Z") else ""))
    try:
        moment = datetime.fromisoformat(text)
        at = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return None if at is None or at.year in (MINYEAR, MAXYEAR) else at  # some zones have no date for these


def ends_after_it_starts(row: Cells) -> bool:
    """Whether both times of a row can be read and the end is later than the start."""
    starts, ends = _moment(first_filled(row, *STARTS)), _moment(first_filled(row, *ENDS))
    return starts is not None and ends is not None and ends > starts


def minutes(row: Cells) -> str:
    """The duration of a visit in minutes."""
    starts, ends = _moment(first_filled(row, *STARTS)), _moment(first_filled(row, *ENDS))
    return str(int((ends - starts).total_seconds() + 30) // 60) if starts and ends and ends > starts else ""


def status(row: Cells) -> str:
    """The status of a visit, from a file with the columns for arrived and not arrived."""
    cancelled = first_filled(row, *CANCELLED)
    if cancelled.casefold() not in _BLANK:
        return "cancelled" if _moment(cancelled) else ""
    arrived, missed = (_TRUTHS.get(first_filled(row, *names).casefold()) for names in (_ARRIVED, _MISSED))
    if not any(bare_header(name) in row for name in _ARRIVED) or arrived is None or missed is None:
        return ""
    if first_filled(row, *_ARCHIVED) or (arrived and missed):
        return ""
    return "missed" if missed else "arrived" if arrived else "pending"


def other_reason(row: Cells) -> str:
    """The words of a cancellation reason that become a note.

    For a cancelled visit, words that are no reason of Cliniko's; for any other visit, all words.
    """
    reason, cancelled = first_filled(row, "Cancellation Reason", "cancellation_reason"), first_filled(row, *CANCELLED)
    if reason.isdigit() or reason.casefold() in _BLANK:
        return ""
    if cancelled.casefold() in _BLANK:
        return reason
    return "" if bare_header(reason) in _REASONS or not _moment(cancelled) else reason


def note_date(row: Cells) -> str:
    """When a note was made, which is its date where the note belongs to no visit."""
    of_visit = first_filled(row, "Appointment ID", "booking_id", "booking", "Attendee ID", "attendee_id", "attendee")
    return "" if of_visit else first_filled(row, "Created At", "created_at")


def active(row: Cells) -> str:
    """Whether a user or practitioner is active: `1` or `0`, as stored."""
    cell = first_filled(row, "Active", "active")
    truth = _TRUTHS.get(cell.casefold()) if cell else None
    return "" if truth is None or first_filled(row, *_ARCHIVED) else str(int(truth))


def role(row: Cells) -> str:
    """The role of a user; empty for an administrator, whose role depends on other rows."""
    return _ROLES.get(bare_header(first_filled(row, "Role", "role")), "")


def practitioner_role(row: Cells) -> str:
    """The role of a user that is made for a practitioner."""
    return "practitioner"


def location_name(row: Cells) -> str:
    """The name of a location."""
    return first_filled(row, *NAMES)


def own_user(row: Cells) -> str:
    """The source id of the user that is made for a practitioner without a known user."""
    return f"{first_filled(row, 'Practitioner ID', 'id')}:user"


def type_duration(row: Cells) -> str:
    """The duration of an appointment type in minutes."""
    cell = first_filled(row, "Duration In Minutes", "duration_in_minutes", "Duration")
    return str(int(cell)) if cell.isascii() and cell.isdigit() and 0 < int(cell) <= _MOST_MINUTES else ""


def _known(row: Cells, by_word: Mapping[str, str], word: str, by_code: Mapping[str, str], code: str) -> str:
    """By the code where the row has a code, else by the word."""
    if cell := first_filled(row, code):
        return by_code.get(cell, "")
    return by_word.get(bare_header(first_filled(row, word)), "")


def contact_type(row: Cells) -> str:
    """The type of a contact: by its word, or by its code where the row has no word."""
    if cell := first_filled(row, "Type", "type"):
        return _TYPES.get(bare_header(cell)) or _TYPE_CODES.get(cell, "")
    return _TYPE_CODES.get(first_filled(row, "type_code"), "")


def channel(row: Cells) -> str:
    """The channel of a message."""
    return _known(row, _CHANNELS, "Type", _CHANNEL_CODES, "type_code")


def direction(row: Cells) -> str:
    """The direction of a message."""
    return _known(row, _DIRECTIONS, "Direction", _DIRECTION_CODES, "direction_code")


def category(row: Cells) -> str:
    """The category of a message, where the export writes words."""
    cell = first_filled(row, "Category", "category")
    return "" if first_filled(row, "category_code") or cell.isdigit() or len(cell) > 200 else cell


def path(row: Cells) -> str:
    """The path of a file in the export."""
    return first_filled(row, "Path", "path")


def in_own_folder(row: Cells) -> bool:
    """Whether a file of a client is in a folder whose name begins with that client's id."""
    owner, folders = first_filled(row, "Patient ID", "patient_id"), path(row).replace("\\", "/").split("/")[:-1]
    named = next((folder for folder in folders if folder[:1].isdigit()), "")
    return bool(owner) and named.partition(" - ")[0] == owner


def file_name(row: Cells) -> str:
    """The name of a file, where it is short enough to be kept unchanged."""
    cell = first_filled(row, "File Name", "filename")
    return cell if len(cell) < 200 else ""


def private_folder(row: Cells) -> str:
    """The folder in Caspen that all imported files are in."""
    return "Imported from Cliniko"


def checksum(row: Cells) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    cell = first_filled(row, "SHA256", "sha256")
    return cell if re.fullmatch(r"[0-9a-fA-F]{64}", cell) else ""


def defined_fields(nested: Mapping[str, Any]) -> Iterable[Mapping[str, Any]] | None:
    """The rows of a definition of custom fields: one for each option, and one for a field without options.

    None for an object that defines no fields.
    """
    whole = nested.get("patient_custom_fields_definition", nested)
    groups = whole.get("sections", [whole]) if isinstance(whole, dict) else whole
    groups = [group for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    if whole is nested and not any("fields" in group for group in groups):
        return None
    return _options(field for group in groups for field in _list_of(group.get("fields")))


def _options(fields: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for field in fields:
        yield from _list_of(field.get("options")) or (field,)


def _list_of(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
