"""What a row of a Cliniko export must have become where no cell says it as it stands: worked out a second time.

It is held against the trial by the second look, and so shares nothing with the mapping. Each gives an empty text where
a row does not plainly say it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from app.mapping.verified_kinds import Cells, bare_header, first_filled

STARTS = ("Start Time", "starts_at")
ENDS = ("End Time", "ends_at")
NAMES = ("Display Name", "display_name", "Business Name", "business_name", "Label", "label")
_CANCELLED = ("Cancellation Time", "cancelled_at", "canceled_at")
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
    """A time that tells its offset, in the plain form of ISO 8601."""
    if not _PLAIN.fullmatch(cell):
        return None
    text = _OFFSET.sub(r"\1:\2", cell.removesuffix("Z") + ("+00:00" if cell.endswith("Z") else ""))
    try:
        found = datetime.fromisoformat(text)
        at = found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return None if at is None or at.year in (MINYEAR, MAXYEAR) else at  # some zones have no date for these


def ends_after_it_starts(row: Cells) -> bool:
    starts, ends = _moment(first_filled(row, *STARTS)), _moment(first_filled(row, *ENDS))
    return starts is not None and ends is not None and ends > starts


def minutes(row: Cells) -> str:
    """How long a visit takes."""
    starts, ends = _moment(first_filled(row, *STARTS)), _moment(first_filled(row, *ENDS))
    return str(int((ends - starts).total_seconds() + 30) // 60) if starts and ends and ends > starts else ""


def status(row: Cells) -> str:
    """What became of a visit, from a file that says who came."""
    cancelled = first_filled(row, *_CANCELLED)
    if cancelled:
        return "cancelled" if _moment(cancelled) else ""
    came, missed = (_TRUTHS.get(first_filled(row, *names).casefold()) for names in (_ARRIVED, _MISSED))
    if not any(bare_header(name) in row for name in _ARRIVED) or came is None or missed is None:
        return ""
    if first_filled(row, *_ARCHIVED) or (came and missed):
        return ""
    return "missed" if missed else "arrived" if came else "pending"


def other_reason(row: Cells) -> str:
    """Why a visit was cancelled, where that is none of Cliniko's own reasons, and every reason in words where the visit
    was not cancelled."""
    reason, cancelled = first_filled(row, "Cancellation Reason", "cancellation_reason"), first_filled(row, *_CANCELLED)
    if reason.isdigit() or reason.casefold() in _BLANK:
        return ""
    if cancelled.casefold() in _BLANK:
        return reason
    return "" if bare_header(reason) in _REASONS or not _moment(cancelled) else reason


def written(row: Cells) -> str:
    """When a note was written, which is its date where it belongs to no visit."""
    of_visit = first_filled(row, "Appointment ID", "booking_id", "booking", "Attendee ID", "attendee_id", "attendee")
    return "" if of_visit else first_filled(row, "Created At", "created_at")


def active(row: Cells) -> str:
    """Whether somebody still works there: 1 or 0, as it is stored."""
    said = first_filled(row, "Active", "active")
    truth = _TRUTHS.get(said.casefold()) if said else None
    return "" if truth is None or first_filled(row, *_ARCHIVED) else str(int(truth))


def role(row: Cells) -> str:
    """What somebody may do; of an administrator it depends on more than the row."""
    return _ROLES.get(bare_header(first_filled(row, "Role", "role")), "")


def treats(row: Cells) -> str:
    """The role of the user who is made for a practitioner."""
    return "practitioner"


def place(row: Cells) -> str:
    """What a location is called."""
    return first_filled(row, *NAMES)


def own_user(row: Cells) -> str:
    """The user who is made for a practitioner that names none whom the export knows."""
    return f"{first_filled(row, 'Practitioner ID', 'id')}:user"


def lasts(row: Cells) -> str:
    """How long a visit of a type takes."""
    said = first_filled(row, "Duration In Minutes", "duration_in_minutes", "Duration")
    return str(int(said)) if said.isascii() and said.isdigit() and 0 < int(said) <= _MOST_MINUTES else ""


def _known(row: Cells, by_word: Mapping[str, str], word: str, by_code: Mapping[str, str], code: str) -> str:
    """By its code, where the row has one, else by its word."""
    if said := first_filled(row, code):
        return by_code.get(said, "")
    return by_word.get(bare_header(first_filled(row, word)), "")


def contact_type(row: Cells) -> str:
    """Who a contact is: the word counts, and the code where there is none."""
    if said := first_filled(row, "Type", "type"):
        return _TYPES.get(bare_header(said)) or _TYPE_CODES.get(said, "")
    return _TYPE_CODES.get(first_filled(row, "type_code"), "")


def channel(row: Cells) -> str:
    return _known(row, _CHANNELS, "Type", _CHANNEL_CODES, "type_code")


def direction(row: Cells) -> str:
    return _known(row, _DIRECTIONS, "Direction", _DIRECTION_CODES, "direction_code")


def category(row: Cells) -> str:
    """What a message was about, where the export says it in words."""
    said = first_filled(row, "Category", "category")
    return "" if first_filled(row, "category_code") or said.isdigit() or len(said) > 200 else said


def path(row: Cells) -> str:
    return first_filled(row, "Path", "path")


def in_own_folder(row: Cells) -> bool:
    """Whether a client's file plainly lies in that client's folder."""
    owner, folders = first_filled(row, "Patient ID", "patient_id"), path(row).replace("\\", "/").split("/")[:-1]
    named = next((folder for folder in folders if folder[:1].isdigit()), "")
    return bool(owner) and named.partition(" - ")[0] == owner


def file_name(row: Cells) -> str:
    """A name that needs not be cut."""
    said = first_filled(row, "File Name", "filename")
    return said if len(said) < 200 else ""


def private_folder(row: Cells) -> str:
    """Where every file lies, whatever folders are below."""
    return "Imported from Cliniko"


def checksum(row: Cells) -> str:
    said = first_filled(row, "SHA256", "sha256")
    return said if re.fullmatch(r"[0-9a-fA-F]{64}", said) else ""


def defined_fields(told: Mapping[str, Any]) -> Iterable[Mapping[str, Any]] | None:
    """The rows of a definition of custom fields: one for each option, and one for a field without options.

    None for an object that defines no fields.
    """
    whole = told.get("patient_custom_fields_definition", told)
    groups = whole.get("sections", [whole]) if isinstance(whole, dict) else whole
    groups = [group for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    if whole is told and not any("fields" in group for group in groups):
        return None
    return _options(field for group in groups for field in _list_of(group.get("fields")))


def _options(fields: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for field in fields:
        yield from _list_of(field.get("options")) or (field,)


def _list_of(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
